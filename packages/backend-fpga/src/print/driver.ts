/** Python driver for PYNQ: words in and out without any board, overlay and DMA with one. */
import { inputPorts, outputPorts } from "../input-stream.ts";
import type { FpgaPlan, PortPlan, StreamPlan } from "../plan-types.ts";
import { isSpikePort, portSize } from "../port.ts";
import { header } from "./header.ts";

/** Text of `sw/driver.py`. */
export function printDriver(plan: FpgaPlan): string {
  const inputs = inputPorts(plan);
  const outputs = outputPorts(plan);
  const lines = [
    ...header(plan, "#", `PYNQ driver of ${plan.design}`),
    "# The overlay holds the IP of scripts/vivado_ip.tcl and an AXI DMA between its streams and memory.",
    "import numpy as np",
    "",
    `PLAN = 0x${plan.planHash.slice(-8)}`,
    `HOLD_INPUT = ${plan.options.holdInput ? "True" : "False"}`,
    `INPUTS = ${portSize(plan.input)}`,
    `OUTPUTS = ${beatsPerStep(plan)}`,
    `IN = ${stream(plan.streams.input, plan.input.shape)}`,
    `OUT = ${stream(plan.streams.output, plan.output.shape)}`,
    "# Several ports share a stream: their addresses, sizes and first address; else None.",
    `IN["ports"] = ${ports(plan.streams.input, inputs)}`,
    `OUT["ports"] = ${ports(plan.streams.output, outputs)}`,
    "# name: (byte offset, count)",
    "REGISTERS = {",
    ...(plan.registers ?? []).map(
      ({ name, offset, count }) => `    "${name}": (0x${offset.toString(16).padStart(3, "0")}, ${count}),`,
    ),
    "}",
    code,
  ];
  return `${lines.join("\n")}\n`;
}

/** Most events that leave in a step. */
function beatsPerStep({ layers, graph }: FpgaPlan): number {
  if (graph === undefined) return layers.at(-1)?.neurons ?? 0;
  return graph.exits.reduce((sum, { source: { kind, index } }) => {
    const door = graph.inputs[index];
    if (kind === "layer") return sum + (layers[index]?.neurons ?? 0);
    return sum + (door === undefined ? 0 : portSize(door) * door.maxEvents);
  }, 0);
}

function ports({ ports: several }: StreamPlan, all: readonly PortPlan[]): string {
  if (several === undefined) return "None";
  const entries = all.map((port, p) => {
    const addressing = several.addressing[p] ?? "linear";
    const fields = addressing === "linear" ? "None" : `(${addressing.join(", ")})`;
    const size = `(${port.shape.slice(-2).join(", ")},)`;
    return (
      `    {"fields": ${fields}, "size": ${size}, "count": ${portSize(port)}, ` +
      `"base": ${p * 2 ** several.localBits}, "spikes": ${isSpikePort(port) ? "True" : "False"}},`
    );
  });
  return `[\n${entries.join("\n")}\n]`;
}

function stream(
  { width, valueBits, addressBits, addressing, content, signed }: StreamPlan,
  shape: readonly number[],
): string {
  const entries = {
    width: `${width}`,
    value_bits: `${valueBits}`,
    address_bits: `${addressBits}`,
    signed: signed ? "True" : "False",
    content: `"${content}"`,
    // Bits of c, y and x with the map's height and width, or None for plain indices.
    fields: addressing === "linear" ? "None" : `(${addressing.join(", ")})`,
    size: `(${shape.slice(-2).join(", ")},)`,
  };
  return `{${Object.entries(entries)
    .map(([key, value]) => `"${key}": ${value}`)
    .join(", ")}}`;
}

