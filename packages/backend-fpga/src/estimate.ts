/**
 * Costs without any tool: start values of an operation count, to be replaced by synthesis results where they exist.
 *
 * Per layer LUT6 ~ P·(lane + AB + leak + 2·XB) + 3·P + 60 + address bits, FF ~ P·(b + AB + VB) + 120; memory blocks are
 * exact for the shapes of the family. Energy is the 45 nm operation model of Horowitz (ISSCC 2014) with QKeras' width
 * law add(b) = 0.003125·b pJ and mult(b1, b2) = 0.002994791667·b1·b2 + 0.0010417·max(b1, b2) pJ: an ASIC-operation view,
 * not any FPGA.
 */
import type { CostFigure, CostReport } from "@nirkit/backend";
import type { Activity, Diagnostic } from "@nirkit/graph";
import { type Board, boardNamed } from "./boards.ts";
import { layerBlocks } from "./capacity.ts";
import { fpgaDiagnostic } from "./diagnostics.ts";
import { memoryBlocks } from "./memory-blocks.ts";
import type { FpgaPlan, LayerPlan } from "./plan-types.ts";

const areaSource = "nirkit's own operation count, start values";
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

/** Area, memory, latency and tier-0 energy of a design under the activity of some samples. */
export function estimateFpga(plan: FpgaPlan, activity: Activity): CostReport {
  const board = boardNamed(plan.options.board);
  const costs = plan.layers.map((layer) => layerCost(plan, layer, board));
  const figures: CostFigure[] = costs.flatMap((cost) => areaFigures(cost, board));
  figures.push(...latencyFigures(plan, activity), ...energyFigures(plan, activity));
  return { figures, diagnostics: capacityErrors(costs, board) };
}

function layerCost(plan: FpgaPlan, layer: LayerPlan, board: Board): LayerCost {
  const { widths: w, lanes, neuron } = layer;
  const isDsp = plan.options.mul === "dsp";
  const weightBits = layer.projections.reduce((sum, p) => sum + p.weightBits, 0);
  const leakBits = [neuron.leak, neuron.synLeak].map((leak) => (leak.form === "mul" ? leak.bits : 0));
  const perNeuronLeaks = [neuron.leak, neuron.synLeak].filter(
    (leak) => leak.form === "mul" && leak.mul === null,
  );
  const product = isDsp ? 0 : w.value * (layer.projections[0]?.weightBits ?? 0);
  // A constant factor has about half its bits set; a factor of its own per neuron is a full multiplier.
  const leak = leakBits.reduce((sum, bits) => sum + (isDsp ? 0 : (w.state * bits) / 2), 0);
  const lane = product + w.acc + leak + 2 * w.work + (layer.kind === "cuba" ? w.work : 0);
  const memories = [...layer.memories, ...layer.state];
  return {
    path: layer.path,
    lut: Math.ceil(lanes * (lane + 3) + 60 + w.inputAddress + w.index),
    ff: Math.ceil(lanes * (weightBits + w.acc + w.state * (layer.kind === "cuba" ? 2 : 1)) + 120),
    blocks: layerBlocks(layer, { family: board.family, memStyle: plan.options.memStyle }),
    bits: memories.reduce((sum, m) => sum + m.width * m.depth, 0),
    dsp: isDsp ? lanes * ((w.value > 0 ? 1 : 0) + perNeuronLeaks.length) : 0,
  };
}

function areaFigures(cost: LayerCost, board: Board): CostFigure[] {
  const method = "closed form per layer, uncalibrated";
  const figure = (
    name: string,
    value: number,
    unit: string,
    how = method,
    source = areaSource,
  ): CostFigure => ({
    name,
    value,
    unit,
    method: how,
    source,
    part: cost.path,
  });
  return [
    figure("LUT", cost.lut, "LUT6"),
    figure("FF", cost.ff, "flip-flops"),
    figure("DSP", cost.dsp, "blocks"),
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
  const method = "closed form from mean events per step; the cycle simulator gives the exact number";
  const source = "the cycle contract of the cores";
  const perLayer = plan.layers.map((layer) => {
    const eventsIn = layer.projections.reduce((sum, p) => sum + (activity.get(p.path)?.eventsIn ?? 0), 0);
    const node = activity.get(layer.path);
    const steps = node?.steps ?? 0;
    const recurrent = layer.projections.length > 1 ? layer.words : 0;
    const out = layer.neuron.spiking ? (node?.eventsOut ?? 0) : steps * layer.neurons;
    const cycles =
      eventsIn * layer.words + steps * (layer.words + recurrent + 3) + Math.max(0, out - steps * layer.words);
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
    figure("latency per sample", slowest.cycles / plan.options.clockMhz, "us"),
  ];
}

function energyFigures(plan: FpgaPlan, activity: Activity): CostFigure[] {
  const samples = activity.get(plan.input.name)?.samples ?? 0;
  if (samples === 0) return [];
  return plan.layers.map((layer) => {
    const { widths: w } = layer;
    const adds = layer.projections.reduce((sum, p) => sum + (activity.get(p.path)?.synapticOps ?? 0), 0);
    const multiply = w.value > 0 ? multiplyPj(w.value, layer.projections[0]?.weightBits ?? 0) : 0;
    const updates = (activity.get(layer.path)?.steps ?? 0) * layer.neurons;
    return {
      name: "operation energy (tier 0)",
      value: (adds * (addPj(w.acc) + multiply) + updates * 3 * addPj(w.work)) / samples,
      unit: "pJ per sample",
      method: "synaptic operations and neuron updates x energy per operation; no memory, clock or wiring",
      source: energySource,
      part: layer.path,
    };
  });
}

function addPj(bits: number): number {
  return 0.003125 * bits;
}

function multiplyPj(a: number, b: number): number {
  return 0.002994791667 * a * b + 0.0010417 * Math.max(a, b);
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
