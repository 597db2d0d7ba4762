"""Runs a quantized .nir in Python's big integers, from its annotations alone: a second, independent golden simulator.

Standard input: a list of {file, feedback: [[weight, neuron]], input: {node: [[...]]}}, the input as integers at the door.
Standard output: for each of them {population: {"out": [[...]], "v": [[...]]}}.
"""

import json
import sys

import nir
import numpy as np

SPIKING = (nir.IF, nir.LIF, nir.CubaLIF, nir.Threshold)
CUBA = (nir.CubaLI, nir.CubaLIF)


def decayed(u, leak, i):
    if leak["form"] == "none":
        return u
    k = leak["shift"]
    if leak["form"] == "shift":
        return u - (u >> k)
    mul = leak["mul"][i] if isinstance(leak["mul"], list) else leak["mul"]
    p = u * mul
    q, rest, half = p >> k, p % (1 << k), (1 << k) // 2
    if leak["round"] == "floor":
        return q
    if leak["round"] == "zero":
        return q + (1 if p < 0 and rest else 0)
    return q + (1 if rest > half or (rest == half and k > 0 and q % 2) else 0)


def stored(y, a):
    if a["overflow"] == "sat":
        return max(a["vMin"], min(a["vMax"], y))
    half = 1 << (a["stateBits"] - 1)
    return (y + half) % (2 * half) - half


class Population:
    def __init__(self, node):
        self.node, self.a = node, json.loads(node.metadata["nirkit:neuron"])
        keys = ("theta_int", "sub_int", "vreset_int")
        self.theta, self.sub, self.reset = ([int(x) for x in node.metadata["nirkit:" + k]] for k in keys)
        self.u = self.j = None

    def step(self, drive):
        a, n = self.a, len(drive)
        u, j = self.u or [0] * n, self.j or [0] * n
        at = lambda values, i: values[i % len(values)]
        out, self.u, self.j = [], [], []
        for i in range(n):
            if isinstance(self.node, nir.Threshold):
                x = drive[i]
            elif isinstance(self.node, CUBA):
                current = stored(decayed(j[i], a["synLeak"], i) + drive[i], a)
                self.j.append(current)
                x = decayed(u[i], a["leak"], i) + (current if a["cubaOrder"] == "new" else j[i])
            else:
                x = decayed(u[i], a["leak"], i) + drive[i]
            theta = at(self.theta, i)
            spikes = isinstance(self.node, SPIKING) and (x > theta if a["compare"] == "gt" else x >= theta)
            if spikes and a["reset"] != "none":
                x = at(self.reset, i) if a["reset"] == "value" else x - at(self.sub, i)
            self.u.append(stored(x, a))
            out.append(int(spikes) if isinstance(self.node, SPIKING) else self.u[-1])
        return out


def run(case):
    graph = nir.read(case["file"])
    feedback = {tuple(e) for e in case["feedback"]}
    before = {n: [s for s, t in graph.edges if t == n] for n in graph.nodes}
    order, left = [], set(graph.nodes)
    while left:
        ready = sorted(n for n in left if not any(p in left and (p, n) not in feedback for p in before[n]))
        assert ready, "a loop that feedback does not cut"
        order += ready
        left -= set(ready)
    populations = {n: Population(x) for n, x in graph.nodes.items() if "nirkit:neuron" in x.metadata}
    weights = {n: x.metadata for n, x in graph.nodes.items() if "nirkit:weight_int" in x.metadata}
    rows = {n: [[int(w) for w in row] for row in m["nirkit:weight_int"]] for n, m in weights.items()}
    # Projections into one population differ by powers of two; the smallest scale is its unit.
    scale = {n: float(np.min(m["nirkit:weight_scale"])) for n, m in weights.items()}
    trace = {n: {"out": [], "v": []} for n in populations}
    last = {n: [0] * len(r) for n, r in rows.items()}
    for t in range(len(next(iter(case["input"].values())))):
        value = {}
        for n in order:
            if n in case["input"]:
                value[n] = case["input"][n][t]
            elif n in rows:
                value[n] = [sum(w * x for w, x in zip(row, value[before[n][0]])) for row in rows[n]]
            elif n in populations:
                frac = populations[n].a["fracBits"]
                drive = [0] * len(rows[before[n][0]])
                unit = min(scale[w] for w in before[n])
                for w in before[n]:
                    shift = round(np.log2(scale[w] / unit))
                    bias = [int(b) for b in weights[w].get("nirkit:bias_int", drive)]
                    up = frac - int(np.ravel(weights[w].get("nirkit:bias_frac", frac))[0])
                    sums = last[w] if (w, n) in feedback else value[w]
                    has = "nirkit:bias_int" in weights[w]
                    for i, x in enumerate(sums):
                        drive[i] += (x << (shift + frac)) + ((bias[i] << up) if has else 0)
                value[n] = populations[n].step(drive)
                trace[n]["out"].append(value[n])
                trace[n]["v"].append(populations[n].u)
        last = {n: value[n] for n in rows}
    return trace


print(json.dumps([run(case) for case in json.load(sys.stdin)]))
