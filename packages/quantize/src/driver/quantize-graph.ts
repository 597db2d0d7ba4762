/** Post-training quantisation of a whole graph: weights, biases, thresholds, leaks and widths, with annotations. */
import {
  assertNoErrors,
  type Diagnostic,
  type NirGraph,
  NirkitError,
  type NirNode,
  type PassContext,
  type PassResult,
  type Sample,
  type Shape,
  sizeOf,
} from "@nirkit/graph";
import { readGraphWords } from "../annotation/decode.ts";
import { annotate, encodeGraph, encodeInput } from "../annotation/encode.ts";
import { type Convention, checkConvention, defaultConvention } from "../convention.ts";
import { quantizeDiagnostic } from "../diagnostics.ts";
import type { QuantizedInput } from "../quantized-view.ts";
import type { WeightQuantizer } from "../weight-quantizer.ts";
import { collectSamples, cosine, hashSamples, spikeRates } from "./calibration.ts";
import { checkFinite, checkOverrides } from "./check-graph.ts";
import { editNested } from "./edit-nested.ts";
import { foldScale } from "./fold-scale.ts";
import type { QuantizeOptions } from "./options.ts";
import { scaleGroups } from "./projections.ts";
import { quantizeGroup } from "./quantize-group.ts";
import type { NeuronReport, QuantizeReport, WeightReport } from "./report.ts";
import { alignInputs, resolveInputs } from "./resolve-inputs.ts";
import { resolveSettings } from "./resolve-settings.ts";

const tool = "nirkit";
const toolVersion = "0.1.0";

/**
 * Quantises every weight of a graph and folds every neuron to integers.
 *
 * The result opens in any NIR reader: dequantised float32 weights, folded thresholds. Exact integers and their
 * arithmetic ride as `nirkit:*` metadata. Loss is reported as numbers ({@link QuantizeReport}), never silent.
 *
 * @param quantizer the scheme
 * @param context `calibration` and `simulate` add spike rates before and after to the report, and input scales
 * @throws NirkitError with every error found: E_DT_MISSING, E_DT_CONFLICT, E_CONVENTION, E_NON_FINITE, E_BAD_NEURON,
 *   E_UNSUPPORTED_NODE, E_NO_WEIGHT, E_JOINT_SCALE, E_THRESHOLD_BELOW_LSB, E_THRESHOLD_NOT_ALIGNED,
 *   E_TAU_NOT_REPRESENTABLE, E_STATE_TOO_NARROW, E_STATE_OVERFLOW, E_ACCUMULATOR_OVERFLOW, E_INPUT_NOT_INTEGER
 */
export async function quantizeGraph<P>(
  graph: NirGraph,
  quantizer: WeightQuantizer<P>,
  options: QuantizeOptions<P>,
  context?: PassContext,
): Promise<PassResult & { readonly report: QuantizeReport }> {
  const convention: Convention = { ...defaultConvention, ...options.convention };
  const found: Diagnostic[] = [
    ...checkConvention(convention),
    ...checkOverrides(graph, options),
    ...checkFinite(graph),
  ];
  const dt = resolveDt(graph, options.dt, found);
  assertNoErrors(found);
  const folded = foldScale(graph);
  const samples = await collectSamples(context);
  const resolved = resolveInputs(folded, options, samples);
  const flat = folded.flatten();
  const types = flat.types();
  assertNoErrors(types.diagnostics);
  const shapeOf = (path: string): Shape | undefined => types.outputShape(path) ?? types.inputShape(path);
  const walkWith = (forms: ReadonlyMap<string, QuantizedInput>): ReturnType<typeof scaleGroups> =>
    scaleGroups({ flat, inputs: forms, sizeAt: (path) => sizeFrom(shapeOf(path)) });
  const first = walkWith(resolved.forms);
  assertNoErrors(first.diagnostics);
  const aligned = alignInputs(resolved, first.groups);
  const inputs = aligned ?? resolved.forms;
  const walk = aligned === undefined ? first : walkWith(aligned);

  const settings = resolveSettings(quantizer, options, dt, convention, (path) => shapeOf(path) ?? []);
  const edits = new Map<string, NirNode>();
  const weights: WeightReport[] = [];
  const neurons: NeuronReport[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const group of walk.groups) {
    context?.signal?.throwIfAborted();
    try {
      const done = quantizeGroup(group, settings);
      for (const [path, node] of done.nodes) edits.set(path, node);
      weights.push(...done.weights);
      neurons.push(...done.neurons);
      diagnostics.push(...done.diagnostics);
    } catch (cause) {
      if (!(cause instanceof NirkitError)) throw cause;
      diagnostics.push(...cause.diagnostics);
    }
    context?.progress?.(
      weights.length,
      walk.groups.reduce((sum, { weights: uses }) => sum + uses.length, 0),
    );
  }
  assertNoErrors(diagnostics);
  for (const [name, input] of inputs) {
    const node = folded.node(name);
    edits.set(name, { ...node, metadata: annotate(node.metadata, encodeInput(input)) });
  }
  const edited = editNested(folded, edits);
  const sourceSha256 = options.sourceSha256 ?? graph.hash();
  const calibration = samples.length === 0 ? undefined : { hash: hashSamples(samples), n: samples.length };
  const words = encodeGraph({ v: 1, dt, tool, toolVersion, calibration, sourceSha256 });
  const result = edited.with({ metadata: annotate(edited.metadata, words) });
  const rated = context === undefined ? neurons : withRates(graph, result, neurons, samples, context, inputs);
  return { graph: result, diagnostics, report: { dt, weights, neurons: rated, samples: samples.length } };
}

function resolveDt(graph: NirGraph, given: number | undefined, found: Diagnostic[]): number {
  const carried = readGraphWords(graph)?.dt;
  const dt = given ?? carried;
  if (dt === undefined) found.push(quantizeDiagnostic("E_DT_MISSING", "options.dt", {}));
  else if (!(dt > 0 && Number.isFinite(dt)))
    found.push(
      quantizeDiagnostic("E_BAD_OPTION", "options.dt", {
        option: "dt",
        found: String(dt),
        expected: "a positive number",
      }),
    );
  else if (carried !== undefined && given !== undefined && carried !== given)
    found.push(quantizeDiagnostic("E_DT_CONFLICT", "options.dt", { given, carried }));
  return dt ?? 1;
}

function withRates(
  before: NirGraph,
  after: NirGraph,
  neurons: readonly NeuronReport[],
  samples: readonly Sample[],
  context: PassContext,
  inputs: ReadonlyMap<string, QuantizedInput>,
): readonly NeuronReport[] {
  const spiking = new Set(["IF", "LIF", "CubaLIF", "Threshold"]);
  const names = neurons.filter(({ type }) => spiking.has(type)).map(({ path }) => path);
  if (samples.length === 0 || context.simulate === undefined || names.length === 0) return neurons;
  const first = spikeRates(before, samples, names, context, new Map());
  const second = spikeRates(after, samples, names, context, inputs);
  return neurons.map((neuron) => {
    const a = first.get(neuron.path);
    const b = second.get(neuron.path);
    if (a === undefined || b === undefined) return neuron;
    return { ...neuron, rateBefore: a.rate, rateAfter: b.rate, countCosine: cosine(a.counts, b.counts) };
  });
}

function sizeFrom(shape: Shape | undefined): number | undefined {
  return shape === undefined ? undefined : sizeOf(shape);
}
