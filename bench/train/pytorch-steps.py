"""Training steps of PyTorch for `bench/train.ts`: one JSON line per case with the least milliseconds of a step."""
import json
import sys
import time

import torch

torch.set_num_threads(1)


class Spike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, d):
        ctx.save_for_backward(d)
        return (d > 0).float()

    @staticmethod
    def backward(ctx, dy):
        (d,) = ctx.saved_tensors
        return dy / (1 + 25 * d.abs()) ** 2


def lif(x, beta, theta=1.0):
    """Soft reset, detached, over the first axis."""
    v = torch.zeros_like(x[0])
    out = []
    for current in x:
        u = beta * v + current
        s = Spike.apply(u - theta)
        v = u - theta * s.detach()
        out.append(s)
    return torch.stack(out)


def least(step, budget):
    best, end = float("inf"), time.perf_counter() + budget
    count = 0
    while count < 5 or time.perf_counter() < end:
        start = time.process_time()
        step()
        best = min(best, time.process_time() - start)
        count += 1
    return best * 1e3


def trained(parameters, forward, labels):
    optimizer = torch.optim.Adam(parameters, lr=1e-3)
    cross = torch.nn.CrossEntropyLoss()

    def step():
        optimizer.zero_grad()
        cross(forward().sum(0), labels).backward()
        optimizer.step()

    return step


def mlp(hoisted):
    torch.manual_seed(1)
    t, b = 25, 128
    x = (torch.rand(t, b, 784) < 0.1).float()
    fc1, fc2 = torch.nn.Linear(784, 512, bias=False), torch.nn.Linear(512, 10, bias=False)
    with torch.no_grad():
        fc1.weight.normal_(0, 0.1)
        fc2.weight.normal_(0, 0.1)
    labels = torch.randint(0, 10, (b,))

    def whole():
        return lif(fc2(lif(fc1(x), 0.9)), 0.9)

    def by_step():
        v1, v2 = torch.zeros(b, 512), torch.zeros(b, 10)
        out = []
        for current in x:
            u1 = 0.9 * v1 + fc1(current)
            s1 = Spike.apply(u1 - 1)
            v1 = u1 - s1.detach()
            u2 = 0.9 * v2 + fc2(s1)
            s2 = Spike.apply(u2 - 1)
            v2 = u2 - s2.detach()
            out.append(s2)
        return torch.stack(out)

    return trained([*fc1.parameters(), *fc2.parameters()], whole if hoisted else by_step, labels)


def conv(hoisted):
    torch.manual_seed(1)
    t, b = 20, 32
    x = (torch.rand(t, b, 2, 34, 34) < 0.05).float()
    c1 = torch.nn.Conv2d(2, 8, 5, bias=True)
    c2 = torch.nn.Conv2d(8, 16, 5, bias=True)
    pool = torch.nn.AvgPool2d(2)
    fc = torch.nn.Linear(16 * 5 * 5, 10, bias=False)
    with torch.no_grad():
        for module in (c1, c2):
            module.weight.normal_(0, 0.3)
            module.bias.zero_()
        fc.weight.normal_(0, 0.1)
    labels = torch.randint(0, 10, (b,))

    def rows(module, z):
        return module(z.flatten(0, 1)).unflatten(0, z.shape[:2])

    def whole():
        z = lif(rows(c1, x), 0.9)
        z = lif(rows(c2, rows(pool, z)), 0.9)
        z = rows(pool, z).flatten(2)
        return lif(fc(z), 0.9)

    def by_step():
        v1, v2, v3 = torch.zeros(b, 8, 30, 30), torch.zeros(b, 16, 11, 11), torch.zeros(b, 10)
        out = []
        for current in x:
            u1 = 0.9 * v1 + c1(current)
            s1 = Spike.apply(u1 - 1)
            v1 = u1 - s1.detach()
            u2 = 0.9 * v2 + c2(pool(s1))
            s2 = Spike.apply(u2 - 1)
            v2 = u2 - s2.detach()
            u3 = 0.9 * v3 + fc(pool(s2).flatten(1))
            s3 = Spike.apply(u3 - 1)
            v3 = u3 - s3.detach()
            out.append(s3)
        return torch.stack(out)

    return trained([*c1.parameters(), *c2.parameters(), *fc.parameters()], whole if hoisted else by_step, labels)


budget = float(sys.argv[1])
for name, make in (("mlp", mlp), ("conv", conv)):
    for loop, hoisted in (("by step", False), ("hoisted", True)):
        print(json.dumps({"case": name, "loop": loop, "ms": least(make(hoisted), budget)}), flush=True)
print(json.dumps({"torch": torch.__version__}), flush=True)
