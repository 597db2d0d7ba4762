"""N-MNIST in PyTorch: the network, the changes, the budget of src/nmnist-network.ts.

usage: nmnist.py DATA [--seed N] [--epochs N]   (needs torch and numpy)
"""

import argparse
import math
import pathlib
import re
import time
import zipfile

import numpy as np
import torch
from torch import nn

SIDE, STEPS, RECORDED_US = 34, 10, 300_000
BATCH, RATE, BETA = 16, 5e-3, 1 - 1 / 4
SCALE, SHEAR, SHIFT = 0.1, 0.2, 2.0
DENSITY, GAIN = 0.05, 0.7


def recordings(folder, part):
    """Lists of (x, y, polarity, step) and labels, from .bin files in folders or zip archives."""
    layout = re.compile(rf"(?:^|/){part}/([0-9])/(\d{{1,6}})\.(?:bin|bs2)$")
    files = []
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if found := layout.search(name):
                        files.append((int(found[2]), int(found[1]), archive.read(name)))
        elif found := layout.search(path.as_posix()):
            files.append((int(found[2]), int(found[1]), path.read_bytes()))
    files.sort(key=lambda file: file[0])
    events, labels = [], []
    for _, label, data in files:
        bytes_ = np.frombuffer(data[: len(data) // 5 * 5], np.uint8).reshape(-1, 5).astype(np.int64)
        t = (bytes_[:, 2] & 0x7F) << 16 | bytes_[:, 3] << 8 | bytes_[:, 4]
        step = t * STEPS // RECORDED_US
        kept = step < STEPS
        events.append((bytes_[kept, 0], bytes_[kept, 1], bytes_[kept, 2] >> 7, step[kept]))
        labels.append(label)
    return events, torch.tensor(labels)


def frames(events, random=None):
    """[T, 2, 34, 34] of 0 and 1; with a generator the picture is scaled, sheared and shifted first."""
    x, y, p, step = events
    if random is not None:
        scale_x, scale_y = 1 + random.uniform(-SCALE, SCALE, 2)
        shear_x, shear_y = random.uniform(-SHEAR, SHEAR, 2)
        move_x, move_y = random.uniform(-SHIFT, SHIFT, 2)
        middle = (SIDE - 1) / 2
        a, b = x - middle, y - middle
        x = np.floor(middle + scale_x * a + shear_x * b + move_x + 0.5).astype(np.int64)
        y = np.floor(middle + scale_y * b + shear_y * a + move_y + 0.5).astype(np.int64)
        kept = (x >= 0) & (x < SIDE) & (y >= 0) & (y < SIDE)
        x, y, p, step = x[kept], y[kept], p[kept], step[kept]
    cells = np.zeros((STEPS, 2, SIDE, SIDE), np.float32)
    cells[step, p, y, x] = 1
    return torch.from_numpy(cells)


class Spike(torch.autograd.Function):
    """H(d), backward by the arctangent with alpha 2."""

    @staticmethod
    def forward(context, d):
        context.save_for_backward(d)
        return (d > 0).float()

    @staticmethod
    def backward(context, gradient):
        (d,) = context.saved_tensors
        return gradient / (1 + (math.pi * d) ** 2)


class Network(nn.Module):
    """conv 16 - conv 32 - dense 10; u = beta v + x, v = u - s."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(
            [
                nn.Conv2d(2, 16, 5, stride=2, padding=2),
                nn.Conv2d(16, 32, 3, stride=2, padding=1),
                nn.Linear(32 * 81, 10),
            ]
        )
        for layer in self.layers:
            fan_in = layer.weight[0].numel()
            nn.init.normal_(layer.weight, std=GAIN * math.sqrt((1 - BETA**2) / (fan_in * DENSITY)))
            nn.init.zeros_(layer.bias)

    def forward(self, sequence):
        v, counts = [0.0] * len(self.layers), 0
        for x in sequence.unbind(1):
            for k, layer in enumerate(self.layers):
                if isinstance(layer, nn.Linear):
                    x = x.flatten(1)
                u = BETA * v[k] + layer(x)
                s = Spike.apply(u - 1)
                v[k] = u - s.detach()
                x = s
            counts = counts + x
        return counts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=40)
    given = parser.parse_args()
    torch.manual_seed(given.seed)
    torch.set_num_threads(1)
    random = np.random.default_rng(given.seed)
    start = time.process_time()
    train, labels = recordings(given.data, "Train")
    test, wanted = recordings(given.data, "Test")
    network = Network()
    optimizer = torch.optim.Adam(network.parameters(), RATE)
    steps = given.epochs * math.ceil(len(train) / BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: (1 + math.cos(math.pi * k / steps)) / 2)
    for _ in range(given.epochs):
        for batch in torch.randperm(len(train)).split(BATCH):
            sequence = torch.stack([frames(train[k], random) for k in batch])
            loss = nn.functional.cross_entropy(network(sequence), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1)
            optimizer.step()
            schedule.step()
    with torch.no_grad():
        found = network(torch.stack([frames(events) for events in test])).argmax(1)
    right = int((found == wanted).sum())
    print(f"PyTorch  {right} of {len(test)} test recordings, trained on {len(train)}")
    print(f"seed {given.seed}, {given.epochs} epochs, {time.process_time() - start:.0f} s of CPU")


main()
