/** Designs that are no chain: each stands for one way in which layers can be joined. */
import type { SpikeInput, Tensor } from "@nirkit/graph";
import type { IntegerNeuron, Network, OutputPort, Population, Port, Projection } from "@nirkit/network";
import { type Design, pattern, regular } from "./designs.ts";
import { conv, dense, pool, population, quantTensor } from "./random-network.ts";

/** Several Inputs and Outputs, each with its shape; an Output names its sources. */
export function graphNetwork(parts: {
  inputs: Readonly<Record<string, Partial<Port> & { shape: readonly number[] }>>;
  outputs: Readonly<Record<string, readonly string[]>>;
  populations: readonly Population[];
  projections: readonly Projection[];
}): Network {
  const port = { bits: 1, signed: false, scale: 1, maxEvents: 1 };
  const inputs = Object.entries(parts.inputs).map(([name, more]): Port => ({ ...port, name, ...more }));
  const shapes = new Map([...inputs, ...parts.populations].map(({ name, shape }) => [name, shape]));
  return {
    inputs,
    outputs: Object.entries(parts.outputs).map(
      ([name, sources]): OutputPort => ({
        ...port,
        name,
        shape: shapes.get(sources[0] ?? "") ?? [],
        maxEvents: sources.length,
        sources,
      }),
    ),
    populations: parts.populations,
    projections: parts.projections,
    dt: 1e-3,
    latency: 0,
    meta: { graphHash: "0".repeat(64), diagnostics: [] },
  };
}

/** One sample by Input. */
export function sample(
  rows: Readonly<Record<string, readonly (readonly number[])[]>>,
  net: Network,
): SpikeInput {
  return new Map(
    Object.entries(rows).map(([name, values]) => {
      const shape = net.inputs.find((port) => port.name === name)?.shape ?? [];
      const data = Int32Array.from(values.flat());
      return [name, { dtype: "int32", shape: [values.length, ...shape], data } satisfies Tensor];
    }),
  );
}

const fires = (theta: number, more: Partial<IntegerNeuron> = {}): Partial<IntegerNeuron> => ({
  theta: Int32Array.of(theta),
  sub: Int32Array.of(theta),
  ...more,
});

const identity = (
  name: string,
  source: string,
  target: string,
  more: Partial<Projection> = {},
): Projection => ({
  name,
  source,
  target,
  op: { kind: "identity" },
  weights: quantTensor([1], [1]),
  delay: 0,
  ...more,
});

function design(
  name: string,
  net: Network,
  rows: Parameters<typeof sample>[0],
  options: Design["options"] = {},
): Design {
  const input = sample(rows, net);
  return { name, network: net, inputs: [input, input], options };
}

/** in -> a -> b -> c, and in and a also straight to c. */
function skips(pe: number, fifoDepth: number): Design {
  const net = graphNetwork({
    inputs: { in: { shape: [5] } },
    outputs: { out: ["c"] },
    populations: [
      population("a", 9, fires(3)),
      population("b", 7, fires(2, { reset: "subtract" })),
      population("c", 6, fires(4, { leak: { form: "shift", shift: 2 } })),
    ],
    projections: [
      dense("fa", "in", "a", pattern(9, 5, 7)),
      dense("fb", "a", "b", pattern(7, 9, 7)),
      dense("fc", "b", "c", pattern(6, 7, 7)),
      dense("skip", "in", "c", pattern(6, 5, 3), { shift: 1 }),
      dense("over", "a", "c", pattern(6, 9, 5)),
    ],
  });
  return design(
    `three branches join, ${pe} lanes, buffers of ${fifoDepth}`,
    net,
    { in: regular(8, 5, 2) },
    { pe, fifoDepth },
  );
}

/** A residual block of maps: convolution and convolution, one-to-one skip, a strided branch, then dense. */
function residual(): Design {
  const map = [3, 5, 5] as const;
  const same = { inShape: map, channels: 3, kernel: [3, 3], padding: [1, 1] } as const;
  const net = graphNetwork({
    inputs: { in: { shape: map } },
    outputs: { out: ["top"] },
    populations: [
      population("a", map, fires(5)),
      population("b", map, fires(6)),
      population("down", [4, 3, 3], fires(5, { reset: "subtract" })),
      population("top", 4, fires(6)),
    ],
    projections: [
      conv("c1", "in", "a", same, (k) => ((37 * k + 11) % 9) - 4),
      conv("c2", "a", "b", same, (k) => ((29 * k + 7) % 9) - 4),
      identity("skip", "in", "b", { shift: 2 }),
      conv(
        "c3",
        "b",
        "down",
        { inShape: map, channels: 4, kernel: [3, 3], stride: [2, 2], padding: [1, 1] },
        (k) => (k % 7) - 3,
      ),
      conv(
        "c4",
        "a",
        "down",
        { inShape: map, channels: 4, kernel: [1, 1], stride: [2, 2] },
        (k) => (k % 5) - 1,
      ),
      dense("full", "top0", "down", pattern(36, 2, 3)),
      dense("fc", "down", "top", pattern(4, 36, 3)),
      dense("fp", "b", "top", pattern(4, 12, 3), { pool: pool([3, 5, 5], [2, 2]) }),
    ],
  });
  const withSide: Network = {
    ...net,
    populations: [population("top0", 2, fires(3)), ...net.populations],
    projections: [...net.projections, dense("ft", "in", "top0", pattern(2, 75, 2))],
  };
  return design(
    "residual block of maps with a dense branch",
    withSide,
    { in: regular(5, 75, 6) },
    { lanes: "b=2,down=3" },
  );
}

