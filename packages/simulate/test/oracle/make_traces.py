"""make_traces.py GENERATE OUT SEED: the case networks of the reference oracle with other seeds, and its traces.

GENERATE is the folder of the oracle's own modules. Writes OUT/<case>.nir, OUT/<case>.npz and OUT/manifest.json in the
form of the stored sets. Cases with a spike near its threshold, or whose spikes differ between float32 and float64 (loops
that run away), are drawn again.
"""
import json, os, sys
import numpy as np

generate, out, seed0 = sys.argv[1], sys.argv[2], int(sys.argv[3])
sys.path.insert(0, generate)
import nets, refsim, spinnaker2

os.makedirs(out, exist_ok=True)
manifest = {}


def wide(graph):
    """Weights in float64, so that the scale 127 / max|w| does not depend on the promotion rules of the NumPy release."""
    nodes = {k: {**n, "weight": np.asarray(n["weight"], np.float64)} if "weight" in n else n for k, n in graph["nodes"].items()}
    return {**graph, "nodes": nodes}


def trace(label, graph, x, dtype=np.float32):
    name, *mods = label.replace("@", "+@").split("+")
    if name.startswith("spinnaker2"):
        run = spinnaker2.run(wide(graph), x, reset="subtract" if "subtract" in mods else "zero", quantise=name == "spinnaker2")
        return run["nodes"], run["margin"], 1e-4
    change = {}
    for mod in mods:
        change.update({"subtract": {"reset": "subtract"}, "old": {"cuba_order": "old"},
                       "zero_signal": {"feedback_t0": "zero_signal"}}.get(mod, {}))
        if mod.startswith("@dt="):
            change["dt"] = float(mod[4:])
    dialect = refsim.variant(name, **change)
    run = refsim.simulate(graph, x, dialect, dtype=dtype)
    return run["nodes"], min(run["margin"].values(), default=None), dialect.dt


for case, (make, labels, note) in nets.cases().items():
    for seed in range(seed0, seed0 + 400):
        nodes, edges, x = make(np.random.default_rng(seed))
        graph = dict(type="NIRGraph", nodes=nodes, edges=edges)
        flat, _ = refsim.flatten(graph)
        arrays, dialects, agree = {"input": x}, {}, True
        for label in labels:
            found, margin, dt = trace(label, graph, x)
            precise, _, _ = trace(label, graph, x, np.float64)
            for node, signals in found.items():
                if flat[node]["type"] in ("IF", "LIF", "CubaLIF", "Threshold"):
                    agree &= bool(np.all(signals["out"] == precise[node]["out"])) and np.max(signals["out"]) < 100
                if flat[node]["type"] in ("Input", "Output", "Pass"):
                    continue
                for signal in ("out", "v", "vpre", "i"):
                    value = signals.get(signal)
                    if value is not None and (signal != "i" or flat[node]["type"].startswith("Cuba")):
                        arrays[f"{label}/{node}/{signal}"] = np.asarray(value, np.float32)
            dialects[label] = dict(dt=dt, margin=None if margin is None or not np.isfinite(margin) else float(margin))
        if case == "threshold_equality" or agree and all(d["margin"] is None or d["margin"] > 2e-4 for d in dialects.values()):
            break
    else:
        raise SystemExit("no seed for " + case)
    nets.write_nir(os.path.join(out, case + ".nir"), nodes, edges)
    np.savez(os.path.join(out, case + ".npz"), **arrays)
    manifest[case] = dict(seed=seed, dialects=dialects)
json.dump(manifest, open(os.path.join(out, "manifest.json"), "w"))
