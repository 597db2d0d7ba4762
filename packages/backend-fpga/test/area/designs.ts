/** The designs whose synthesis is stored beside this file: one idea each, of different size. */
import { philox } from "@nirkit/integer";
import type { IntegerNeuron } from "@nirkit/network";
import type { Design } from "../designs.ts";
import { type ConvShape, conv, convOutput, dense, network, pool, population } from "../random-network.ts";

type AreaDesign = Omit<Design, "inputs">;

/** Random weights: synthesis would fold a pattern away. */
function weights(rows: number, columns: number, range: number): number[][] {
  const random = philox(rows * 4096 + columns, "area");
  return Array.from({ length: rows }, () =>
    Array.from({ length: columns }, () => random.integer(2 * range + 1) - range),
  );
}

/** Random weights of `pot:4`: 0 or ±1 … ±64. */
function powers(rows: number, columns: number): number[][] {
  const magnitudes = weights(rows, columns, 7);
  return magnitudes.map((row) => row.map(powerOf));
}

/** @example powerOf(-3) // -4 */
function powerOf(magnitude: number): number {
  return magnitude === 0 ? 0 : Math.sign(magnitude) * 2 ** (Math.abs(magnitude) - 1);
}

const ifSubtract: Partial<IntegerNeuron> = {
  stateBits: 12,
  theta: Int32Array.of(200),
  sub: Int32Array.of(200),
  reset: "subtract",
};
const lifMul: Partial<IntegerNeuron> = {
  ...ifSubtract,
  leak: { form: "mul", mul: 3891, shift: 12, round: "zero" },
  fracBits: 4,
  stateBits: 16,
  theta: Int32Array.of(1600),
  sub: Int32Array.of(1600),
};
const lifShift: Partial<IntegerNeuron> = {
  leak: { form: "shift", shift: 4 },
  reset: "value",
  theta: Int32Array.of(250),
};
const cuba: Partial<IntegerNeuron> = {
  ...lifMul,
  kind: "cuba",
  synLeak: { form: "mul", mul: 3277, shift: 12, round: "zero" },
};
const twoBits: Partial<IntegerNeuron> = {
  ...lifMul,
  leak: { form: "mul", mul: 3072, shift: 12, round: "zero" },
};
const alternating: Partial<IntegerNeuron> = {
  ...lifMul,
  leak: { form: "mul", mul: 2731, shift: 12, round: "zero" },
};
const floored: Partial<IntegerNeuron> = {
  ...lifMul,
  leak: { form: "mul", mul: 921, shift: 10, round: "floor" },
};
const readout: Partial<IntegerNeuron> = { ...lifMul, spiking: false, reset: "none" };

/** Designs by name; the names are the keys of `yosys.json`. Those that begin with `check-` took no part in the fit. */
export function areaDesigns(): readonly AreaDesign[] {
  const one = (
    name: string,
    [inputs, neurons]: readonly [number, number],
    [model, range]: readonly [Partial<IntegerNeuron>, number],
    options: Design["options"],
    bits = 1,
  ): AreaDesign => ({
    name,
    network: network({
      input: { shape: [inputs], bits, signed: bits > 1 },
      populations: [population("l1", neurons, model)],
      projections: [dense("fc1", "in", "l1", weights(neurons, inputs, range))],
    }),
    options: { ...options },
  });
  const chain = (name: string, sizes: readonly number[], range: number, pe: number): AreaDesign => ({
    name,
    network: network({
      input: { shape: [sizes[0] as number] },
      populations: sizes.slice(1).map((size, l) => population(`l${l + 1}`, size, lifMul)),
      projections: sizes
        .slice(1)
        .map((size, l) =>
          dense(
            `fc${l + 1}`,
            l === 0 ? "in" : `l${l}`,
            `l${l + 1}`,
            weights(size, sizes[l] as number, range),
          ),
        ),
    }),
    options: { pe },
  });
  const recurrent = (name: string, size: number, options: Design["options"]): AreaDesign => ({
    name,
    network: network({
      input: { shape: [12] },
      populations: [population("l1", size, cuba), population("l2", 7, readout)],
      projections: [
        dense("fc1", "in", "l1", weights(size, 12, 127)),
        dense("back", "l1", "l1", weights(size, size, 127), { delay: 1 }),
        dense("fc2", "l1", "l2", weights(7, size, 127)),
      ],
    }),
    options: { ...options },
  });
  const pot = (
    name: string,
    [inputs, neurons]: readonly [number, number],
    model: Partial<IntegerNeuron>,
    options: Design["options"],
    bits = 1,
  ): AreaDesign => ({
    name,
    network: network({
      input: { shape: [inputs], bits, signed: bits > 1 },
      populations: [population("l1", neurons, model)],
      projections: [dense("fc1", "in", "l1", powers(neurons, inputs))],
    }),
    options: { ...options },
  });
  return [
    ...mapDesigns(),
    ...registerDesigns(chain, recurrent),
    pot("pot-96x48-p8", [96, 48], lifMul, { pe: 8 }),
    pot("pot-graded8-64x40-p5", [64, 40], { ...lifMul, stateBits: 20 }, { pe: 5 }, 8),
    pot("check-pot-graded8-48x24-p3", [48, 24], { ...lifShift, stateBits: 20 }, { pe: 3 }, 8),
    one("if-64x32-w8-p1", [64, 32], [ifSubtract, 127], { pe: 1 }),
    one("if-64x32-w4-p4", [64, 32], [ifSubtract, 7], { pe: 4 }),
    one("lif-shift-64x64-w8-p8", [64, 64], [lifShift, 127], { pe: 8 }),
    one("lif-mul-128x64-w4-p8", [128, 64], [lifMul, 7], { pe: 8 }),
    one("lif-mul-256x128-w8-p8", [256, 128], [lifMul, 127], { pe: 8 }),
    one("lif-mul-64x64-w8-p16", [64, 64], [lifMul, 127], { pe: 16 }),
    one("graded8-32x32-w8-p4", [32, 32], [{ ...lifMul, stateBits: 20 }, 127], { pe: 4 }, 8),
    one("graded8-32x32-w4-p8", [32, 32], [{ ...lifMul, stateBits: 20 }, 7], { pe: 8 }, 8),
    chain("digits-like-64-64-10-w8-p8", [64, 64, 10], 127, 8),
    chain("three-layers-w4-p4", [48, 40, 24, 10], 7, 4),
    recurrent("cuba-recurrent-38-p4", 38, { pe: 4 }),
    recurrent("cuba-recurrent-38-p8", 38, { pe: 8 }),
    recurrent("cuba-recurrent-38-p2-block", 38, { pe: 2, memStyle: "block" }),
    one("lif-mul-256x64-w4-p8-block", [256, 64], [lifMul, 7], { pe: 8, memStyle: "block" }),
    one("lif-mul-two-bits-64x48-w8-p6", [64, 48], [twoBits, 127], { pe: 6 }),
    one("lif-mul-floor-80x40-w6-p5", [80, 40], [floored, 31], { pe: 5 }),
    one("threshold-96x32-w8-p4", [96, 32], [{ kind: "threshold", theta: Int32Array.of(99) }, 127], {
      pe: 4,
    }),
    recurrent("cuba-recurrent-24-p3", 24, { pe: 3 }),
    one("check-lif-mul-72x30-w8-p5", [72, 30], [alternating, 127], { pe: 5 }),
    one("check-threshold-40x24-w4-p6", [40, 24], [{ kind: "threshold", theta: Int32Array.of(9) }, 7], {
      pe: 6,
    }),
  ];
}

