/** Everything integer of one scale group: weights, biases, thresholds, leaks, widths, and the nodes that carry them. */
import { type Diagnostic, type NirNode, toFloat64 } from "@nirkit/graph";
import { bitLength } from "@nirkit/integer";
import { quantizeDiagnostic } from "../diagnostics.ts";
import { foldRecurrence } from "../fold/recurrence.ts";
import { fitGroup } from "./fit-group.ts";
import type { GroupSettings, Population } from "./group-settings.ts";
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

/** Quantises one group. */
export function quantizeGroup<P>(group: ScaleGroup, settings: GroupSettings<P>): QuantizedGroup {
  const populations: readonly Population[] = group.populations.map((use) =>
    use.node === undefined
      ? use
      : {
          ...use,
          recurrence: foldRecurrence(
            use.node,
            use.size,
            settings.dt,
            settings.convention,
            `nodes.${use.path}`,
          ),
        },
  );
  const fracBits = chooseFracBits(group, populations, settings);
  const align = settings.convention.reset === "subtract" && settings.mode === "aligned";
  const folding = populations.flatMap(({ path, recurrence }) =>
    recurrence === undefined ? [] : [{ path: `nodes.${path}`, recurrence }],
  );
  const fitted = fitGroup(
    settings.quantizer,
    group.weights,
    settings.paramsOf,
    align ? { fracBits, populations: folding } : undefined,
  );
  const biases = new Map(
    fitted.weights.map((weight) => [weight.use.path, quantizeBias(weight, fitted.unit, fracBits)]),
  );
  const diagnostics: Diagnostic[] = [];
  const nodes: (readonly [string, NirNode])[] = [];
  const neurons: NeuronReport[] = [];
  for (const weight of fitted.weights) {
    nodes.push([weight.use.path, weightNode(weight, biases.get(weight.use.path), settings)]);
    diagnostics.push(...warnZeros(weight), ...reviewWeight(weight, settings));
  }
  for (const population of populations) {
    const range = inputRangeOf(population, fitted, biases, fracBits, settings);
    if (population.recurrence === undefined || population.node === undefined) continue;
    const done = quantizeNeuron(
      population.path,
      population.node,
      population.recurrence,
      fitted,
      fracBits,
      range,
      settings,
    );
    nodes.push([population.path, done.node]);
    neurons.push(done.report);
    diagnostics.push(...done.diagnostics, ...driftHint(population, biases, fitted.unit, fracBits));
  }
  return { nodes, weights: fitted.weights.map(reportWeight), neurons, diagnostics };
}

/** Populations of one group share their fractional bits, so that every bias fits all of them. */
function chooseFracBits<P>(
  group: ScaleGroup,
  populations: readonly Population[],
  settings: GroupSettings<P>,
): number {
  const asked = populations.map(({ path }) => settings.fracBitsOf(path)).filter((bits) => bits !== undefined);
  if (asked.length > 0) return Math.max(...asked);
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
  unit: Float64Array,
  fracBits: number,
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
