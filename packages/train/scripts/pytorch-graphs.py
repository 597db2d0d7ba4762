"""
Fills test/pytorch-graphs.json with what PyTorch autograd says (float64) of the networks in it.

The networks were drawn at random: every node, reset, surrogate, parametrization, loss and term, loops, branches and delays.
This evaluator reads the equations alone. Spikes and kinks of every case are farther than 2e-3 from their thresholds.
"""
import json
import math
import pathlib

import torch
torch.set_default_dtype(torch.float64)
import torch.nn.functional as F

f32 = lambda x: torch.tensor(x, dtype=torch.float32).double()

def base(k, d, theta):
    a = d.abs(); kind = k["kind"]
    if kind == "fastSigmoid": return 1/(1+k["k"]*a)**2
    if kind == "atan": return (k["alpha"]/2)/(1+(math.pi/2*k["alpha"]*d)**2)
    if kind == "sigmoid":
        s = torch.sigmoid(k["k"]*d); return k["k"]*s*(1-s)
    if kind == "triangular": return k["gamma"]*torch.clamp(1-a/k["w"], min=0)
    if kind == "exponential":
        w = theta*k["w"]; return k["scale"]/w*torch.exp(-a/w)
    if kind == "periodicExponential":
        u = d+theta; fr = u/theta-0.5; p = torch.where(d < 0, d, theta*((fr-torch.floor(fr))-0.5))
        return torch.exp(-p.abs()/k["w"])/theta
    nd = lambda x, m, s: torch.exp(-((x-m)**2)/(2*s*s))/(s*math.sqrt(2*math.pi))
    if kind == "gaussian": return nd(d, 0, k["sigma"])
    if kind == "multiGaussian":
        s, h, f = k["sigma"], k["h"], k["s"]
        return (1+h)*nd(d, 0, s)-h*nd(d, s, f*s)-h*nd(d, -s, f*s)
    if kind == "boxcar": return (a <= k["w"]/2).double()/k["w"]
    if kind == "straightThrough": return torch.ones_like(d)
    if kind == "sparseFastSigmoid": return torch.where(a < k["bound"], 1/(1+k["k"]*a)**2, torch.zeros_like(a))
    raise Exception(kind)

margin = [9.0]
edge = [9.0]
class Spike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, u, theta, k, ge):
        ctx.save_for_backward(u, theta); ctx.k = k
        margin[0] = min(margin[0], (u-theta).abs().min().item())
        kk = k
        lv = kk.get("levels", 1)
        for j in range(1, lv+1):
            d = u-j*theta
            if kk.get("normalize") == "threshold": d = d/theta
            if kk["kind"] == "boxcar": edge[0] = min(edge[0], (d.abs()-kk["w"]/2).abs().min().item())
            if kk["kind"] == "sparseFastSigmoid": edge[0] = min(edge[0], (d.abs()-kk["bound"]).abs().min().item())
            if kk["kind"] == "periodicExponential":
                fr = (d/theta).abs(); edge[0] = min(edge[0], (fr-torch.floor(fr)-0.5).abs().min().item())
        return (u >= theta).double() if ge else (u > theta).double()
    @staticmethod
    def backward(ctx, dy):
        u, theta = ctx.saved_tensors; k = ctx.k
        h = torch.zeros_like(u)
        for j in range(1, k.get("levels", 1)+1):
            d = u-j*theta
            h = h + (base(k, d/theta, torch.ones_like(theta))/theta if k.get("normalize") == "threshold" else base(k, d, theta))
        du = dy*h
        dth = -du*u/theta if k.get("normalize") == "threshold" else -du
        while dth.dim() > theta.dim(): dth = dth.sum(0)
        for ax, n in enumerate(theta.shape):
            if n == 1 and dth.shape[ax] != 1: dth = dth.sum(ax, keepdim=True)
        return du, dth, None, None

class Inward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, w, lo, hi):
        ctx.save_for_backward(w); ctx.b = (lo, hi); return w.clamp(lo, hi)
    @staticmethod
    def backward(ctx, dy):
        (w,) = ctx.saved_tensors; lo, hi = ctx.b
        # gradient passes inside, and at a bound when a descent step points inward
        ok = ((w > lo) & (w < hi)) | ((w >= hi) & (dy > 0)) | ((w <= lo) & (dy < 0))
        return dy*ok, None, None

