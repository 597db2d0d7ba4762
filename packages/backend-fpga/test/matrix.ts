/** The test matrix: node type x scheme x reset x leak x lanes x membrane, every axis in turn with every other. */
import type { SpikeInput } from "@nirkit/graph";
import { philox, type Random } from "@nirkit/integer";
import type { IntegerNeuron, Network, Projection } from "@nirkit/network";
import type { FpgaOptions } from "../src/options.ts";
import { conv, convOutput, dense, network, pool, population, spikes } from "./random-network.ts";

/** Values of every axis. */
export const axes = {
  node: [
    "IF",
    "LIF",
    "CubaLIF",
    "Threshold",
    "LI",
    "CubaLI",
    "recurrent LIF",
    "Conv2d",
    "Conv1d",
    "SumPool2d and Conv2d",
  ],
  scheme: ["uniform:8", "uniform:4", "pot:4", "pot:3", "apot:4", "sbit:8,2", "ternary"],
  reset: ["value", "subtract", "none", "value, late", "subtract, late"],
  leak: ["none", "shift", "mul floor", "mul zero", "mul rne"],
  lanes: [1, 2, 3, 8],
  membrane: [16, 8, 4],
} as const;

type Axes = { readonly [K in keyof typeof axes]: (typeof axes)[K][number] };

/** One design of the matrix. */
export interface MatrixDesign {
  readonly name: string;
  readonly axes: Axes;
  readonly network: Network;
  readonly inputs: readonly SpikeInput[];
  readonly options: Partial<FpgaOptions>;
}

/** How many designs there are. */
export const matrixSize = 84;

/** Sizes without a common factor come up in all pairs; the others are moved on with every round of the nodes. */
function axesOf(k: number): Axes {
  const round = Math.floor(k / axes.node.length);
  const at = <T>(values: readonly T[], place: number): T => values[place % values.length] as T;
  return {
    node: at(axes.node, k),
    scheme: at(axes.scheme, k),
    reset: at(axes.reset, k + round),
    leak: at(axes.leak, k + 2 * round),
    lanes: at(axes.lanes, k + Math.floor(round / 2)),
    membrane: at(axes.membrane, k),
  };
}

/** Integers that the schemes make. */
function weightOf(scheme: Axes["scheme"], random: Random): number {
  const sign = random.integer(2) === 0 ? -1 : 1;
  const pick = (values: readonly number[]): number =>
    sign * (values[random.integer(values.length)] as number);
  if (scheme === "uniform:8") return random.integer(255) - 127;
  if (scheme === "uniform:4") return random.integer(15) - 7;
  if (scheme === "pot:4") return pick([0, 1, 2, 4, 8, 16, 32, 64]);
  if (scheme === "pot:3") return pick([0, 1, 2, 4]);
  if (scheme === "apot:4") return pick([0, 1, 2, 3, 4, 6, 8, 10]);
  if (scheme === "sbit:8,2") return pick([0, 1, 3, 7, 17, 48, 80, 96, 127]);
  return sign * random.integer(2);
}

/** Size of the weights, by which thresholds scale. */
const sizes: Readonly<Record<Axes["scheme"], number>> = {
  "uniform:8": 127,
  "uniform:4": 7,
  "pot:4": 64,
  "pot:3": 4,
  "apot:4": 10,
  "sbit:8,2": 127,
  ternary: 1,
};

function leakOf(leak: Axes["leak"]): IntegerNeuron["leak"] {
  if (leak === "none") return { form: "none" };
  if (leak === "shift") return { form: "shift", shift: 2 };
  return { form: "mul", mul: 3481, shift: 12, round: leak.slice(4) as "floor" | "zero" | "rne" };
}

/** A membrane of so many stored bits, on a grid where the threshold needs a wider range. */
function membraneOf(bits: number, theta: number): Partial<IntegerNeuron> {
  const most = 2 ** (bits - 1) - 1;
  let step = 1;
  while (most * step < 2 * theta) step++;
  const range = { vMin: -(most + 1) * step, vMax: most * step };
  const stateBits = 1 + Math.ceil(Math.log2((most + 1) * step));
  if (step === 1) return { stateBits, ...range };
  const count = Math.min(2 ** bits, 4096);
  return {
    stateBits,
    ...range,
    stateLevels: Array.from({ length: count }, (_, k) => (k - count / 2) * step),
  };
}