/** Convolutions of other groups into one map. */
function groups(): Design {
  const net = graphNetwork({
    inputs: { in: { shape: [4, 4, 4] } },
    outputs: { out: ["a", "b"] },
    populations: [population("a", [4, 4, 4], fires(4)), population("b", [4, 4, 4], fires(5))],
    projections: [
      conv(
        "g2",
        "in",
        "a",
        { inShape: [4, 4, 4], channels: 4, kernel: [3, 3], padding: [1, 1], groups: 2 },
        (k) => (k % 7) - 2,
      ),
      conv(
        "d1",
        "a",
        "b",
        { inShape: [4, 4, 4], channels: 4, kernel: [3, 3], padding: [1, 1], groups: 4 },
        (k) => (k % 5) - 1,
      ),
      conv("d2", "in", "b", { inShape: [4, 4, 4], channels: 4, kernel: [1, 1], groups: 4 }, (k) => k + 1),
      conv(
        "g2b",
        "in",
        "b",
        { inShape: [4, 4, 4], channels: 4, kernel: [2, 2], padding: [1, 1], dilation: [2, 2], groups: 2 },
        (k) => (k % 6) - 2,
      ),
    ],
  });
  return design(
    "groups that differ, a map of two sources as Output",
    net,
    { in: regular(4, 64, 5) },
    { pe: 3 },
  );
}

/** Two Inputs, one of values, and three Outputs: of a hidden layer, of states, of an Input. */
function ports(): Design {
  const net = graphNetwork({
    inputs: { spikes: { shape: [4] }, values: { shape: [3], bits: 6, signed: true } },
    outputs: { hidden: ["a"], states: ["b"], echo: ["spikes"], again: ["a"] },
    populations: [
      population("a", 6, fires(9, { stateBits: 14 })),
      population("b", 3, { spiking: false, reset: "none", stateBits: 16, leak: { form: "shift", shift: 3 } }),
    ],
    projections: [
      dense("fa", "spikes", "a", pattern(6, 4, 7)),
      dense("fv", "values", "a", pattern(6, 3, 2)),
      dense("fb", "a", "b", pattern(3, 6, 7)),
      dense("fs", "values", "b", pattern(3, 3, 2)),
    ],
  });
  const values = regular(6, 3, 2).map((row, t) =>
    row.map((s, i) => (s === 0 ? 0 : ((29 * (3 * t + i)) % 64) - 32)),
  );
  return design("two Inputs, four Outputs", net, { spikes: regular(6, 4, 2), values }, { pe: 2 });
}

/** A loop over two layers, one over a delay, and a delayed branch. */
function loops(): Design {
  const net = graphNetwork({
    inputs: { in: { shape: [4] } },
    outputs: { out: ["b"] },
    populations: [population("a", 6, fires(4)), population("b", 5, fires(3, { reset: "subtract" }))],
    projections: [
      dense("fa", "in", "a", pattern(6, 4, 7)),
      dense("fb", "a", "b", pattern(5, 6, 7)),
      dense("back", "b", "a", pattern(6, 5, 5), { delay: 1 }),
      dense("late", "in", "b", pattern(5, 4, 3), { delay: 3 }),
      dense("self", "a", "a", pattern(6, 6, 2), { delay: 2 }),
      dense("own", "b", "b", pattern(5, 5, 2), { delay: 1 }),
    ],
  });
  const long = sample({ in: regular(9, 4, 2) }, net);
  const short = sample({ in: regular(2, 4, 1) }, net);
  return {
    name: "loops over layers, with delays of 1, 2 and 3 steps",
    network: net,
    inputs: [long, short, long],
    options: { pe: 2 },
  };
}

