/**
 * Costs without any tool. LUT and FF are closed forms per layer whose coefficients are fitted to Yosys; memory blocks
 * follow the shapes of the family. Energy is a model of operations (`operation-energy.ts`), not of any FPGA.
 */
import type { CostFigure, CostReport } from "@nirkit/backend";
import type { Activity, Diagnostic } from "@nirkit/graph";
import { type Board, boardNamed } from "./boards.ts";
import { imageBlocks, layerBlocks, stateBlocks } from "./capacity.ts";
import { fpgaDiagnostic } from "./diagnostics.ts";
import { layerArcs } from "./layer-arc.ts";
import { memoryBlocks } from "./memory-blocks.ts";
import { operationEnergyPj } from "./operation-energy.ts";
import type { ArcPlan, FpgaPlan, LayerPlan, MemoryPlan } from "./plan-types.ts";
import { meanTaps } from "./taps.ts";

const areaSource = "Yosys 0.23, synth_xilinx -family xc7 -nodsp -nowidelut -flatten, on 22 designs";
const lutMethod =
  "closed form per layer, fitted to xc7, without LUT RAM: within 5 % on the 18 designs of the fit, 9 % on 4 others; " +
  "other families, hard multipliers and factors per neuron are not measured";
const ffMethod =
  "closed form per layer, fitted to xc7: within 6 % on the 18 designs of the fit, 5 % on 4 others; other families, " +
  "hard multipliers and factors per neuron are not measured";
const dspMethod = 'with mul "dsp" one per lane and real product, otherwise none';
const energyMethod =
  "synaptic operations and neuron updates x energy per operation of a 45 nm table, which is not this FPGA; no memory, " +
  "clock or wiring";
const energySource = "Horowitz, ISSCC 2014; width laws of QKeras; 45 nm op model, not this FPGA";

/** Resources of one layer. */
interface LayerCost {
  readonly path: string;
  readonly lut: number;
  readonly ff: number;
  readonly blocks: number;
  readonly bits: number;
  readonly dsp: number;
}

/** Area, memory, latency and energy by operations of a design under the activity of some samples. */
export function estimateFpga(plan: FpgaPlan, activity: Activity): CostReport {
  const board = boardNamed(plan.options.board);
  const costs = plan.layers.map((layer) => layerCost(plan, layer, board));
  const figures: CostFigure[] = costs.flatMap((cost) => areaFigures(cost, board));
  figures.push(...latencyFigures(plan, activity), ...energyFigures(plan, activity));
  return { figures, diagnostics: capacityErrors(costs, board) };
}

/**
 * LUTs per unit: layer; adder bit of a constant leak, one adder per set bit of the factor but the first; bit of its
 * rounding; bit of a real product; 64 bits of an image in LUTs; bit of x per state; bit of the accumulator.
 */
const lutPer = { layer: 74, leak: 1.7, round: 0.132, product: 1.557, image: 1.723, work: 3.69, acc: 2.65 };
/** FFs per unit: layer, recurrent layer and its lanes, bit of a state word in LUT RAM, of an image word in LUTs. */
const ffPer = {
  layer: 43.6,
  recurrent: 30.2,
  recurrentLane: 14.3,
  state: 1,
  image: 0.974,
  value: 0.198,
  forward: 1.02,
};

/** What the arcs of a graph add: an arc beside the first, a convolution, a delay; rough, from three designs. */
const graphLutPer = { arc: 34, conv: 66, delay: 45 };
const graphFfPer = { arc: 33, conv: 35, delay: -18 };

/** Area of the arcs of a layer of a graph, less that of the first one; 0 in a chain. */
function arcsArea({ arcs = [] }: LayerPlan, per: typeof graphLutPer): number {
  const of = (holds: (arc: ArcPlan) => boolean): number => arcs.filter(holds).length;
  return (
    per.arc * Math.max(0, arcs.length - 1) +
    per.conv * of(({ conv }) => conv !== null) +
    per.delay * of(({ delay }) => delay > 0)
  );
}

