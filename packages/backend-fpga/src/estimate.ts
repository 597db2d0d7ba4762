/**
 * Costs without any tool. LUT and FF are closed forms per layer whose coefficients are fitted to Yosys; memory blocks
 * follow the shapes of the family. Energy is a model of operations (`operation-energy.ts`), not of any FPGA.
 */
import type { CostFigure, CostReport } from "@nirkit/backend";
import type { Activity, Diagnostic } from "@nirkit/graph";
import { cells, ffPer, layerUnits, lutPer, ownFactors, registerUnits } from "./area-terms.ts";
import { type Board, boardNamed } from "./boards.ts";
import { layerBlocks } from "./capacity.ts";
import { fpgaDiagnostic } from "./diagnostics.ts";
import { layerArcs } from "./layer-arc.ts";
import { memoryBlocks } from "./memory-blocks.ts";
import { operationEnergyPj } from "./operation-energy.ts";
import type { FpgaPlan, LayerPlan } from "./plan-types.ts";
import { meanTaps } from "./taps.ts";

const areaSource = "Yosys 0.23, synth_xilinx -family xc7 -nodsp -nowidelut -flatten, on 31 designs";
const notCovered =
  "other families, hard multipliers, factors per neuron, several shifts per weight and rows without their zeros are not measured, further arcs and delays roughly";
const lutMethod =
  "closed form per layer and for the registers, fitted to xc7, without LUT RAM: within 7 % on the 25 designs of " +
  `the fit, 9 % on 6 others; ${notCovered}`;
const ffMethod =
  "closed form per layer and for the registers, fitted to xc7: within 6 % on the 25 designs of the fit, " +
  `6 % on 6 others; ${notCovered}`;
const dspMethod = 'with mul "dsp" one per lane and real product, otherwise none';
const energyMethod =
  "synaptic operations and neuron updates x energy per operation of a 45 nm table, which is not this FPGA; no memory, " +
  "clock or wiring";
const energySource = "Horowitz, ISSCC 2014; width laws of QKeras; 45 nm op model, not this FPGA";

/** Resources of one layer, or of the registers. */
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
  const costs = [...plan.layers.map((layer) => layerCost(plan, layer, board)), ...registerCosts(plan)];
  const figures: CostFigure[] = costs.flatMap((cost) => areaFigures(cost, board));
  figures.push(...latencyFigures(plan, activity), ...energyFigures(plan, activity));
  return { figures, diagnostics: capacityErrors(costs, board) };
}

function layerCost(plan: FpgaPlan, layer: LayerPlan, board: Board): LayerCost {
  const units = layerUnits(plan, layer, board);
  const perLane = layerArcs(layer).filter(({ value }) => value > 0).length + ownFactors(layer).length;
  return {
    path: layer.path,
    lut: cells(lutPer, units.lut),
    ff: cells(ffPer, units.ff),
    blocks: layerBlocks(layer, { family: board.family, memStyle: plan.options.memStyle }),
    bits: [...layer.memories, ...layer.state].reduce((sum, { width, depth }) => sum + width * depth, 0),
    dsp: plan.options.mul === "dsp" ? layer.lanes * perLane : 0,
  };
}

/** The registers and the readout, as a part of its own. */
function registerCosts(plan: FpgaPlan): readonly LayerCost[] {
  const units = registerUnits(plan);
  if (units === undefined) return [];
  const none = { blocks: 0, bits: 0, dsp: 0 };
  return [{ path: "registers", lut: cells(lutPer, units.lut), ff: cells(ffPer, units.ff), ...none }];
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
