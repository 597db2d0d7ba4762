/** What LUTs and flip-flops of a design are counted by: a number of units per layer, and the fitted cost of each unit. */
import type { Board } from "./boards.ts";
import { imageBlocks, stateBlocks } from "./capacity.ts";
import { type LayerArc, layerArcs } from "./layer-arc.ts";
import type { FpgaPlan, LayerPlan, MemoryPlan } from "./plan-types.ts";
import { planReadout } from "./readout.ts";
import { countedLayers } from "./register-map.ts";
import { magnitudeBits } from "./weight-code.ts";

/** Units of LUTs; the numbers are LUT6 per unit, fitted to the stored runs. */
export const lutPer = {
  /** A layer with its share of doors and buffers. */
  layer: 78.8,
  /** Bit of x, per lane and state. */
  work: 4.02,
  /** Bit of the accumulator, per lane. */
  acc: 2.6,
  /** Adder bit of a constant leak: one adder per set bit of the factor but the first. */
  leak: 1.75,
  /** Bit of a leak's rounding. */
  round: 0.03,
  /** Bit of a real product. */
  product: 1.83,
  /** Bit of a value that is shifted, per bit of the shift. */
  shift: 0.656,
  /** Bit of a power of two that a spike adds. */
  decode: 1.17,
  /** 64 bits of an image in LUTs. */
  image: 1.85,
  /** A convolution: the walk over kernel positions. */
  conv: 106,
  /** A pool, or a map that is flattened. */
  map: 13.8,
  /** An arc beside the first of a layer, and its delay: rough, from three designs of graphs. */
  arc: 34,
  delay: 45,
  /** The registers, and their counters of one layer. */
  registers: 179,
  counters: 102,
  /** Bit of a readout's values. */
  readout: 2.65,
};

/** Units of flip-flops. */
export const ffPer = {
  layer: 50.3,
  /** A recurrent layer, and each of its lanes. */
  recurrent: 41.9,
  recurrentLane: 8.73,
  /** Bit of a state word in LUT RAM, and of an image word in LUTs. */
  state: 0.987,
  image: 1.04,
  /** Bit of a value, per lane. */
  value: 0.274,
  /** Bit of a sum that is forwarded where a row is one word. */
  forward: 1.31,
  /** Bit of a state in registers. */
  register: 1,
  /** Bit of an address or a value that a convolution holds. */
  conv: 4.73,
  map: 3.69,
  arc: 33,
  delay: -18,
  registers: 268,
  counters: 102,
  readout: 4.85,
};

/** How many units of each kind something has. */
export type Units<K extends string> = { readonly [unit in K]?: number };

/** Cells of so many units. */
export function cells<K extends string>(per: Readonly<Record<K, number>>, units: Units<K>): number {
  let sum = 0;
  for (const unit of Object.keys(units) as K[]) sum += per[unit] * (units[unit] ?? 0);
  return Math.ceil(sum);
}

type AreaUnits = { readonly lut: Units<keyof typeof lutPer>; readonly ff: Units<keyof typeof ffPer> };

/** Units of one layer. */
export function layerUnits(plan: FpgaPlan, layer: LayerPlan, board: Board): AreaUnits {
  const { lanes, widths: w, neuron } = layer;
  const placed = { family: board.family, memStyle: plan.options.memStyle };
  const inLuts = layer.memories.filter((memory) => imageBlocks(memory, placed) === 0);
  const soft = layer.state.filter((memory) => stateBlocks(memory, placed) === 0);
  const states = (neuron.hasState ? 1 : 0) + (layer.kind === "cuba" ? 1 : 0);
  const isRecurrent = layer.projections.some(({ role }) => role === "recurrent");
  const arcs = layerArcs(layer);
  const convs = arcs.filter(({ conv }) => conv !== null);
  const graph = { arc: arcs.length - 1, delay: (layer.arcs ?? []).filter(({ delay }) => delay > 0).length };
  const map = total(
    arcs,
    ({ conv, inMap, pool }) => (pool === null ? 0 : 1) + (inMap !== null && conv === null ? 1 : 0),
  );
  return {
    lut: {
      layer: 1,
      conv: convs.length,
      map,
      ...graph,
      work: lanes * w.work * states,
      acc: lanes * w.acc,
      image: total(inLuts, (memory) => distinctColumns(memory) * memory.depth) / 64,
      ...arithmeticUnits(plan, layer),
    },
    ff: {
      layer: 1,
      conv: total(convs, ({ inputAddress, value }) => inputAddress + value),
      map,
      ...graph,
      recurrent: isRecurrent ? 1 : 0,
      recurrentLane: isRecurrent ? lanes : 0,
      state: total(soft, ({ width }) => width),
      image: total(inLuts, distinctColumns),
      value: lanes * total(arcs, ({ value }) => value),
      forward: layer.words === 1 ? lanes * w.acc : 0,
      register: placed.memStyle === "registers" ? total(layer.state, ({ width, depth }) => width * depth) : 0,
    },
  };
}

