/** The same network with different weights, side by side: area, cycles, weighted toggles, energy in three tiers. */
import type { ToolRunner, ToolWorkspace } from "@nirkit/backend";
import { type Activity, NirkitError, type SpikeInput } from "@nirkit/graph";
import type { LayerCycles } from "../cycle-model.ts";
import { fpgaDiagnostic } from "../diagnostics.ts";
import { operationEnergyPj } from "../operation-energy.ts";
import type { FpgaPlan, LayerPlan } from "../plan-types.ts";
import { createFpgaSimulator, type FpgaTrace } from "../simulate.ts";
import {
  type ClassArea,
  type ComparedArea,
  type ComparedDesign,
  type ComparedRatio,
  type ComparedToggles,
  type ComparisonReport,
  energyTiers,
  type ImportedPower,
} from "./comparison.ts";
import { placedFmax } from "./place.ts";
import { type GateActivity, type GateWindow, simulateGates } from "./simulate-gates.ts";
import { type CompareFamily, designSources, synthesize } from "./synthesize.ts";
import {
  isMultiBit,
  memoryBits,
  type ToggleShare,
  toggleShares,
  weighClock,
  weighMemories,
} from "./weighted-toggles.ts";
import type { SynthesizedArea } from "./yosys-stat.ts";

/** One design to compare. */
export interface ComparedVariant {
  readonly label: string;
  readonly plan: FpgaPlan;
  /** Share of right answers, measured elsewhere. */
  readonly accuracy?: number;
  readonly imported?: ImportedPower;
  /** Families to synthesise this design for, in place of those of all. */
  readonly families?: readonly CompareFamily[];
}

/** What to measure. */
export interface CompareOptions {
  /** Families to synthesise for; default both. */
  readonly families?: readonly CompareFamily[];
  /** Weighted toggles; default true. Designs with hard multipliers have none: the model does not cover them. */
  readonly toggles?: boolean;
  /**
   * The window; default one step of mean length as warm-up and two counted, at least 1000 cycles, so that events and
   * updates are in it as they are in a sample; with delays, at most 900 s per tool.
   */
  readonly window?: Partial<GateWindow>;
  /** Clock of iCE40 HX8K by nextpnr where it is installed; default false. */
  readonly fmax?: boolean;
  /** Called before each design and tool. */
  readonly progress?: (label: string, what: string) => void;
}

const leastCycles = 1000;
const steppedCycles = 2;

function windowOf({ cycles, steps }: MeanRun, given: CompareOptions["window"]): GateWindow {
  const step = Math.ceil(cycles / steps);
  const counted = Math.max(leastCycles, steppedCycles * step);
  return { warmUp: step, cycles: counted, hasDelays: true, timeoutSeconds: 900, ...given };
}

/**
 * Compares plans of one network. Numbers of area and toggles come from the tools, cycles from the exact model over all
 * vectors, operations from a table; every tier of energy keeps its own name, and none is joules of a board.
 *
 * @param variants the first is what the others are set against; the same layers and lanes in all
 * @param vectors real samples; the window of the toggles takes the first ones
 * @param tools without, area and toggles are left out
 * @throws E_FPGA_COMPARE, E_FPGA_TOOL
 */
export async function comparePlans(
  variants: readonly ComparedVariant[],
  vectors: readonly SpikeInput[],
  tools: ToolRunner | undefined,
  options: CompareOptions = {},
): Promise<ComparisonReport> {
  assertAlike(variants);
  const designs: ComparedDesign[] = [];
  for (const variant of variants) designs.push(await compareOne(variant, vectors, tools, options));
  const [first] = designs;
  return {
    schema: "nirkit-comparison/1",
    tiers: energyTiers,
    samples: vectors.length,
    designs,
    ratios: first === undefined ? [] : designs.slice(1).map((other) => ratioOf(other, first)),
  };
}

/** The comparison is only fair with the same structure. */
function assertAlike(variants: readonly ComparedVariant[]): void {
  const [first, ...others] = variants;
  for (const other of others) {
    const differs = (what: (plan: FpgaPlan) => unknown): boolean =>
      JSON.stringify(what(other.plan)) !== JSON.stringify(what((first as ComparedVariant).plan));
    const found = differs((plan) => plan.layers.map(({ path, neurons, inputs }) => [path, neurons, inputs]))
      ? "layers"
      : differs((plan) => plan.layers.map(({ lanes }) => lanes))
        ? "lanes"
        : undefined;
    if (found !== undefined) {
      const detail = { found, other: `${first?.label} and ${other.label}` };
      throw new NirkitError([fpgaDiagnostic("E_FPGA_COMPARE", "variants", detail)]);
    }
  }
}

