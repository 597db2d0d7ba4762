"""Reads quantized .nir files with the reference package and checks each against its annotation, without nirkit."""

import json
import sys

import nir
import numpy as np

for path in sys.argv[1:]:
    graph = nir.read(path)
    words = json.loads(graph.metadata["nirkit:graph"])
    assert words["v"] == 1 and words["dt"] == 1, words
    node = graph.nodes["fc"]
    quant = json.loads(node.metadata["nirkit:quant"])
    ints = np.asarray(node.metadata["nirkit:weight_int"])
    scale = np.asarray(node.metadata["nirkit:weight_scale"])
    rows = scale if quant["axis"] == 0 else np.full(ints.shape[0], scale[0])
    # Exactly: the product is made in float64 and rounded once.
    assert np.array_equal((rows[:, None] * ints).astype(np.float32), node.weight), quant
    if quant["packed"]:
        code = np.asarray(node.metadata["nirkit:weight_code"])
        assert code.dtype == np.uint8 and code.size == -(-ints.size * quant["bits"] // 8), quant
    neuron = json.loads(graph.nodes["lif"].metadata["nirkit:neuron"])
    theta = int(np.asarray(graph.nodes["lif"].metadata["nirkit:theta_int"])[0])
    lsb = float(np.asarray(graph.nodes["lif"].metadata["nirkit:state_scale"])[0]) / 2 ** neuron["fracBits"]
    # The float threshold lies half a finest LSB above the integer one.
    assert abs(graph.nodes["lif"].v_threshold[0] / lsb - theta - 0.5) < 1e-3, (theta, lsb)
    print(quant["scheme"], quant["bits"], ints.dtype.name, int(ints.min()), int(ints.max()))
