"""One network in one framework: peers.py CASE PEER GRAPH INPUT -> one line of JSON (milliseconds, spikes, peak memory).

CASE is braille, mlp or cnn; PEER is torch, snntorch, norse or sinabs. INPUT is .npy [batch, T, ...]. One thread.
A framework that cannot take the network says so: {"unable": reason}.
"""
import json, resource, sys, time, warnings
import numpy as np

warnings.filterwarnings("ignore")
case, peer, graph_path, input_path = sys.argv[1:5]
budget = float(sys.argv[5]) if len(sys.argv) > 5 else 4.0
import torch

torch.set_num_threads(1)
torch.set_grad_enabled(False)
import nir



def read_graph(path):
    """Releases of nir before 2025 do not know v_reset; where it is 0 they lose nothing by its absence."""
    try:
        return nir.read(path)
    except TypeError:
        import h5py
        with h5py.File(path, "r") as f:
            g = f["node"]
            made = {}
            for name in g["nodes"]:
                fields = {k: g["nodes"][name][k][()] for k in g["nodes"][name] if k not in ("type", "v_reset", "metadata")}
                kind = g["nodes"][name]["type"][()].decode()
                if kind in ("Input", "Output"):
                    key = "input_type" if kind == "Input" else "output_type"
                    fields = {key: {"input" if kind == "Input" else "output": np.asarray(fields["shape"])}}
                made[name] = getattr(nir, kind)(**fields)
            edges = [(a.decode(), b.decode()) for a, b in g["edges"][()]]
        return nir.NIRGraph(nodes=made, edges=edges)


graph = read_graph(graph_path)
x = torch.from_numpy(np.load(input_path).astype(np.float32))          # [B, T, ...]
steps_first = x.transpose(0, 1).contiguous()                          # [T, B, ...]
t32 = lambda v: torch.from_numpy(np.asarray(v, np.float32))
nodes = graph.nodes


def chain():
    """Names of the nodes of a network without branches, Input and Output left out."""
    after = {a: b for a, b in graph.edges if not b.endswith("w_rec") and not a.endswith("w_rec")}
    name, names = after["input"], []
    while name != "output":
        names.append(name)
        name = after[name]
    return names


def pooled(z, n):
    k, s = [tuple(int(q) for q in np.atleast_1d(v)) for v in (n.kernel_size, n.stride)]
    area = k[0] * (k[1] if len(k) > 1 else k[0])
    return torch.nn.functional.avg_pool2d(z, k, s) * area


def stateless(n):
    """A node without state as a function of one step."""
    kind = type(n).__name__
    if kind in ("Affine", "Linear"):
        w, b = t32(n.weight), t32(n.bias) if kind == "Affine" else None
        return lambda z: torch.nn.functional.linear(z, w, b)
    if kind == "Conv2d":
        w, b = t32(n.weight), t32(n.bias)
        pair = lambda v: tuple(int(q) for q in np.atleast_1d(v))
        return lambda z: torch.nn.functional.conv2d(z, w, b, pair(n.stride), pair(n.padding), pair(n.dilation), int(n.groups))
    if kind == "SumPool2d":
        return lambda z: pooled(z, n)
    if kind == "Flatten":
        return lambda z: z.flatten(1)
    return None


dt = {"braille": 1e-4, "mlp": 1e-3, "cnn": 1.0}[case]


def bare():
    """The update written with tensor operations, step by step."""
    def neuron(n):
        kind = type(n).__name__
        theta = t32(n.v_threshold)
        if kind == "IF":
            def step(z, s):
                v = z if s is None else s + z
                out = (v > theta).float()
                return out, v * (1 - out)
            return step
        if kind == "LIF":
            b = t32(1 - dt / n.tau); g = t32(n.r * dt / n.tau)
            def step(z, s):
                v = g * z if s is None else b * s + g * z
                out = (v > theta).float()
                return out, v * (1 - out)
            return step
        a, b = t32(1 - dt / n.tau_syn), t32(1 - dt / n.tau_mem)
        ga, gb = t32(n.w_in * dt / n.tau_syn), t32(n.r * dt / n.tau_mem)
        def step(z, s):
            i, v = (torch.zeros_like(z), torch.zeros_like(z)) if s is None else s
            i = a * i + ga * z
            v = b * v + gb * i
            out = (v > theta).float()
            return out, (i, v * (1 - out))
        return step

    names = chain()
    layers = [(name, stateless(nodes[name]), None) for name in names]
    layers = [(n, f, neuron(nodes[n]) if f is None else None) for n, f, _ in layers]
    rec = {name: stateless(nodes[name.replace(".lif", ".w_rec")]) for name in names if name.replace(".lif", ".w_rec") in nodes and name.endswith(".lif")}

    def run():
        state, last, total = {}, {}, None
        for z in steps_first:
            for name, f, neu in layers:
                if f is not None:
                    z = f(z)
                    continue
                if name in rec:
                    z = z + rec[name](last.get(name, torch.zeros(z.shape)))
                z, state[name] = neu(z, state.get(name))
                last[name] = z
            total = z if total is None else total + z
        return total
    return run


