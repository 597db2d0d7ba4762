/** What LUTs and flip-flops of a design are counted by: a number of units per layer, and the fitted cost of each unit. */
import type { Board } from "./boards.ts";
import { imageBlocks, stateBlocks } from "./capacity.ts";
import type { FpgaPlan, LayerPlan, MemoryPlan } from "./plan-types.ts";
import { planReadout } from "./readout.ts";
import { countedLayers } from "./register-map.ts";
import { magnitudeBits } from "./weight-code.ts";

/** Units of LUTs; the numbers are LUT6 per unit, fitted to the stored runs. */
export const lutPer = {
  /** A layer with its share of doors and buffers. */
  layer: 74,
  /** Bit of x, per lane and state. */
  work: 3.69,
  /** Bit of the accumulator, per lane. */
  acc: 2.65,
  /** Adder bit of a constant leak: one adder per set bit of the factor but the first. */
  leak: 1.7,
  /** Bit of a leak's rounding. */
  round: 0.132,
  /** Bit of a real product. */
  product: 1.557,
  /** Bit of a value that is shifted, per bit of the shift. */
  shift: 0.9,
  /** Bit of a power of two that a spike adds. */
  decode: 1,
  /** 64 bits of an image in LUTs. */
  image: 1.723,
  /** A convolution: the walk over kernel positions. */
  conv: 130,
  /** A pool, or a map that is flattened. */
  map: 18,
  /** The registers, and their counters of one layer. */
  registers: 160,
  counters: 90,
  /** Bit of a readout's values. */
  readout: 5,
};

/** Units of flip-flops. */
export const ffPer = {
  layer: 43.6,
  /** A recurrent layer, and each of its lanes. */
  recurrent: 30.2,
  recurrentLane: 14.3,
  /** Bit of a state word in LUT RAM, and of an image word in LUTs. */
  state: 1,
  image: 0.974,
  /** Bit of a value, per lane. */
  value: 0.198,
  /** Bit of a sum that is forwarded where a row is one word. */
  forward: 1.02,
  /** Bit of a state in registers. */
  register: 1,
  /** Bit of an address or a value that a convolution holds. */
  conv: 5,
  map: 4,
  registers: 250,
  counters: 96,
  readout: 5,
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
  const maps = (layer.pool === null ? 0 : 1) + (layer.inMap !== null && layer.conv === null ? 1 : 0);
  const isConv = layer.conv === null ? 0 : 1;
  return {
    lut: {
      layer: 1,
      conv: isConv,
      map: maps,
      work: lanes * w.work * states,
      acc: lanes * w.acc,
      image: total(inLuts, (memory) => distinctColumns(memory) * memory.depth) / 64,
      ...arithmeticUnits(plan, layer),
    },
    ff: {
      layer: 1,
      conv: isConv * (w.inputAddress + w.value),
      map: maps,
      recurrent: isRecurrent ? 1 : 0,
      recurrentLane: isRecurrent ? lanes : 0,
      state: total(soft, ({ width }) => width),
      image: total(inLuts, distinctColumns),
      value: lanes * w.value,
      forward: layer.words === 1 ? lanes * w.acc : 0,
      register: placed.memStyle === "registers" ? total(layer.state, ({ width, depth }) => width * depth) : 0,
    },
  };
}

/** Leaks, products, shifts and decoders of all lanes; with hard multipliers only what they leave. */
function arithmeticUnits(plan: FpgaPlan, layer: LayerPlan): AreaUnits["lut"] {
  const { lanes, widths: w, projections } = layer;
  const leaks = factors(layer);
  const round = total(leaks, ({ round, bits }) => (round === "floor" ? 0 : w.state + bits));
  const [forward] = projections;
  const isPower = forward?.code === "pot" || forward?.code === "pot-nozero";
  const bits = forward?.weightBits ?? 0;
  const lane =
    forward === undefined || (isPower && w.value === 0)
      ? { decode: forward === undefined ? 0 : lanes * magnitudeBits({ code: forward.code, bits }) }
      : isPower
        ? { shift: lanes * w.value * (bits - 1) }
        : {};
  if (plan.options.mul === "dsp") return { round: lanes * round, ...lane };
  const product = total(ownFactors(layer), (leak) => w.state * leak.bits) + (isPower ? 0 : w.value * bits);
  const adders = total(leaks, ({ mul }) => (mul === null ? 0 : w.state * Math.max(0, setBits(mul) - 1)));
  return { leak: lanes * adders, round: lanes * round, product: lanes * product, ...lane };
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
