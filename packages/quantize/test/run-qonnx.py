"""Checks a QONNX model and runs it: with the reference evaluator of onnx, and with qonnx where that is installed.

Prints as JSON what every quantised weight and every output is. Inputs are 1 at every third place, else 0.
"""

import json
import sys

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun


class IntQuant(OpRun):
    op_domain = "qonnx.custom_op.general"

    def _run(self, x, scale, zero_point, bits, signed=None, narrow=None, rounding_mode=None):
        assert signed == 1 and rounding_mode == "ROUND"
        half = 2 ** (int(bits) - 1)
        low = -half + (1 if narrow else 0)
        clipped = np.clip(x / scale + zero_point, low, half - 1)
        return (((np.round(clipped) - zero_point) * scale).astype(np.float32),)


class BipolarQuant(OpRun):
    op_domain = "qonnx.custom_op.general"

    def _run(self, x, scale):
        return ((np.where(x >= 0, 1, -1) * scale).astype(np.float32),)


def plain(values):
    return {
        name: {"shape": list(value.shape), "values": [float(x) for x in value.ravel()]}
        for name, value in values.items()
    }


model = onnx.load(sys.argv[1])
onnx.checker.check_model(model)
feeds = {}
for port in model.graph.input:
    shape = [d.dim_value or 1 for d in port.type.tensor_type.shape.dim]
    ones = np.arange(int(np.prod(shape))) % 3 == 0
    feeds[port.name] = ones.astype(np.float32).reshape(shape)
wanted = [n.output[0] for n in model.graph.node if n.op_type in ("IntQuant", "BipolarQuant")]
wanted += [port.name for port in model.graph.output]

evaluator = ReferenceEvaluator(model, new_ops=[IntQuant, BipolarQuant])
found = evaluator.run(None, feeds, intermediate=True)
answer = {
    "domains": {entry.domain: entry.version for entry in model.opset_import},
    "ops": [node.op_type for node in model.graph.node],
    "metadata": {entry.key: entry.value for entry in model.metadata_props},
    "reference": plain({name: np.asarray(found[name]) for name in wanted}),
}
try:
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.core.onnx_exec import execute_onnx
    from qonnx.transformation.infer_shapes import InferShapes
except ImportError:
    pass
else:
    for port in [*model.graph.input, *model.graph.output]:
        for dim in port.type.tensor_type.shape.dim:
            dim.dim_value = dim.dim_value or 1
    wrapper = ModelWrapper(model).transform(InferShapes())
    every = execute_onnx(wrapper, feeds, return_full_exec_context=True)
    answer["qonnx"] = plain({name: np.asarray(every[name]) for name in wanted})
print(json.dumps(answer))
