/** One small network per feature, with an input that makes it work: what every back end is asked to run or refuse. */
import { type SpikeInput, sizeOf, type Tensor } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import type { IntegerNeuron, Network, Population, Port } from "@nirkit/network";
import { dense, network, neuron, output, pattern, population, port, weights } from "./build-network.ts";

/** A network to run or refuse, and a sample for it. */
export interface ConformanceCase {
  readonly name: string;
  readonly network: Network;
  readonly input: SpikeInput;
}

const steps = 24;

/** All cases, in the order of their tests. The first is the plainest: every back end runs it. */
export function conformanceCases(): readonly ConformanceCase[] {
  return [...neuronCases(), ...wiringCases(), ...projectionCases(), ...inputCases()].map(([name, made]) => ({
    name,
    network: made,
    input: randomInput(made, name),
  }));
}

type Named = readonly [name: string, network: Network];

/** A random sample of a network: a third of the entries are set, to 1 or to any integer of the port. */
export function randomInput(
  made: Pick<Network, "inputs">,
  stream: string,
  length: number = steps,
): SpikeInput {
  return new Map(made.inputs.map((door) => [door.name, randomTensor(door, stream, length)]));
}

function randomTensor(door: Port, stream: string, length: number): Tensor {
  const random = philox(20, `conformance/${stream}/${door.name}`);
  const low = door.signed ? -(2 ** (door.bits - 1)) : 0;
  const shape = [length, ...door.shape];
  const data = Float32Array.from({ length: sizeOf(shape) }, () =>
    random.uniform() < 1 / 3
      ? door.bits === 1
        ? 1
        : (low + random.integer(2 ** door.bits)) * door.scale
      : 0,
  );
  return { dtype: "float32", shape, data };
}

/** Five inputs, four neurons of one model. */
function oneLayer(model: Partial<IntegerNeuron>, bias?: readonly number[]): Network {
  const door = port("in", [5]);
  const cells = population("cells", [4], neuron(model), bias);
  return network({ inputs: [door], populations: [cells], projections: [dense(door, cells)] });
}

const mul = (round: "floor" | "zero" | "rne") => ({ form: "mul", mul: 3584, shift: 12, round }) as const;
const fine = { fracBits: 4, theta: Int32Array.of(150), sub: Int32Array.of(144), stateBits: 16 } as const;

