"""Times nir.read, type check included, of files named in the JSON list on standard input: {path, repeats}."""

import json
import sys
import time

import h5py
import nir

out = {"python": sys.version.split()[0], "nir": nir.version, "h5py": h5py.__version__, "runs": {}}
for job in json.load(sys.stdin):
    times = []
    for _ in range(job["repeats"] + 1):
        start = time.perf_counter()
        nir.read(job["path"])
        times.append((time.perf_counter() - start) * 1e3)
    out["runs"][job["path"]] = times[1:]
print(json.dumps(out))
