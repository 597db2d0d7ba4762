/** Everything integer of one scale group: weights, biases, thresholds, leaks, widths, and the nodes that carry them. */
import { type Diagnostic, type NirNode, toFloat64 } from "@nirkit/graph";
import { bitLength } from "@nirkit/integer";
import { quantizeDiagnostic } from "../diagnostics.ts";
import { foldRecurrence } from "../fold/recurrence.ts";
import { channelOf } from "../fold/threshold.ts";
import { type FittedGroup, fitGroup } from "./fit-group.ts";
import type { GroupPlan, GroupSettings, Population } from "./group-settings.ts";
import { inputRangeOf } from "./input-range.ts";
import type { ScaleGroup } from "./projections.ts";
import { quantizeNeuron } from "./quantize-neuron.ts";
import {
  type QuantizedBias,
  quantizeBias,
  reportWeight,
  reviewWeight,
  warnZeros,
  weightNode,
} from "./quantize-weight.ts";
import type { NeuronReport, WeightReport } from "./report.ts";

/** What a group turns into. */
export interface QuantizedGroup {
  readonly nodes: readonly (readonly [path: string, node: NirNode])[];
  readonly weights: readonly WeightReport[];
  readonly neurons: readonly NeuronReport[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Fits that several plans of one group share. */
export type FitCache = Map<number, FittedGroup>;

/** Quantises one group. */
export function quantizeGroup(
  group: ScaleGroup,
  settings: GroupSettings,
  plan: GroupPlan = {},
  cache?: FitCache,
): QuantizedGroup {
  const populations = populationsOf(group, settings, plan.thetaFactor ?? 1);
  const fitted = fitOnce(group, populations, settings, plan, cache);
  const biases = new Map(
    fitted.weights.map((weight) => [weight.use.path, quantizeBias(weight, fitted.unit, fitted.fracBits)]),
  );
  const diagnostics: Diagnostic[] = [];
  const nodes: (readonly [string, NirNode])[] = [];
  const neurons: NeuronReport[] = [];
  for (const weight of fitted.weights) {
    nodes.push([weight.use.path, weightNode(weight, biases.get(weight.use.path), settings)]);
    diagnostics.push(...warnZeros(weight), ...reviewWeight(weight, settings));
  }
  for (const population of populations) {
    const range = inputRangeOf(population, fitted, biases, settings);
    const { recurrence, node, path } = population;
    if (recurrence === undefined || node === undefined) continue;
    const done = quantizeNeuron(path, node, recurrence, fitted, range, settings);
    nodes.push([path, done.node]);
    neurons.push(
      plan.thetaFactor === undefined ? done.report : { ...done.report, thetaFactor: plan.thetaFactor },
    );
    diagnostics.push(...done.diagnostics, ...driftHint(population, biases, fitted));
  }
  const { percentile } = plan;
  const weights = fitted.weights.map((weight) =>
    percentile === undefined ? reportWeight(weight) : { ...reportWeight(weight), percentile },
  );
  return { nodes, weights, neurons, diagnostics };
}

function populationsOf(
  group: ScaleGroup,
  { dt, convention }: GroupSettings,
  thetaFactor: number,
): readonly Population[] {
  return group.populations.map((use) => {
    if (use.node === undefined) return use;
    const recurrence = foldRecurrence(use.node, use.size, dt, convention, `nodes.${use.path}`);
    return { ...use, recurrence: { ...recurrence, theta: recurrence.theta.map((t) => t * thetaFactor) } };
  });
}

/** Thresholds have no part in the fit where neither exact thresholds nor membrane grids look at them. */
function fitOnce(
  group: ScaleGroup,
  populations: readonly Population[],
  settings: GroupSettings,
  plan: GroupPlan,
  cache: FitCache | undefined,
): FittedGroup {
  const key = plan.percentile ?? 100;
  const fresh =
    settings.convention.reset === "subtract" ||
    settings.scaleRule !== undefined ||
    populations.some(({ path }) => settings.membraneOf(path) !== undefined);
  const known = fresh ? undefined : cache?.get(key);
  if (known !== undefined) return known;
  const fitted = fitGroup(group.weights, populations, group.hidden, settings, plan, (unit) =>
    chooseFracBits(group, populations, settings, unit),
  );
  cache?.set(key, fitted);
  return fitted;
}

/** Populations of one group share their fractional bits, so that every bias fits all of them. */
function chooseFracBits(
  group: ScaleGroup,
  populations: readonly Population[],
  settings: GroupSettings,
  unit: Float64Array,
): number {
  const asked = populations.map(({ path }) => settings.fracBitsOf(path)).filter((bits) => bits !== undefined);
  if (asked.length > 0) return Math.max(...asked);
  const usual = usualFracBits(group, populations, settings);
  const grids = populations.flatMap(({ path, recurrence }) => {
    const membrane = settings.membraneOf(path);
    if (membrane === undefined || recurrence?.spiking !== true || recurrence.kind === "threshold") return [];
    const theta = recurrence.theta.map((t, i) => {
      const lsb = (recurrence.gain[i] ?? 1) * (unit[channelOf(i, recurrence.size, unit.length)] ?? 1);
      return t / lsb;
    });
    return [{ membrane, theta: theta.reduce((a, b) => Math.max(a, b), 0) }];
  });
  if (grids.length === 0) return usual;
  const least = Math.max(...grids.map(({ membrane }) => membrane.fracBitsMin));
  for (let bits = Math.max(usual, least); bits > least; bits--)
    if (grids.every(({ membrane, theta }) => membrane.fits(Math.ceil(theta * 2 ** bits)))) return bits;
  return least;
}

function usualFracBits(
  group: ScaleGroup,
  populations: readonly Population[],
  settings: GroupSettings,
): number {
  if (settings.convention.reset === "subtract" && settings.mode === "fraction") return 8;
  const stateful = populations.filter(
    ({ recurrence }) => recurrence !== undefined && recurrence.kind !== "threshold",
  );
  if (stateful.some(({ recurrence }) => recurrence?.beta.some((b) => b < 1))) return 4;
  const biased = group.weights.some(
    ({ node }) => "bias" in node && toFloat64(node.bias).some((b) => b !== 0),
  );
  // Without a leak a bias error of half a finest LSB adds up over the steps: 2^F >= T keeps it within half an LSB.
  return stateful.length > 0 && biased && settings.steps !== undefined ? bitLength(settings.steps - 1) : 0;
}

function driftHint(
  population: Population,
  biases: ReadonlyMap<string, QuantizedBias | undefined>,
  { unit, fracBits }: FittedGroup,
): readonly Diagnostic[] {
  const integrates =
    population.recurrence?.kind === "lif" && population.recurrence.beta.every((b) => b === 1);
  const error = Math.max(0, ...[...biases.values()].map((bias) => bias?.error ?? 0));
  // Half a finest LSB over 2^F steps is half a weight LSB: what the ceil(log2 T) rule allows is no news.
  if (!integrates || error * 2 ** fracBits < 1e-6 || unit.length === 0 || fracBits > 0) return [];
  return [
    quantizeDiagnostic("H_BIAS_DRIFT", `nodes.${population.path}`, { error, steps: Math.floor(0.5 / error) }),
  ];
}
