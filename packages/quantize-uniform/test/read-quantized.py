"""Reads a quantized .nir with the reference package, as a user without nirkit would, and prints what is in it."""

import json
import sys

import nir
import numpy as np


def plain(v):
    if isinstance(v, bytes):
        return v.decode()
    if isinstance(v, str):
        return v
    a = np.asarray(v)
    return {"dtype": a.dtype.name, "shape": list(a.shape), "values": a.astype(float).ravel().tolist()}


graph = nir.read(sys.argv[1])
fc, lif = graph.nodes["fc1"], graph.nodes["lif1"]
meta = {name: {k: plain(v) for k, v in graph.nodes[name].metadata.items()} for name in ("fc1", "lif1")}
# The keys of the existing script: integers come back as weight / scale.
mirrored = np.rint(fc.weight / fc.metadata["quant_weight_scale"]).astype(int).tolist()
print(json.dumps({
    "weight": plain(fc.weight),
    "bias": plain(fc.bias),
    "threshold": plain(lif.v_threshold),
    "tau": plain(lif.tau),
    "meta": meta,
    "graph": json.loads(plain(graph.metadata["nirkit:graph"])),
    "mirrored": mirrored,
}))
