"""Runs a network with dense float32 arithmetic, one step after the other."""
import numpy as np

from .snn import Conv2DProjection, Population

f = np.float32


def run(net, steps):
    pops = [p for p in net.parts if isinstance(p, Population)]
    links = [matrix(p) for p in net.parts if not isinstance(p, Population)]
    fired = {p: np.zeros((steps, p.size), dtype=bool) for p in pops}
    state = {p: State(p) for p in pops if p.model != "spike_list"}
    for p in pops:
        if p.model == "spike_list":
            for neuron, times in p.params.items():
                for t in times:
                    assert 0 <= t < steps, (neuron, t)
                    fired[p][t, neuron] = True
    for t in range(steps):
        for p, s in state.items():
            plus = np.zeros(p.size, dtype=np.int64)
            minus = np.zeros(p.size, dtype=np.int64)
            for pre, post, delay, weights in links:
                if post is not p or t - 1 - delay < 0:
                    continue
                z = fired[pre][t - 1 - delay].astype(np.int64)
                plus += np.maximum(weights, 0) @ z
                minus += np.maximum(-weights, 0) @ z
            fired[p][t] = s.step(plus, minus)
    for p in pops:
        if p in state:
            p.spikes = {n: np.nonzero(fired[p][:, n])[0].tolist() for n in range(p.size)}
            p.voltages = {n: np.array([v[n] for v in state[p].trace]) for n in range(p.size)}


class State:
    def __init__(self, pop):
        n = pop.size
        self.get = lambda key: np.broadcast_to(np.asarray(pop.params.get(key, 0), dtype=f), (n,))
        self.v = self.get("v_init").astype(f)
        self.exc, self.inh = np.zeros(n, f), np.zeros(n, f)
        self.currents = pop.model.startswith("lif_curr_exp")
        self.subtracts = pop.params["reset"] == "reset_by_subtraction"
        self.trace = []

    def step(self, plus, minus):
        if self.currents:
            self.exc = self.get("exc_decay") * self.exc + plus.astype(f)
            self.inh = self.get("inh_decay") * self.inh + minus.astype(f)
            drive = self.exc - self.inh
        else:
            drive = (plus - minus).astype(f)
        self.v = self.get("alpha_decay") * self.v + (drive + self.get("i_offset"))
        assert self.v.dtype == f
        spikes = self.v >= self.get("threshold")
        after = self.v - self.get("threshold") if self.subtracts else self.get("v_reset")
        self.v = np.where(spikes, after, self.v)
        self.trace.append(self.v.copy())
        return spikes


def matrix(link):
    """(pre, post, delay, dense weights); one entry per delay would be needed where rows differ in it."""
    if isinstance(link, Conv2DProjection):
        return link.pre, link.post, 0, convolution(link)
    weights = np.zeros((link.post.size, link.pre.size), dtype=np.int64)
    delays = {row[3] for row in link.connections}
    assert len(delays) <= 1
    for source, target, weight, _ in link.connections:
        weights[target, source] += weight
    return link.pre, link.post, next(iter(delays), 0), weights


def convolution(link):
    """Seen from the output: window by window, every pixel of the pooled cell."""
    q, w = link.params, link.weights.astype(np.int64)
    cin, cout, kh, kw = w.shape
    ph, pw = q["in_height"] // q["pool_y"], q["in_width"] // q["pool_x"]
    oh = (ph + q["pad_top"] + q["pad_bottom"] - kh) // q["stride_y"] + 1
    ow = (pw + q["pad_left"] + q["pad_right"] - kw) // q["stride_x"] + 1
    assert cout * oh * ow == link.post.size and cin * q["in_height"] * q["in_width"] == link.pre.size
    dense = np.zeros((cout, oh, ow, cin, q["in_height"], q["in_width"]), dtype=np.int64)
    for oy in range(oh):
        for ox in range(ow):
            for r in range(kh):
                for s in range(kw):
                    y, x = oy * q["stride_y"] + r - q["pad_top"], ox * q["stride_x"] + s - q["pad_left"]
                    if not (0 <= y < ph and 0 <= x < pw):
                        continue
                    for dy in range(q["pool_y"]):
                        for dx in range(q["pool_x"]):
                            cell = dense[:, oy, ox, :, y * q["pool_y"] + dy, x * q["pool_x"] + dx]
                            cell += w[:, :, r, s].T
    return dense.reshape(link.post.size, link.pre.size)
