"""Times nir.read, type check included, without and with the sum of every array, of the files named in the JSON list on
standard input: {path, repeats}."""

import json
import sys
import time

import h5py
import nir
import numpy as np


def arrays(graph):
    for node in graph.nodes.values():
        if isinstance(node, nir.NIRGraph):
            yield from arrays(node)
        else:
            yield from (value for value in vars(node).values() if isinstance(value, np.ndarray))


out = {"python": sys.version.split()[0], "nir": nir.version, "h5py": h5py.__version__, "read": {}, "summed": {}}
for job in json.load(sys.stdin):
    read, summed = [], []
    for _ in range(job["repeats"] + 1):
        start = time.perf_counter()
        graph = nir.read(job["path"])
        read.append((time.perf_counter() - start) * 1e3)
        for array in arrays(graph):
            array.sum()
        summed.append((time.perf_counter() - start) * 1e3)
        del graph
    out["read"][job["path"]] = read[1:]
    out["summed"][job["path"]] = summed[1:]
print(json.dumps(out))
