"""Writes test/pytorch-values.json: networks, inputs, and what PyTorch autograd says of them (float64)."""
import itertools
import json
import math
import pathlib

import torch

torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(20)


def normal(*shape, scale=1.0):
    # Rounded to float32, so that both sides start from the same numbers.
    return (scale * torch.randn(*shape, generator=generator)).float().double()


def h(kind, d, theta):
    a = d.abs()
    if kind == "fastSigmoid":
        return 1 / (1 + 25 * a) ** 2
    if kind == "atan":
        return 1 / (1 + (math.pi * d) ** 2)
    if kind == "sigmoid":
        s = torch.sigmoid(4 * d)
        return 4 * s * (1 - s)
    if kind == "triangular":
        return 0.3 * torch.relu(1 - a)
    if kind == "exponential":
        return torch.exp(-a / (0.5 * theta)) / (0.5 * theta)
    if kind == "gaussian":
        return torch.exp(-2 * d * d) / (0.5 * math.sqrt(2 * math.pi))
    if kind == "boxcar":
        return (a <= 0.5).double()
    if kind == "sparseFastSigmoid":
        return (a < 1).double() / (1 + 25 * a) ** 2
    return torch.ones_like(d)


class Spike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, u, theta, kind, ge):
        ctx.save_for_backward(u, theta)
        ctx.kind = kind
        return (u >= theta).double() if ge else (u > theta).double()

    @staticmethod
    def backward(ctx, dy):
        u, theta = ctx.saved_tensors
        d = dy * h(ctx.kind, u - theta, theta)
        return d, -d.sum().reshape(theta.shape), None, None


def neuron(x, beta, theta, kind, reset, late, detach, v_reset=0.0, v_leak=0.0, alpha=None, feedback=None, old=False, ge=False):
    """x is [T, B, N] of drives before the gain; gains are 1 − beta and 1 − alpha."""
    v = torch.zeros_like(x[0])
    i = torch.zeros_like(v)
    before = torch.zeros_like(v)
    out, last = [], torch.zeros_like(v)
    for current in x:
        if feedback is not None:
            current = current + last @ feedback.T
        drive = current
        if alpha is not None:
            drive_old = i
            i = alpha * i + (1 - alpha) * 2 * current
            drive = drive_old if old else i
        u = (v - v_leak) * beta + v_leak + 5 * (1 - beta) * drive
        if late and reset == "subtract":
            u = u - theta * (before.detach() if detach else before)
        s = Spike.apply(u, theta, kind, ge)
        r = s.detach() if detach else s
        if late or reset == "none":
            v = u
        else:
            v = u - theta * r if reset == "subtract" else u * (1 - r) + v_reset * r
        before = last = s
        out.append(s)
    return torch.stack(out)


cases = []


def finish(name, loss, parameters, data, options):
    loss.backward()
    gradients = {key: value.grad.flatten().tolist() for key, value in parameters.items()}
    cases.append({"name": name, "loss": loss.item(), "gradients": gradients, "options": options,
                  "data": {key: {"shape": list(value.shape), "values": value.detach().flatten().tolist()} for key, value in data.items()}})


kinds = ["fastSigmoid", "atan", "sigmoid", "triangular", "exponential", "gaussian", "boxcar", "sparseFastSigmoid", "straightThrough"]
resets = [("subtract", 0), ("value", 0), ("none", 0), ("subtract", 1)]
for number, ((reset, late), detach, cuba) in enumerate(itertools.product(resets, (True, False), (False, True))):
    kind = kinds[number % len(kinds)]
    t, b, inputs, hidden, outputs = 7, 3, 4, 6, 3
    x = (torch.rand(t, b, inputs, generator=generator) < 0.5).double()
    w1, w2 = normal(hidden, inputs, scale=1.2), normal(outputs, hidden, scale=1.0)
    rec = normal(hidden, hidden, scale=0.5)
    bias = normal(hidden, scale=0.3)
    c = normal(t, b, outputs)
    raw, theta_raw, syn = (torch.tensor(value, dtype=torch.float32).double() for value in (1.4, 0.5, 0.4))
    parameters = {"fc1.weight": w1, "fc1.bias": bias, "fc2.weight": w2, "l1.leak": raw, "l1.threshold": theta_raw}
    if cuba:
        parameters["l1.synLeak"] = syn
        parameters["rec.weight"] = rec
    for value in parameters.values():
        value.requires_grad_()
    beta = torch.sigmoid(raw)
    start = 0.9
    theta = 1e-3 * start + torch.nn.functional.softplus(theta_raw)
    v_reset = 0.1 if reset == "value" else 0.0
    s1 = neuron(x @ w1.T + bias, beta, theta, kind, reset, late, detach, v_reset, 0.05,
                torch.sigmoid(syn) if cuba else None, rec if cuba else None, number % 4 == 3, ge=number % 2 == 1)
    s2 = neuron(s1 @ w2.T, torch.tensor(0.8), torch.tensor(0.7), kind, reset, late, detach, ge=number % 2 == 1)
    finish(f"{'CubaLIF in a loop' if cuba else 'LIF'}, {reset}{' one step late' if late else ''}, {'detached' if detach else 'through the reset'}, {kind}",
           (c * s2).sum(), parameters,
           {**parameters, "x": x, "c": c}, {"reset": reset, "resetDelay": late, "detachReset": detach, "cuba": cuba, "kind": kind,
            "compare": "ge" if number % 2 == 1 else "gt", "cubaOrder": "old" if number % 4 == 3 else "new", "vReset": v_reset, "theta": start})

for stride, padding, dilation, groups in [(1, 0, 1, 1), (2, 1, 1, 2), (1, 2, 2, 1)]:
    t, b = 4, 2
    x = (torch.rand(t, b, 2, 6, 5, generator=generator) < 0.3).double()
    w = normal(4, 2 // groups, 3, 3, scale=0.7)
    bias = normal(4, scale=0.2)
    parameters = {"c1.weight": w, "c1.bias": bias}
    for value in parameters.values():
        value.requires_grad_()
    z = torch.nn.functional.conv2d(x.flatten(0, 1), w, bias, stride, padding, dilation, groups)
    shape = z.shape[1:]
    s = neuron(z.reshape(t, b, -1), torch.tensor(0.8), torch.tensor(0.7), "atan", "subtract", 0, True).reshape(t * b, *shape)
    y = torch.nn.functional.avg_pool2d(s, 2, 1)
    c = normal(t, b, *y.shape[1:])
    finish(f"Conv2d stride {stride}, padding {padding}, dilation {dilation}, groups {groups}, LIF, AvgPool2d", (c.flatten(0, 1) * y).sum(), parameters,
           {**parameters, "x": x, "c": c}, {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups})

path = pathlib.Path(__file__).parent.parent / "test" / "pytorch-values.json"
path.write_text(json.dumps({"torch": torch.__version__, "cases": cases}) + "\n")