function neuronOf(axis: Axes, theta: number, k: number): Partial<IntegerNeuron> {
  const [reset, late] = axis.reset.split(", ");
  const isReadout = axis.node === "LI" || axis.node === "CubaLI";
  const kind = axis.node === "Threshold" ? "threshold" : axis.node.startsWith("Cuba") ? "cuba" : "lif";
  return {
    kind,
    spiking: !isReadout,
    compare: k % 2 === 0 ? "ge" : "gt",
    reset: isReadout ? "none" : (reset as "value"),
    resetDelay: late === undefined || isReadout ? 0 : 1,
    cubaOrder: k % 4 < 2 ? "new" : "old",
    leak: axis.node === "IF" ? { form: "none" } : leakOf(axis.leak),
    synLeak: kind === "cuba" ? leakOf(axis.leak) : { form: "none" },
    // Wrap-around where the state is a plain one.
    ...(k % 13 === 12
      ? { overflow: "wrap" as const, stateBits: 16, vMin: -(2 ** 15), vMax: 2 ** 15 - 1 }
      : membraneOf(axis.membrane, theta)),
    theta: Int32Array.of(theta),
    sub: Int32Array.of(theta),
    vReset: Int32Array.of(0),
  };
}

interface Drawn {
  readonly axis: Axes;
  readonly random: Random;
  readonly isGraded: boolean;
}

function withScheme(projection: Projection, scheme: string): Projection {
  return { ...projection, weights: { ...projection.weights, scheme: scheme.replace(/:.*/, "") } };
}

function layerOf({ axis, random }: Drawn): {
  readonly shape: readonly number[];
  readonly map: readonly number[];
  readonly projection: Projection;
} {
  const draw = (): number => weightOf(axis.scheme, random);
  const ofMap = (wide: boolean, pooled: boolean) => {
    const inShape = wide ? ([2, 1, 9] as const) : ([2, 5, 4] as const);
    const kernel = wide ? ([1, 3] as const) : ([3, 2] as const);
    const window = {
      inShape,
      channels: 5,
      kernel,
      stride: [1, wide ? 2 : 1],
      padding: [wide ? 0 : 1, 1],
    } as const;
    const front = pooled ? { pool: pool([2, 10, 8], [2, 2]) } : {};
    return {
      shape: pooled ? [2, 10, 8] : inShape,
      map: convOutput(window),
      projection: conv("w1", "in", "l1", window, draw, front),
    };
  };
  if (axis.node === "Conv2d") return ofMap(false, false);
  if (axis.node === "Conv1d") return ofMap(true, false);
  if (axis.node === "SumPool2d and Conv2d") return ofMap(false, true);
  const rows = Array.from({ length: 11 }, () => Array.from({ length: 6 }, draw));
  return { shape: [6], map: [11], projection: dense("w1", "in", "l1", rows) };
}

/** Design `k` of the matrix. */
export function matrixDesign(k: number): MatrixDesign {
  const axis = axesOf(k);
  const random = philox(k, "matrix");
  const isGraded = k % 2 === 1;
  const { shape, map, projection } = layerOf({ axis, random, isGraded });
  const neurons = map.reduce((a, b) => a * b, 1);
  const theta = Math.max(2, sizes[axis.scheme]) * (isGraded ? 64 : 1);
  const isReadout = axis.node === "LI" || axis.node === "CubaLI";
  const draw = (): number => random.integer(7) - 3;
  const net = network({
    input: isGraded ? { shape, bits: 8, signed: k % 4 === 3 } : { shape },
    populations: [
      population("l1", map, neuronOf(axis, theta, k)),
      ...(isReadout ? [] : [population("l2", 3, { theta: Int32Array.of(4), stateBits: 12 })]),
    ],
    projections: [
      withScheme(projection, axis.scheme),
      ...(axis.node === "recurrent LIF"
        ? [
            withScheme(
              dense(
                "back",
                "l1",
                "l1",
                square(neurons, () => weightOf(axis.scheme, random)),
                { delay: 1 },
              ),
              axis.scheme,
            ),
          ]
        : []),
      ...(isReadout
        ? []
        : [
            dense(
              "w2",
              "l1",
              "l2",
              Array.from({ length: 3 }, () => Array.from({ length: neurons }, draw)),
            ),
          ]),
    ],
  });
  const value = (): number => (!isGraded ? 1 : k % 4 === 3 ? random.integer(256) - 128 : random.integer(256));
  const size = shape.reduce((a, b) => a * b, 1);
  const sample = (steps: number): SpikeInput =>
    spikes(
      Array.from({ length: steps }, () =>
        Array.from({ length: size }, () => (random.integer(3) === 0 ? value() : 0)),
      ),
      shape,
    );
  const options: Partial<FpgaOptions> = {
    lanes: `l1=${axis.lanes}`,
    pe: 2,
    fifoDepth: [0, 2, 16][k % 3] as number,
    ...(k % 5 === 1
      ? { sparse: "bitmask" }
      : k % 5 === 2
        ? { sparse: "rle" }
        : k % 5 === 3
          ? { skipZeroRows: true }
          : {}),
    ...(k % 5 === 4 ? { weights: "ram", axiLite: true } : {}),
  };
  return {
    name: `${k}: ${Object.values(axis).join(", ")}`,
    axes: axis,
    network: net,
    inputs: [sample(7), sample(4)],
    options,
  };
}

function square(size: number, draw: () => number): number[][] {
  return Array.from({ length: size }, () => Array.from({ length: size }, draw));
}