/** Leaks, products, shifts and decoders of all lanes; with hard multipliers only what they leave. */
function arithmeticUnits(plan: FpgaPlan, layer: LayerPlan): AreaUnits["lut"] {
  const { lanes, widths: w } = layer;
  const leaks = factors(layer);
  const round = lanes * total(leaks, ({ round, bits }) => (round === "floor" ? 0 : w.state + bits));
  const isPower = ({ projection: { code } }: LayerArc): boolean => code === "pot" || code === "pot-nozero";
  const arcs = layerArcs(layer);
  const powers = arcs.filter(isPower);
  const shift = lanes * total(powers, ({ value, projection }) => value * (projection.weightBits - 1));
  const decode =
    lanes *
    total(powers, ({ value, projection: { code, weightBits: bits } }) =>
      value > 0 ? 0 : magnitudeBits({ code, bits }),
    );
  if (plan.options.mul === "dsp") return { round, shift, decode };
  const integers = arcs.filter((arc) => !isPower(arc));
  const product =
    total(ownFactors(layer), (leak) => w.state * leak.bits) +
    total(integers, ({ value, projection }) => value * projection.weightBits);
  const adders = total(leaks, ({ mul }) => (mul === null ? 0 : w.state * Math.max(0, setBits(mul) - 1)));
  return { leak: lanes * adders, round, product: lanes * product, shift, decode };
}

type Factor = Extract<LayerPlan["neuron"]["leak"], { form: "mul" }>;

function factors({ neuron }: LayerPlan): readonly Factor[] {
  return [neuron.leak, neuron.synLeak].flatMap((leak) => (leak.form === "mul" ? [leak] : []));
}

/** Leaks whose factor is a neuron's own, which takes a real multiplier per lane. */
export function ownFactors(layer: LayerPlan): readonly Factor[] {
  return factors(layer).filter(({ mul }) => mul === null);
}

/** Units of the AXI4-Lite registers and the readout; undefined for a design without. */
export function registerUnits(plan: FpgaPlan): AreaUnits | undefined {
  if (plan.registers === undefined) return undefined;
  const readout = planReadout(plan);
  const output = plan.layers.at(-1)?.widths.output ?? 0;
  const bits = readout === "stream" ? 0 : readout === "sumMembrane" ? 64 : output === 0 ? 32 : output;
  const units = { registers: 1, counters: Math.min(plan.layers.length, countedLayers), readout: bits };
  return { lut: units, ff: units };
}

/** Bits of a word that synthesis keeps: it drops columns that never change and merges equal ones, such as copied signs. */
function distinctColumns({ words, width }: MemoryPlan): number {
  const values = words.map((word) => BigInt(`0x${word}`));
  const columns = new Set<string>();
  for (let bit = 0n; bit < BigInt(width); bit++)
    columns.add(values.map((value) => ((value >> bit) & 1n).toString()).join(""));
  return [...columns].filter((column) => column.includes("0") && column.includes("1")).length;
}

/** @example setBits(3072) // 2 */
function setBits(value: number): number {
  let count = 0;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

function total<T>(of: readonly T[], value: (entry: T) => number): number {
  return of.reduce((sum, entry) => sum + value(entry), 0);
}
