"""Reads each file named on standard input with the reference package and prints one JSON line about it."""

import hashlib
import json
import sys

import h5py
import nir
import numpy as np


def value(v):
    if isinstance(v, dict):
        return {"items": {str(k): value(x) for k, x in v.items()}}
    if isinstance(v, (bytes, str)):
        return v.decode() if isinstance(v, bytes) else v
    a = np.asarray(v)
    if a.dtype == object:
        return [value(x) for x in a.ravel()]
    return [a.dtype.name, list(a.shape), hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest()]


def shapes(t):
    return {k: None if v is None else [int(n) for n in v] for k, v in (t or {}).items()}


def node(n):
    if isinstance(n, nir.NIRGraph):
        return graph(n)
    params = {k: v for k, v in vars(n).items() if k not in ("input_type", "output_type", "metadata", "type_check")}
    return {
        "type": type(n).__name__,
        "params": {k: value(v) for k, v in params.items()},
        "input_type": shapes(n.input_type),
        "output_type": shapes(n.output_type),
        "metadata": {k: value(v) for k, v in (n.metadata or {}).items()},
    }


def graph(g):
    return {
        "type": "NIRGraph",
        "nodes": {k: node(v) for k, v in g.nodes.items()},
        "edges": [list(e) for e in g.edges],
        "metadata": {k: value(v) for k, v in (g.metadata or {}).items()},
    }


for path in sys.stdin.read().splitlines():
    line = {"file": path}
    for mode in (True, False):
        try:
            line["graph"] = graph(nir.read(path, type_check=mode))
            line["strict"] = mode
            break
        except Exception as error:  # any kind of refusal is an answer
            line["error"] = f"{type(error).__name__}: {error}"
    with h5py.File(path, "r") as f:
        line["attributes"] = []
        f.visititems(lambda name, o: line["attributes"].extend([name] * len(o.attrs)))
        line["version"] = f["version"][()].decode()
    print(json.dumps(line))
