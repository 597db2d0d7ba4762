"""Reads each NIRData file named on standard input with the reference package and prints one JSON line about it."""

import json
import sys

import nir
import numpy as np


def number(x):
    x = x.item() if hasattr(x, "item") else x
    return str(x) if isinstance(x, float) and not np.isfinite(x) else x


def observable(o):
    out = {"type": type(o).__name__}
    for k, v in vars(o).items():
        if isinstance(v, np.ndarray):
            out[k] = {"dtype": v.dtype.name, "shape": list(v.shape), "data": [number(x) for x in v.ravel()]}
        else:
            out[k] = number(v)
    return out


def graph(g):
    return {
        name: {"nodes": graph(n)}
        if isinstance(n, nir.NIRGraphData)
        else {"observables": {k: observable(o) for k, o in n.observables.items()}}
        for name, n in g.nodes.items()
    }


for path in sys.stdin.read().splitlines():
    print(json.dumps(graph(nir.read_data(path))).replace('"inf"', '"Infinity"'))