async function compareOne(
  variant: ComparedVariant,
  vectors: readonly SpikeInput[],
  tools: ToolRunner | undefined,
  options: CompareOptions,
): Promise<ComparedDesign> {
  const { label, plan, accuracy, imported } = variant;
  const run = cyclesOf(plan, vectors);
  const measured =
    tools === undefined
      ? { area: [] }
      : await withWorkspace(tools, (workspace) =>
          measure(variant, { vectors, tools, workspace, options, run }),
        );
  const weights = plan.layers.flatMap(({ projections: [forward] }) => forward ?? []);
  const places = plan.layers.reduce((sum, layer) => sum + weightPlaces(layer), 0);
  const bits = memoryBits(plan);
  return {
    label,
    weights: plan.layers.map(({ path, projections: [forward] }) => ({
      layer: path,
      bits: forward?.weightBits ?? 0,
      code: forward?.code ?? "integer",
    })),
    lanes: plan.layers.map(({ lanes }) => lanes),
    ...(accuracy === undefined ? {} : { accuracy }),
    zeroWeights: places === 0 ? 0 : 1 - weights.reduce((sum, { nonZero }) => sum + nonZero, 0) / places,
    weightBits: bits.weights,
    memoryBits: bits.all,
    cyclesPerSample: run.cycles,
    operations: operationsOf(plan, run.activity),
    ...measured,
    ...(imported === undefined ? {} : { imported }),
  };
}

/** Weights of the forward projection of a layer, lanes without a neuron included. */
function weightPlaces({ conv, inputs, rowWords, lanes }: LayerPlan): number {
  const rows = conv === null ? inputs : conv.inShape[0] * conv.kernel[0] * conv.kernel[1];
  return rows * rowWords * lanes;
}

async function withWorkspace<T>(
  tools: ToolRunner,
  use: (workspace: ToolWorkspace) => Promise<T>,
): Promise<T> {
  const workspace = await tools.workspace();
  try {
    return await use(workspace);
  } finally {
    await workspace.dispose();
  }
}

/** Means over the vectors, by the exact model. */
interface MeanRun {
  readonly cycles: number;
  readonly steps: number;
  readonly layers: ReadonlyMap<string, LayerCycles>;
  readonly activity: Activity;
}

function cyclesOf(plan: FpgaPlan, vectors: readonly SpikeInput[]): MeanRun {
  const simulator = createFpgaSimulator(plan);
  const traces = vectors.map((input) => simulator.run(input));
  const mean = (value: (trace: FpgaTrace) => number): number =>
    traces.reduce((sum, trace) => sum + value(trace), 0) / Math.max(1, traces.length);
  const layers = new Map(
    plan.layers.map(({ path }) => {
      const part = (key: keyof LayerCycles): number => mean((trace) => trace.layers?.get(path)?.[key] ?? 0);
      const cycles: LayerCycles = {
        busy: part("busy"),
        stalled: part("stalled"),
        events: part("events"),
        eventWords: part("eventWords"),
        replayWords: part("replayWords"),
        sweptWords: part("sweptWords"),
      };
      return [path, cycles];
    }),
  );
  return {
    cycles: mean(({ cycles }) => cycles ?? 0),
    steps: mean(({ steps }) => steps),
    layers,
    activity: meanActivity(traces),
  };
}

function meanActivity(traces: readonly FpgaTrace[]): Activity {
  const [first] = traces;
  const keys = ["eventsIn", "eventsOut", "synapticOps"] as const;
  return new Map(
    [...(first?.activity ?? [])].map(([name, part]) => {
      const mean = (key: (typeof keys)[number]): number =>
        traces.reduce((sum, { activity }) => sum + (activity.get(name)?.[key] ?? 0), 0) / traces.length;
      return [name, { ...part, ...Object.fromEntries(keys.map((key) => [key, mean(key)])) }];
    }),
  );
}

function operationsOf(plan: FpgaPlan, activity: Activity): ComparedDesign["operations"] {
  const energies = plan.layers.map((layer) => operationEnergyPj(plan, layer, activity));
  const sum = (chosen: (index: number) => boolean): number =>
    energies.reduce((total, energy, k) => total + (chosen(k) ? energy : 0), 0);
  return {
    multiBitLayers: sum((k) => isMultiBit(plan.layers[k] as FpgaPlan["layers"][number])),
    whole: sum(() => true),
  };
}

interface MeasureRequest {
  readonly vectors: readonly SpikeInput[];
  readonly tools: ToolRunner;
  readonly workspace: ToolWorkspace;
  readonly options: CompareOptions;
  readonly run: MeanRun;
}