class Round(torch.autograd.Function):
    @staticmethod
    def forward(ctx, w): return torch.round(w)
    @staticmethod
    def backward(ctx, dy): return dy

def run(case):
    build = case["build"]; dt = build["dt"]; dia = build["dialect"]; nodes = case["nodes"]
    raw = {}
    for name, v in case["raw"].items():
        raw[name] = f32(v).reshape(case["meta"][name]["shape"]).requires_grad_()
    T, B = case["steps"], case["batch"]
    x = f32(case["x"]).reshape([T, B]+case["inShape"]).requires_grad_()
    margin[0] = 9.0; edge[0] = 9.0
    feedback = {tuple(e) for e in case["feedback"]}
    pred = {n: [] for n in nodes}
    for a, b in case["edges"]: pred[b].append(a)
    W = lambda n, k: raw.get(f"{n}.{k}")
    pre = {}
    def tv(n, key):
        p = nodes[n][key]; s = nodes[n]["outShape"]
        return f32(p["data"]).reshape(p["shape"]).expand(s) if True else None
    def leakval(n, pname, tau, which):
        own = build["nodes"].get(n, {})
        spec = own.get("leak" if which == "leak" else "synLeak", {})
        w = raw.get(f"{n}.{pname}")
        euler = dia["leak"] == "euler"
        b0 = (1-dt/tau).clamp(min=0) if euler else torch.exp(-dt/tau)
        move0 = dt/tau if euler else -torch.expm1(-dt/tau)
        if w is None: return b0, move0
        par = spec.get("param", "logit")
        if par == "logit": b = torch.sigmoid(w)
        elif par == "clamp": b = Inward.apply(w, 0.0, 1.0)
        elif par == "log":
            lo = math.log(dt*(1+1e-3)); t = torch.exp(Inward.apply(w, lo, 1e30)); b = 1-dt/t if euler else torch.exp(-dt/t)
        elif par == "pot": b = 1-2.0**(-Round.apply(Inward.apply(w, 1.0, 12.0)))
        return b, ((1-b) if spec.get("coupleGain", True) else move0)
    theta0 = {}
    def theta(n, key):
        own = build["nodes"].get(n, {}); t0 = tv(n, key); w = raw.get(f"{n}.threshold")
        if w is None: return t0
        if key == "threshold": return w
        spec = own["threshold"]; shp = list(w.shape); flat = t0.reshape(-1)
        per = flat.numel()//max(1, w.numel())
        fl = (1e-3*flat[::per]).float().double().reshape(shp)
        return fl+F.softplus(w) if spec.get("param", "softplus") == "softplus" else torch.maximum(w, fl)
    P = {}
    for n, nd in nodes.items():
        t = nd["type"]
        if t in ("LIF", "LI"):
            b, m = leakval(n, "leak", tv(n, "tau"), "leak"); P[n] = dict(b=b, g=m*tv(n, "r"), target=tv(n, "vLeak"))
        elif t in ("CubaLIF", "CubaLI"):
            b, m = leakval(n, "leak", tv(n, "tauMem"), "leak"); a, ms = leakval(n, "synLeak", tv(n, "tauSyn"), "syn")
            P[n] = dict(b=b, g=m*tv(n, "r"), target=tv(n, "vLeak"), a=a, gs=ms*tv(n, "wIn"))
        elif t in ("IF", "I"):
            P[n] = dict(b=torch.tensor(1.0), g=dt*tv(n, "r"), target=torch.tensor(0.0))
        if t in ("LIF", "IF", "CubaLIF"):
            P[n]["theta"] = theta(n, "vThreshold")
            w = raw.get(f"{n}.reset"); P[n]["vr"] = tv(n, "vReset") if w is None else w
        if t == "Threshold": P[n] = dict(theta=theta(n, "threshold"))
    st = {}
    for n, nd in nodes.items():
        if n in P and nd["type"] != "Threshold":
            v0 = torch.zeros([B]+nd["outShape"])
            if dia["vInit"] == "vLeak" and "vLeak" in nd: v0 = v0+tv(n, "vLeak")
            if dia["vInit"] == "vReset" and "vReset" in nd and nd["type"] != "IF": v0 = v0+tv(n, "vReset")
            st[n] = dict(v=v0, i=torch.zeros([B]+nd["outShape"]), s=torch.zeros([B]+nd["outShape"]))
    surr = lambda n: build["nodes"].get(n, {}).get("surrogate", build["surrogate"])
    det = lambda n: build["nodes"].get(n, {}).get("detachReset", build["detachReset"])
    memb = {n: [] for n in P}
    def stateless(n, z):
        nd = nodes[n]; t = nd["type"]; B_ = z.shape[0]
        if t in ("Input", "Output"): return z
        if t in ("Linear", "Affine"):
            w = W(n, "weight")
            y = torch.einsum("...oi,...i->...o", w, z) if w.dim() > 2 else z @ w.T
            return y + W(n, "bias") if t == "Affine" else y
        if t == "Scale": return z*raw[f"{n}.gain"]
        if t == "Flatten": return z.reshape(B_, *nd["outShape"])
        if t == "Conv2d": return F.conv2d(z, W(n, "weight"), W(n, "bias"), tuple(nd["stride"]), nd["padding"] if isinstance(nd["padding"], str) else tuple(nd["padding"]), tuple(nd["dilation"]), nd["groups"])
        if t == "Conv1d": return F.conv1d(z, W(n, "weight"), W(n, "bias"), nd["stride"], nd["padding"], nd["dilation"], nd["groups"])
        if t == "AvgPool2d": return F.avg_pool2d(z, tuple(nd["kernelSize"]), tuple(nd["stride"]), tuple(nd["padding"]), count_include_pad=True)
        if t == "SumPool2d": return F.avg_pool2d(z, tuple(nd["kernelSize"]), tuple(nd["stride"]), tuple(nd["padding"]), count_include_pad=True)*(nd["kernelSize"][0]*nd["kernelSize"][1])
        if t == "Threshold": return Spike.apply(z, P[n]["theta"], surr(n), False)
        return None
    silentMemo = {}
    def silent(n):
        if n in silentMemo: return silentMemo[n]
        nd = nodes[n]
        if n in st or nd["type"] in ("Delay", "Input"): y = torch.zeros([B]+nd["outShape"])
        else: y = stateless(n, sum(silent(p) for p in pred[n]))
        silentMemo[n] = y; return y
    outs = {n: [] for n in nodes}; ins = {n: {} for n in nodes}
    def fed(p, n, t):
        if (p, n) not in feedback: return outs[p][t]
        if t > 0: return outs[p][t-1]
        return torch.zeros([B]+nodes[p]["outShape"]) if dia["feedbackT0"] == "zeroSignal" else silent(p)
    def inp(n, t):
        if t not in ins[n]: ins[n][t] = sum(fed(p, n, t) for p in pred[n]) if pred[n] else x[t]
        return ins[n][t]
    for t in range(T):
        for n in case["order"]:
            nd = nodes[n]
            if nd["type"] == "Delay":
                d = torch.tensor(case["delaySteps"][n]).reshape(nd["outShape"])
                y = torch.zeros([B]+nd["outShape"])
                for k in set(case["delaySteps"][n]):
                    if t-k >= 0: y = y + inp(n, t-k)*(d == k)
            elif n in st:
                z = inp(n, t); p = P[n]; s_ = st[n]; spec = {**dia, **build["nodes"].get(n, {}).get("dialect", {})}
                drive = z
                if "a" in p:
                    i0 = s_["i"]; i1 = p["a"]*i0+p["gs"]*z; s_["i"] = i1; drive = i1 if spec["cubaOrder"] == "new" else i0
                u = (s_["v"]-p["target"])*p["b"]+p["target"]+p["g"]*drive
                if "theta" in p:
                    late = spec["resetDelay"] == 1 and spec["reset"] == "subtract"
                    D = (lambda q: q.detach()) if det(n) else (lambda q: q)
                    if late: u = u-p["theta"]*D(s_["s"])
                    s = Spike.apply(u, p["theta"], surr(n), spec["compare"] == "ge")
                    if late or spec["reset"] == "none": v = u
                    elif spec["reset"] == "subtract": v = u-p["theta"]*D(s)
                    else: v = u*(1-D(s))+p["vr"]*D(s)
                    s_["s"] = s; s_["v"] = v; y = s
                else: s_["v"] = u; y = u
                memb[n].append(u)
            else: y = stateless(n, inp(n, t))
            outs[n].append(y)
    o = torch.stack(outs["out"]); C = case["classes"]
    lab = torch.tensor(case["labels"]); name = case["lossName"]
    cnt = o.sum(0); ce = F.cross_entropy
    if name == "project": L = (o*f32(case["proj"]).reshape(T, B, C)).sum()
    elif name == "spikeCountCrossEntropy": L = ce(cnt/case["temperature"], lab)
    elif name == "rateCrossEntropy": L = ce(o.reshape(T*B, C), lab.repeat(T))
    elif name == "membraneMaxCrossEntropy":
        # first maximum
        L = ce(o.gather(0, o.detach().argmax(0, keepdim=True))[0], lab)
    elif name == "membraneMeanCrossEntropy": L = ce(o.mean(0), lab)
    elif name == "membraneSumCrossEntropy": L = ce(cnt, lab)
    elif name == "membraneLastCrossEntropy": L = ce(o[-1], lab)
    elif name in ("countMSE", "rateMSE"):
        tgt = torch.where(F.one_hot(lab, C) > 0, 0.8, 0.2).double()
        L = ((cnt-T*tgt)**2).mean()/T if name == "countMSE" else ((cnt/T-tgt)**2).mean()
    elif name == "vanRossum":
        f = torch.zeros(B, C); L = 0
        hat = f32(case["seqT"]).reshape(T, B, C)
        for t in range(T): f = math.exp(-0.5)*f+(o[t]-hat[t]); L = L+(f**2).sum()
        L = L*0.5/B
    elif name in ("temporalMSE", "firstSpikeCrossEntropy"):
        class First(torch.autograd.Function):
            @staticmethod
            def forward(ctx, sp):
                mx = sp.max(0).values; idx = sp.argmax(0); place = torch.where(mx > 0, idx, torch.full_like(idx, T-1))
                if ((sp != 0) & (sp != 1)).any(): place = torch.where(mx.bool(), idx, torch.full_like(idx, T-1))
                ctx.save_for_backward(place); return place.double()+(1-mx)
            @staticmethod
            def backward(ctx, dy):
                (place,) = ctx.saved_tensors
                g = torch.zeros([T]+list(place.shape)); g.scatter_(0, place[None], -dy[None]); return g
        ft = First.apply(o)
        if name == "temporalMSE":
            tgt = torch.where(F.one_hot(lab, C) > 0, 0.1*T, 0.9*T).double(); L = (((ft-tgt)/T)**2).mean()
        else: L = ce(-ft, lab)
    elif name == "knowledgeDistillation":
        te = f32(case["teacher"]).reshape(B, C); tau = 3
        p = torch.softmax(te/tau, 1); kl = (p*(torch.log(p)-torch.log_softmax(cnt/tau, 1))).sum()/B
        L = 0.3*tau*tau*kl+0.7*ce(cnt, lab)
    for r in case["regs"]:
        if r in ("rateUpper", "rateLower", "l1Rate"):
            tot = 0
            for n in [q for q in outs if nodes[q]["type"] in ("IF","LIF","CubaLIF","Threshold")]:
                rate = torch.stack(outs[n]).mean((0, 1))
                tot = tot + {"rateUpper": lambda q: (torch.relu(q-0.1)**2).mean()*2, "rateLower": lambda q: (torch.relu(0.6-q)**2).mean()*2, "l1Rate": lambda q: q.mean()*0.5}[r](rate)
            L = L+tot
        elif r == "weightDecay":
            for k, m in case["meta"].items():
                if m["role"] == "weight": L = L+0.01*(raw[k]**2).sum()
        elif r == "membraneRange":
            for n in memb:
                if nodes[n]["type"] != "Threshold": L = L+0.7*(torch.relu(torch.stack(memb[n]).abs()-0.3)**2).mean()
    if L.requires_grad: L.backward()
    g = {k: (v.grad if v.grad is not None else torch.zeros_like(v)).flatten() for k, v in raw.items()}
    g["@in"] = (x.grad if x.grad is not None else torch.zeros_like(x)).flatten()
    return L.item(), o.flatten(), g

path = pathlib.Path(__file__).parent.parent / "test" / "pytorch-graphs.json"
cases = json.loads(path.read_text())["cases"]
for case in cases:
    loss, _, gradients = run(case)
    assert margin[0] > 2e-3 and edge[0] > 2e-3, "a spike is too near its threshold"
    case["torch"] = {"loss": loss, "gradients": {key: [float(f"{x:.8g}") for x in value.tolist()] for key, value in gradients.items()}}
path.write_text(json.dumps({"torch": torch.__version__, "cases": cases}) + "\n")