function neuronCases(): Named[] {
  const readout = { spiking: false, reset: "none" } as const;
  return [
    ["IF, value reset, gt", oneLayer({})],
    ["IF, value reset, ge", oneLayer({ compare: "ge" })],
    ["IF, subtract reset", oneLayer({ reset: "subtract" })],
    ["IF, no reset", oneLayer({ reset: "none" })],
    ["IF, reset to -3", oneLayer({ vReset: Int32Array.of(-3) })],
    [
      "IF, a threshold per neuron",
      oneLayer({ theta: Int32Array.of(3, 7, 11, 20), sub: Int32Array.of(3, 7, 11, 20), reset: "subtract" }),
    ],
    ["IF that saturates in 5 bits", oneLayer({ stateBits: 5, reset: "subtract", sub: Int32Array.of(2) })],
    [
      "IF that wraps in 5 bits",
      oneLayer({ stateBits: 5, overflow: "wrap", reset: "subtract", sub: Int32Array.of(2) }),
    ],
    ["IF with a floor of 0", oneLayer({ vMin: 0 })],
    ["LIF, shift leak", oneLayer({ ...fine, leak: { form: "shift", shift: 3 } })],
    ["LIF, multiply leak, floor", oneLayer({ ...fine, leak: mul("floor") })],
    ["LIF, multiply leak, toward zero", oneLayer({ ...fine, leak: mul("zero") })],
    ["LIF, multiply leak, to nearest even", oneLayer({ ...fine, leak: mul("rne") })],
    [
      "LIF, a leak per neuron",
      oneLayer({ ...fine, leak: { form: "mul", mul: [0, 1024, 3584, 4095], shift: 12, round: "zero" } }),
    ],
    ["LIF with bias", oneLayer({ ...fine, leak: mul("zero") }, [24, -16, 3, 0])],
    [
      "LIF, subtract reset delayed by a step",
      oneLayer({ ...fine, leak: mul("zero"), reset: "subtract", resetDelay: 1 }),
    ],
    ["LIF, value reset delayed by a step", oneLayer({ ...fine, leak: mul("zero"), resetDelay: 1 })],
    ["LIF, spikes delayed by a step", oneLayer({ ...fine, leak: mul("zero"), spikeDelay: 1 })],
    ["LIF on a grid of states", oneLayer({ stateLevels: [-9, -6, -3, 0, 3, 6, 9] })],
    [
      "CubaLIF, new current",
      oneLayer({ ...fine, kind: "cuba", leak: mul("zero"), synLeak: { ...mul("zero"), mul: 2048 } }),
    ],
    [
      "CubaLIF, old current",
      oneLayer({
        ...fine,
        kind: "cuba",
        cubaOrder: "old",
        leak: mul("floor"),
        synLeak: { form: "shift", shift: 1 },
      }),
    ],
    ["LI", oneLayer({ ...readout, ...fine, leak: mul("zero") })],
    ["I", oneLayer({ ...readout })],
    ["CubaLI", oneLayer({ ...readout, ...fine, kind: "cuba", leak: mul("zero"), synLeak: mul("zero") })],
    ["Threshold", oneLayer({ kind: "threshold", reset: "none" })],
    ["weights straight into an Output", oneLayer({ ...readout, kind: "sum" }, [1, 0, -2, 5])],
    ["Delay with unequal entries", delayed()],
    ["one neuron", single()],
  ];
}

function delayed(): Network {
  const door = port("in", [4]);
  const line = population(
    "line",
    [4],
    neuron({
      kind: "delay",
      spiking: false,
      reset: "none",
      stateBits: 2,
      delaySteps: Int32Array.of(0, 1, 3, 2),
    }),
  );
  const cells = population("cells", [3], neuron());
  const into = { op: { kind: "identity" }, weights: weights([1], Int8Array.of(1)) } as const;
  return network({
    inputs: [door],
    populations: [line, cells],
    projections: [dense(door, line, into), dense(line, cells)],
  });
}

function single(): Network {
  const door = port("in", [1]);
  const cell = population("cell", [1], neuron({ theta: Int32Array.of(4) }));
  const projection = dense(door, cell, { weights: weights([1, 1], Int8Array.of(3)) });
  return network({ inputs: [door], populations: [cell], projections: [projection] });
}

/** Two layers of LIF on five inputs; the parts that wiring cases vary. */
function twoLayers(names: readonly [string, string, string] = ["in", "hidden", "cells"]): {
  readonly door: Port;
  readonly hidden: Population;
  readonly cells: Population;
} {
  const model = neuron({ ...fine, leak: mul("zero"), theta: Int32Array.of(60) });
  return {
    door: port(names[0], [5]),
    hidden: population(names[1], [6], model),
    cells: population(names[2], [4], model),
  };
}