const code = `
EVENT, TICK, EOS = 0, 1, 2


def address(stream, index, port=0):
    """Address of a row-major index, of one of several ports if there are."""
    if stream["ports"] is not None:
        place = stream["ports"][port]
        return place["base"] + address({**place, "ports": None}, index)
    if stream["fields"] is None:
        return index
    _, y_bits, x_bits = stream["fields"]
    width = stream["size"][-1]
    height = stream["size"][-2] if len(stream["size"]) > 1 else 1
    c, rest = divmod(index, height * width)
    y, x = divmod(rest, width)
    return (c << (y_bits + x_bits)) | (y << x_bits) | x


def port_of(stream, addr):
    """Number of the port of an address, 0 where there is one."""
    if stream["ports"] is None:
        return 0
    return max(p for p, place in enumerate(stream["ports"]) if place["base"] <= addr)


def index(stream, addr):
    """Row-major index of an address, within its port."""
    if stream["ports"] is not None:
        place = stream["ports"][port_of(stream, addr)]
        return index({**place, "ports": None}, addr - place["base"])
    if stream["fields"] is None:
        return addr
    _, y_bits, x_bits = stream["fields"]
    width = stream["size"][-1]
    height = stream["size"][-2] if len(stream["size"]) > 1 else 1
    y = (addr >> x_bits) & ((1 << y_bits) - 1)
    return ((addr >> (y_bits + x_bits)) * height + y) * width + (addr & ((1 << x_bits) - 1))


def word(stream, kind, value=0, addr=0):
    """One word of a stream."""
    field = value & ((1 << stream["value_bits"]) - 1)
    return (kind << (stream["width"] - 2)) | (field << stream["address_bits"]) | addr


def pack(steps):
    """Words of one sample: steps is a list, one entry per step, of (row-major index, integer value) pairs.

    With several ports an entry is (index, value, number of the port).
    """
    words = []
    for t, events in enumerate(steps):
        if t == 0 or not HOLD_INPUT:
            for i, value, *rest in events:
                port = rest[0] if rest else 0
                count = INPUTS if IN["ports"] is None else IN["ports"][port]["count"]
                if not 0 <= i < count:
                    raise ValueError(f"step {t}: index {i} is not in 0 .. {count - 1}")
                words.append(word(IN, EVENT, value, address(IN, i, port)))
        words.append(word(IN, EOS if t + 1 == len(steps) else TICK))
    return np.array(words, dtype=np.uint64 if IN["width"] == 64 else np.uint32)


def pack_dense(*samples):
    """Words of integer arrays [steps, ...], one per Input: zeros send nothing, spikes as many events as they count."""
    steps = [[] for _ in samples[0]]
    for port, sample in enumerate(samples):
        spikes = IN["content"] == "spike" if IN["ports"] is None else IN["ports"][port]["spikes"]
        for t, row in enumerate(np.asarray(sample).reshape(len(sample), -1)):
            for i in np.flatnonzero(row):
                value = int(row[i])
                steps[t] += [(int(i), 1, port)] * value if spikes else [(int(i), value, port)]
    return pack(steps)


def unpack(words):
    """Steps of one sample from the words that leave: lists of (row-major index, value), up to the eos.

    With several ports an entry is (index, value, number of the port).
    """
    steps, events = [], []
    for w in words:
        w = int(w)
        kind = w >> (OUT["width"] - 2)
        if kind == EVENT:
            value = (w >> OUT["address_bits"]) & ((1 << OUT["value_bits"]) - 1)
            if OUT["signed"] and value >> (OUT["value_bits"] - 1):
                value -= 1 << OUT["value_bits"]
            addr = w & ((1 << OUT["address_bits"]) - 1)
            port = () if OUT["ports"] is None else (port_of(OUT, addr),)
            events.append((index(OUT, addr), value) + port)
        else:
            steps.append(events)
            events = []
            if kind == EOS:
                return steps
    raise ValueError("the words end before the eos")


class Snn:
    """The design on a board: ip and dma are the names of the cells in the overlay."""

    def __init__(self, bitfile, ip, dma):
        from pynq import Overlay, allocate

        self.allocate = allocate
        self.overlay = Overlay(bitfile)
        self.ip = getattr(self.overlay, ip)
        self.dma = getattr(self.overlay, dma)
        if REGISTERS and (self.read("ID") != 0x4E49524B or self.read("PLAN") != PLAN):
            raise RuntimeError("the overlay holds another design")

    def read(self, name, k=0):
        """A register, or the one of layer or class k."""
        offset, count = REGISTERS[name]
        if not 0 <= k < count:
            raise IndexError(f"{name} has {count} entries")
        return self.ip.read(offset + 4 * k)

    def write(self, name, value):
        """Writes CONTROL or STATUS."""
        self.ip.write(REGISTERS[name][0], value)

    def load(self, path):
        """Writes registers as a file says, an address and a word per line: other weights, between samples."""
        with open(path) as lines:
            for line in lines:
                offset, word = (int(part, 16) for part in line.split())
                self.ip.write(offset, word)

    def cycles(self):
        """Cycles that samples have been in the design."""
        low = self.read("CYCLES")
        return low | (self.read("CYCLES_HIGH") << 32)

    def run(self, steps):
        """Sends one sample and returns the steps that leave."""
        words = pack(steps)
        received = self.allocate(
            shape=(len(steps) * (OUTPUTS + 1),), dtype=np.uint64 if OUT["width"] == 64 else np.uint32
        )
        sent = self.allocate(shape=words.shape, dtype=words.dtype)
        try:
            sent[:] = words
            self.dma.recvchannel.transfer(received)
            self.dma.sendchannel.transfer(sent)
            self.dma.sendchannel.wait()
            self.dma.recvchannel.wait()
            return unpack(received)
        finally:
            sent.freebuffer()
            received.freebuffer()

    def classify(self, steps):
        """Sends one sample and returns the class that wins, as the registers say."""
        self.run(steps)
        return self.read("RESULT_CLASS")`;