async function measure(
  { label, plan, families: own }: ComparedVariant,
  { vectors, tools, workspace, options, run }: MeasureRequest,
): Promise<Pick<ComparedDesign, "area" | "toggles">> {
  const { families = ["xc7", "ice40"], toggles = true, progress = () => {} } = options;
  const window = windowOf(run, options.window);
  const dsp = plan.options.mul === "dsp";
  const area: ComparedArea[] = [];
  let counted: ComparedToggles | undefined;
  for (const family of own ?? families) {
    progress(label, `synthesis for ${family}`);
    const { layers, ...found } = await synthesize(tools, workspace, {
      sources: designSources(plan),
      top: `${plan.design}_top`,
      family,
      dsp,
      layers: plan.layers.map(({ name }) => name),
      timeoutSeconds: window.timeoutSeconds,
    });
    const classes = {
      multiBitLayers: classArea(plan, layers, true),
      spikeLayers: classArea(plan, layers, false),
    };
    if (family !== "ice40") {
      area.push({ ...found, classes });
      continue;
    }
    if (options.fmax === true) progress(label, "place and route");
    const fmaxMhz = options.fmax === true ? await placedFmax(tools, workspace) : undefined;
    area.push({ ...found, ...(fmaxMhz === undefined ? {} : { fmaxMhz }), classes });
    if (!toggles || dsp) continue;
    progress(label, "toggles of the netlist");
    const activity = await simulateGates(workspace, plan, vectors, window);
    counted = togglesPerSample(plan, activity, { window, run, flipFlops: found.ff });
  }
  return { area, ...(counted === undefined ? {} : { toggles: counted }) };
}

function classArea(
  plan: FpgaPlan,
  layers: ReadonlyMap<string, SynthesizedArea>,
  multiBit: boolean,
): ClassArea {
  const chosen = plan.layers.filter((layer) => isMultiBit(layer) === multiBit);
  const sum = (key: "lut" | "ff"): number =>
    chosen.reduce((total, { name }) => total + (layers.get(name)?.[key] ?? 0), 0);
  return { lut: sum("lut"), ff: sum("ff") };
}

/** The window, scaled to a sample of mean length. */
function togglesPerSample(
  plan: FpgaPlan,
  activity: GateActivity,
  { window, run, flipFlops }: { window: GateWindow; run: MeanRun; flipFlops: number },
): ComparedToggles {
  const scale = run.cycles / activity.cycles;
  const shares = Object.fromEntries(toggleShares.map((share) => [share, 0])) as Record<ToggleShare, number>;
  let [multiBitLayers, spikeLayers, outside] = [0, 0, 0];
  for (const [name, parts] of activity.byLayer) {
    const layer = plan.layers.find((candidate) => candidate.name === name);
    let sum = 0;
    for (const share of toggleShares) {
      const value = parts[share] * scale;
      shares[share] += value;
      sum += value;
    }
    if (layer === undefined) outside += sum;
    else if (isMultiBit(layer)) multiBitLayers += sum;
    else spikeLayers += sum;
  }
  const accesses = plan.layers.map((layer) =>
    weighMemories(layer, run.layers.get(layer.path) as LayerCycles),
  );
  const memoryAccesses = accesses.reduce((a, b) => a + b, 0);
  const multiBitMemoryAccesses = accesses.reduce(
    (sum, value, k) => sum + (isMultiBit(plan.layers[k] as FpgaPlan["layers"][number]) ? value : 0),
    0,
  );
  const clock = weighClock(flipFlops, run.cycles);
  const nets = multiBitLayers + spikeLayers + outside;
  return {
    shares: { ...shares, memories: shares.memories + memoryAccesses, clock },
    multiBitLayers,
    spikeLayers,
    outside,
    nets,
    clock,
    memoryAccesses,
    multiBitMemoryAccesses,
    whole: nets + clock + memoryAccesses,
    window: { warmUp: window.warmUp, cycles: activity.cycles, glitches: window.hasDelays },
    dumped: activity.dumped,
    unmapped: activity.unmapped,
    beats: activity.beats,
  };
}

function ratioOf(other: ComparedDesign, first: ComparedDesign): ComparedRatio {
  const xc7 = (design: ComparedDesign): number | undefined =>
    design.area.find(({ family }) => family === "xc7")?.lut;
  const [a, b] = [other.toggles, first.toggles];
  const [lutA, lutB] = [xc7(other), xc7(first)];
  return {
    label: other.label,
    ...(lutA === undefined || lutB === undefined ? {} : { lut: lutA / lutB }),
    operations: other.operations.whole / first.operations.whole,
    ...(a === undefined || b === undefined
      ? {}
      : {
          ...(b.multiBitLayers > 0
            ? {
                multiBitNets: a.multiBitLayers / b.multiBitLayers,
                multiBitAll:
                  (a.multiBitLayers + a.multiBitMemoryAccesses) /
                  (b.multiBitLayers + b.multiBitMemoryAccesses),
              }
            : {}),
          wholeNets: a.nets / b.nets,
          wholeAll: a.whole / b.whole,
        }),
  };
}