def gains_into_weights(names):
    """For neurons that take their input as it is."""
    for name, neuron in zip(names, names[1:]):
        if type(nodes[neuron]).__name__ == "LIF":
            nodes[name].weight = np.asarray(nodes[name].weight) * np.float32(dt / nodes[neuron].tau.flat[0])


def snntorch_net():
    import snntorch as snn
    names = chain()
    gains_into_weights(names)
    layers = []
    for name in names:
        n = nodes[name]
        f = stateless(n)
        if f is not None:
            layers.append((name, f, None))
            continue
        kind = type(n).__name__
        theta = float(np.asarray(n.v_threshold).flat[0])
        if kind == "IF":
            layers.append((name, None, snn.Leaky(beta=1.0, threshold=theta, reset_mechanism="zero", reset_delay=False)))
        elif kind == "LIF":
            layers.append((name, None, snn.Leaky(beta=float(1 - dt / n.tau.flat[0]), threshold=theta, reset_mechanism="zero", reset_delay=False)))
        else:
            layers.append((name, None, snn.Synaptic(alpha=float(1 - dt / n.tau_syn.flat[0]), beta=float(1 - dt / n.tau_mem.flat[0]), threshold=theta, reset_mechanism="zero", reset_delay=False)))
    rec = {name: stateless(nodes[name.replace(".lif", ".w_rec")]) for name in names if name.endswith(".lif")}

    def run():
        state, last, total = {}, {}, None
        for z in steps_first:
            for name, f, neu in layers:
                if f is not None:
                    z = f(z)
                    continue
                if name in rec:
                    z = z + rec[name](last.get(name, torch.zeros(z.shape)))
                if isinstance(neu, snn.Synaptic):
                    i, v = state.get(name, (torch.zeros_like(z), torch.zeros_like(z)))
                    z, i, v = neu(z, i, v)
                    state[name] = (i, v)
                else:
                    z, state[name] = neu(z, state.get(name, torch.zeros_like(z)))
                last[name] = z
            total = z if total is None else total + z
        return total
    return run


def norse_net():
    import norse.torch
    net = norse.torch.from_nir(graph, ignore_warnings=True, dt=dt)
    def run():
        s, total = None, None
        for z in steps_first:
            z, s = net(z if z.dim() > 2 else z, s)
            total = z if total is None else total + z
        return total
    return run


def sinabs_net():
    import sinabs.nir, sinabs.layers as sl
    if case == "braille":
        raise RuntimeError("its importer has no CubaLIF")
    B, T = x.shape[:2]
    if case == "cnn":
        net = sinabs.nir.from_nir(graph, batch_size=B)
        flat = x.reshape(B * T, *x.shape[2:])
        def run():
            for m in net.modules():
                if hasattr(m, "reset_states"):
                    m.reset_states()
            z = net(flat)
            z = z[0] if isinstance(z, tuple) else z
            return z.reshape(B, T, -1).sum(1)
        return run
    names = chain()
    mods = []
    gains_into_weights(names)
    for name in names:
        f = stateless(nodes[name])
        mods.append((f, None) if f is not None else (None, sl.LIFSqueeze(tau_mem=float(nodes[name].tau.flat[0] / dt), batch_size=B, norm_input=False, spike_fn=__import__("sinabs.activation", fromlist=["a"]).SingleSpike, reset_fn=__import__("sinabs.activation", fromlist=["a"]).MembraneReset())))
    flat = x.reshape(B * T, *x.shape[2:])
    def run():
        z = flat
        for f, m in mods:
            if m is not None:
                m.reset_states()
            z = f(z) if f is not None else m(z)
        return z.reshape(B, T, -1).sum(1)
    return run


try:
    run = {"torch": bare, "snntorch": snntorch_net, "norse": norse_net, "sinabs": sinabs_net}[peer]()
    spikes = float(run().sum())
    times, end = [], time.perf_counter() + budget
    while len(times) < 5 or (time.perf_counter() < end and len(times) < 2000):
        start = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - start))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(dict(ms=min(times), medianMs=float(np.median(times)), runs=len(times), spikes=spikes, peakMb=peak, version=torch.__version__)))
except Exception as e:                                                  # a peer that cannot is a result, too
    print(json.dumps(dict(unable=f"{type(e).__name__}: {e}"[:200])))