function wiringCases(): Named[] {
  const { door, hidden, cells } = twoLayers();
  const chain = [dense(door, hidden), dense(hidden, cells)];
  const base = { inputs: [door], populations: [hidden, cells] };
  const second = port("second", [3]);
  const hostile = twoLayers(["x); $finish; //", "../../etc/passwd", 'a "b" <script>\u00e9']);
  return [
    ["two layers", network({ ...base, projections: chain })],
    [
      "a layer that feeds itself",
      network({ ...base, projections: [...chain, dense(hidden, hidden, { name: "loop", delay: 1 })] }),
    ],
    [
      "a loop over two layers",
      network({ ...base, projections: [...chain, dense(cells, hidden, { name: "back", delay: 1 })] }),
    ],
    [
      "a projection of delay 3",
      network({ ...base, projections: [dense(door, hidden), dense(hidden, cells, { delay: 3 })] }),
    ],
    [
      "a loop of delay 3",
      network({ ...base, projections: [...chain, dense(hidden, hidden, { name: "loop", delay: 3 })] }),
    ],
    [
      "a skip connection, two bits finer",
      network({ ...base, projections: [...chain, dense(door, cells, { name: "skip", shift: 2 })] }),
    ],
    [
      "two inputs",
      network({ ...base, inputs: [door, second], projections: [...chain, dense(second, cells)] }),
    ],
    [
      "two outputs",
      network({ ...base, projections: chain, outputs: [output("a", [hidden]), output("b", [cells])] }),
    ],
    ["an output that adds two populations", summedOutput()],
    [
      "hostile names",
      network({
        inputs: [hostile.door],
        populations: [hostile.hidden, hostile.cells],
        projections: [dense(hostile.door, hostile.hidden), dense(hostile.hidden, hostile.cells)],
      }),
    ],
  ];
}

function summedOutput(): Network {
  const door = port("in", [5]);
  const [a, b] = [population("a", [4], neuron()), population("b", [4], neuron({ theta: Int32Array.of(3) }))];
  return network({
    inputs: [door],
    populations: [a, b],
    projections: [dense(door, a), dense(door, b)],
    outputs: [output("out", [a, b])],
  });
}

function projectionCases(): Named[] {
  const line = port("in", [4]);
  const cells = population("cells", [4], neuron({ theta: Int32Array.of(5) }));
  const sparse = dense(line, cells, {
    op: { kind: "sparse", rowStart: Uint32Array.of(0, 2, 2, 3, 5), columns: Uint32Array.of(0, 3, 1, 0, 2) },
    weights: weights([5], Int8Array.of(7, -3, 5, 2, 6)),
  });
  const identity = dense(line, cells, { op: { kind: "identity" }, weights: weights([1], Int8Array.of(3)) });
  const image = port("in", [2, 5, 4]);
  const maps = population("maps", [4, 3, 2], neuron());
  const conv = dense(image, maps, {
    op: {
      kind: "conv2d",
      inShape: [2, 5, 4],
      outShape: [4, 3, 2],
      stride: [2, 2],
      padding: [1, 1],
      dilation: [1, 1],
      groups: 2,
    },
    weights: weights([4, 1, 3, 3], pattern(36)),
  });
  const pooled = population("pooled", [2, 2, 2], neuron({ theta: Int32Array.of(4) }));
  const pool = dense(image, pooled, {
    op: {
      kind: "pool",
      inShape: [2, 5, 4],
      outShape: [2, 2, 2],
      kernel: [2, 2],
      stride: [2, 2],
      padding: [0, 0],
    },
    weights: weights([1], Int8Array.of(2)),
  });
  const of = (inputs: Port, target: Population, projection: typeof sparse): Network =>
    network({ inputs: [inputs], populations: [target], projections: [projection] });
  return [
    ["a sparse projection", of(line, cells, sparse)],
    ["an identity projection", of(line, cells, identity)],
    ["a convolution", of(image, maps, conv)],
    ["a window sum", of(image, pooled, pool)],
  ];
}

function inputCases(): Named[] {
  const graded = (changes: Partial<Port>): Network => {
    const door = port("in", [5], changes);
    const cells = population("cells", [4], neuron({ theta: Int32Array.of(40) }));
    return network({ inputs: [door], populations: [cells], projections: [dense(door, cells)] });
  };
  return [
    ["unsigned input of 4 bits", graded({ bits: 4, scale: 0.25 })],
    ["signed input of 5 bits", graded({ bits: 5, signed: true, scale: 0.5 })],
  ];
}