/** Convolutions and pools, of integers and of powers of two. */
function mapDesigns(): AreaDesign[] {
  const first: ConvShape = { inShape: [2, 10, 10], channels: 8, kernel: [3, 3], padding: [1, 1] };
  const second: ConvShape = { inShape: [8, 5, 5], channels: 12, kernel: [3, 3], stride: [2, 2] };
  const random = philox(5, "area-maps");
  const draw = (range: number) => (): number => random.integer(2 * range + 1) - range;
  const single = (
    name: string,
    shape: ConvShape,
    weight: (k: number) => number,
    pe: number,
    bits = 1,
  ): AreaDesign => ({
    name,
    network: network({
      input: { shape: [...shape.inShape], bits, signed: bits > 1 },
      populations: [population("l1", convOutput(shape), lifMul)],
      projections: [conv("conv1", "in", "l1", shape, weight)],
    }),
    options: { pe },
  });
  const chained = (name: string, weight: (k: number) => number, pe: number): AreaDesign => ({
    name,
    network: network({
      input: { shape: [2, 10, 10] },
      populations: [
        population("l1", convOutput(first), ifSubtract),
        population("l2", convOutput(second), ifSubtract),
        population("l3", 10, ifSubtract),
      ],
      projections: [
        conv("conv1", "in", "l1", first, weight),
        conv("conv2", "l1", "l2", second, weight, { pool: pool([8, 10, 10], [2, 2]) }),
        dense("fc", "l2", "l3", weights(10, 48, 7)),
      ],
    }),
    options: { pe },
  });
  const pot = draw(7);
  return [
    single("conv-2x10x10-8-w8-p4", first, draw(127), 4),
    single("conv-8x5x5-12-w4-p2", second, draw(7), 2),
    single("check-conv-graded4-2x10x10-8-p2", first, draw(7), 2, 4),
    chained("conv-pool-dense-w8-p4", draw(127), 4),
    chained("check-conv-pool-dense-pot-p2", () => powerOf(pot()), 2),
  ];
}

type Chain = (name: string, sizes: readonly number[], range: number, pe: number) => AreaDesign;
type Recurrent = (name: string, size: number, options: Design["options"]) => AreaDesign;

/** Designs with AXI4-Lite registers and a readout: of spikes, and of states. */
function registerDesigns(chain: Chain, recurrent: Recurrent): AreaDesign[] {
  const controlled = (design: AreaDesign): AreaDesign => ({
    ...design,
    options: { ...design.options, axiLite: true },
  });
  return [
    controlled(chain("registers-64-32-10-w4-p2", [64, 32, 10], 7, 2)),
    controlled(recurrent("registers-cuba-recurrent-20-p2", 20, { pe: 2 })),
    controlled(chain("check-registers-40-24-16-10-w4-p2", [40, 24, 16, 10], 7, 2)),
  ];
}