/** A recurrent convolution that stays one, and a layer to which everything comes late. */
function lateMaps(): Design {
  const map = [2, 4, 4] as const;
  const same = { inShape: map, channels: 2, kernel: [3, 3], padding: [1, 1] } as const;
  const net = graphNetwork({
    inputs: { in: { shape: map } },
    outputs: { out: ["b"], map: ["a"] },
    populations: [population("a", map, fires(7)), population("b", 3, fires(4))],
    projections: [
      conv("c", "in", "a", same, (k) => (k % 7) - 2),
      conv("back", "a", "a", same, (k) => (k % 5) - 2, { delay: 1 }),
      dense("late", "a", "b", pattern(3, 32, 3), { delay: 2 }),
    ],
  });
  return design(
    "a recurrent convolution, and a layer that is late as a whole",
    net,
    { in: regular(6, 32, 5) },
    { pe: 2 },
  );
}

/** Delays of their own for every neuron: of spikes, of values, in a loop. */
function ownDelays(): Design {
  const delay = (steps: readonly number[], stateBits: number): Partial<IntegerNeuron> => ({
    kind: "delay",
    spiking: false,
    reset: "none",
    stateBits,
    delaySteps: Int32Array.from(steps),
  });
  const net = graphNetwork({
    inputs: { in: { shape: [5] }, analog: { shape: [3], bits: 4, signed: true } },
    outputs: { out: ["b"], raw: ["late"] },
    populations: [
      population("late", 5, delay([0, 3, 1, 2, 7], 2)),
      population("values", 3, delay([2, 0, 5], 6)),
      population("a", 4, fires(5)),
      population("looped", 4, delay([0, 2, 1, 4], 2)),
      population("b", 4, fires(4, { reset: "subtract" })),
    ],
    projections: [
      identity("d1", "in", "late"),
      identity("d2", "analog", "values"),
      dense("fa", "late", "a", pattern(4, 5, 5)),
      dense("fv", "values", "a", pattern(4, 3, 2)),
      dense("fl", "looped", "a", pattern(4, 4, 3), { delay: 1 }),
      identity("d3", "a", "looped"),
      dense("fb", "a", "b", pattern(4, 4, 5)),
    ],
  });
  const analog = regular(9, 3, 2).map((row, t) =>
    row.map((s, i) => (s === 0 ? 0 : ((5 * (3 * t + i)) % 16) - 8)),
  );
  return design("a delay of its own for every neuron", net, { in: regular(9, 5, 2), analog }, { pe: 2 });
}

/** A held input into two layers, joined behind them. */
function heldBranches(): Design {
  const net = graphNetwork({
    inputs: { in: { shape: [3], bits: 8, signed: false } },
    outputs: { out: ["c"] },
    populations: [
      population("a", 5, fires(5000, { stateBits: 18, reset: "subtract" })),
      population("b", 4, fires(3000, { stateBits: 18 })),
      population("c", 3, fires(5)),
    ],
    projections: [
      dense("fa", "in", "a", pattern(5, 3, 7)),
      dense("fb", "in", "b", pattern(4, 3, 7)),
      dense("fc", "a", "c", pattern(3, 5, 7)),
      dense("fd", "b", "c", pattern(3, 4, 7)),
    ],
  });
  const frame = [200, 10, 170];
  return design(
    "a held input into two branches",
    net,
    { in: [frame, frame, frame, frame, frame] },
    { holdInput: true, pe: 2 },
  );
}

/** States between layers, and powers of two. */
function states(): Design {
  const net = graphNetwork({
    inputs: { in: { shape: [4] } },
    outputs: { out: ["c"], seen: ["a", "c2"] },
    populations: [
      population("a", 4, { spiking: false, reset: "none", stateBits: 8, leak: { form: "shift", shift: 1 } }),
      population("c2", 4, { spiking: false, reset: "none", stateBits: 8, kind: "sum" }),
      population("c", 5, fires(60, { stateBits: 16, spikeDelay: 1 })),
    ],
    projections: [
      dense("fa", "in", "a", pattern(4, 4, 3)),
      dense("fx", "in", "c2", pattern(4, 4, 2)),
      dense(
        "fc",
        "a",
        "c",
        pattern(5, 4, 1000).map((row) => row.map((w) => (w < 0 ? -1 : 1) * 2 ** (Math.abs(w) % 5))),
      ),
      dense("fd", "in", "c", pattern(5, 4, 7)),
    ],
  });
  return design("states between layers", net, { in: regular(7, 4, 2) }, { pe: 2 });
}

/** The designs of the matrix, quick ones first. */
export function graphDesigns(): readonly Design[] {
  return [
    skips(2, 0),
    residual(),
    ports(),
    loops(),
    ownDelays(),
    lateMaps(),
    skips(16, 2),
    groups(),
    heldBranches(),
    states(),
  ];
}