function layerCost(plan: FpgaPlan, layer: LayerPlan, board: Board): LayerCost {
  const { widths: w, lanes, neuron } = layer;
  const isDsp = plan.options.mul === "dsp";
  const leaks = [neuron.leak, neuron.synLeak].flatMap((leak) => (leak.form === "mul" ? [leak] : []));
  const ownLeaks = leaks.filter(({ mul }) => mul === null);
  const sum = <T>(of: readonly T[], value: (entry: T) => number): number =>
    of.reduce((total, entry) => total + value(entry), 0);
  const adders = sum(leaks, ({ mul }) => (mul === null ? 0 : w.state * Math.max(0, setBits(mul) - 1)));
  const rounding = sum(leaks, ({ round, bits }) => (round === "floor" ? 0 : w.state + bits));
  const products =
    sum(layerArcs(layer), ({ value, projection }) => value * projection.weightBits) +
    sum(ownLeaks, ({ bits }) => w.state * bits);
  const states = (neuron.hasState ? 1 : 0) + (layer.kind === "cuba" ? 1 : 0);
  const placed = { family: board.family, memStyle: plan.options.memStyle };
  const inLuts = layer.memories.filter((m) => imageBlocks(m, placed) === 0);
  const soft = layer.state.filter((m) => stateBlocks(m, placed) === 0);
  const recurrent = layer.projections.length > 1 ? 1 : 0;
  const perLane =
    lutPer.work * w.work * states +
    lutPer.acc * w.acc +
    (isDsp ? 0 : lutPer.leak * adders + lutPer.product * products) +
    lutPer.round * rounding;
  const area = ({ width, depth }: { readonly width: number; readonly depth: number }): number =>
    width * depth;
  const lut =
    lutPer.layer +
    arcsArea(layer, graphLutPer) +
    lanes * perLane +
    (lutPer.image * sum(inLuts, (m) => distinctColumns(m) * m.depth)) / 64;
  const ff =
    ffPer.layer +
    arcsArea(layer, graphFfPer) +
    recurrent * (ffPer.recurrent + ffPer.recurrentLane * lanes) +
    ffPer.state * sum(soft, ({ width }) => width) +
    ffPer.image * sum(inLuts, distinctColumns) +
    ffPer.value * lanes * sum(layerArcs(layer), ({ value }) => value) +
    (layer.words === 1 ? ffPer.forward * lanes * w.acc : 0) +
    (placed.memStyle === "registers" ? sum(layer.state, area) : 0);
  return {
    path: layer.path,
    lut: Math.ceil(lut),
    ff: Math.ceil(ff),
    blocks: layerBlocks(layer, placed),
    bits: sum([...layer.memories, ...layer.state], area),
    dsp: isDsp ? lanes * (layerArcs(layer).filter(({ value }) => value > 0).length + ownLeaks.length) : 0,
  };
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

function areaFigures(cost: LayerCost, board: Board): CostFigure[] {
  const figure = (name: string, value: number, unit: string, how: string, source: string): CostFigure => ({
    name,
    value,
    unit,
    method: how,
    source,
    part: cost.path,
  });
  return [
    figure("LUT", cost.lut, "LUT6", lutMethod, areaSource),
    figure("FF", cost.ff, "flip-flops", ffMethod, areaSource),
    figure("DSP", cost.dsp, "blocks", dspMethod, "the plan"),
    figure(
      "memory blocks",
      cost.blocks,
      memoryBlocks(board.family).unit,
      "fewest blocks over their shapes",
      "vendor memory shapes",
    ),
    figure("memory", cost.bits, "bits", "sum of width x depth", "the plan"),
  ];
}

function latencyFigures(plan: FpgaPlan, activity: Activity): CostFigure[] {
  const samples = activity.get(plan.input.name)?.samples ?? 0;
  if (samples === 0) return [];
  const method =
    "closed form from mean events per step, the whole as slow as its slowest layer; the cycle simulator gives the exact number";
  const source = "the cycle contract of the cores";
  const perLayer = plan.layers.map((layer) => {
    const paths = new Set(
      [...layerArcs(layer).map(({ projection }) => projection), ...layer.projections].map((p) => p.path),
    );
    const eventsIn = [...paths].reduce((sum, path) => sum + (activity.get(path)?.eventsIn ?? 0), 0);
    const eventWords = layer.rowWords * meanTaps(layer.conv);
    const node = activity.get(layer.path);
    const steps = node?.steps ?? 0;
    const recurrent = layer.projections.length > 1 ? layer.words : 0;
    const out = layer.neuron.spiking ? (node?.eventsOut ?? 0) : steps * layer.neurons;
    const cycles =
      eventsIn * eventWords + steps * (layer.words + recurrent + 3) + Math.max(0, out - steps * layer.words);
    return { path: layer.path, cycles: cycles / samples };
  });
  const slowest = perLayer.reduce((a, b) => (b.cycles > a.cycles ? b : a));
  const figure = (name: string, value: number, unit: string, part?: string): CostFigure => ({
    name,
    value,
    unit,
    method,
    source,
    ...(part === undefined ? {} : { part }),
  });
  return [
    ...perLayer.map(({ path, cycles }) => figure("cycles per sample", cycles, "cycles", path)),
    figure("cycles per sample", slowest.cycles, "cycles"),
    figure(
      `latency per sample at ${plan.options.clockMhz} MHz`,
      slowest.cycles / plan.options.clockMhz,
      "us",
    ),
  ];
}

function energyFigures(plan: FpgaPlan, activity: Activity): CostFigure[] {
  if ((activity.get(plan.input.name)?.samples ?? 0) === 0) return [];
  return plan.layers.map((layer) => ({
    name: "operation energy",
    value: operationEnergyPj(plan, layer, activity),
    unit: "pJ per sample",
    method: energyMethod,
    source: energySource,
    part: layer.path,
  }));
}

function capacityErrors(costs: readonly LayerCost[], board: Board): Diagnostic[] {
  const resources = [
    ["LUT", "lut", board.lut],
    ["FF", "ff", board.ff],
    ["memory blocks", "blocks", board.bram],
    ["DSP", "dsp", board.dsp],
  ] as const;
  return resources.flatMap(([resource, key, available]) => {
    const needed = costs.reduce((sum, cost) => sum + cost[key], 0);
    if (needed <= available) return [];
    const largest = [...costs].sort((a, b) => b[key] - a[key]).slice(0, 3);
    const detail = {
      resource,
      needed,
      available,
      board: board.name,
      largest: largest.map((cost) => `${cost.path} ${cost[key]}`).join(", "),
      fits: "Use fewer lanes, narrower weights, or a larger board",
    };
    return [fpgaDiagnostic("E_FPGA_CAPACITY", "options.board", detail)];
  });
}
