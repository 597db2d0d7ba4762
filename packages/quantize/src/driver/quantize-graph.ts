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
  type SpikeInput,
} from "@nirkit/graph";
import { annotate, encodeEncoding, encodeGraph, encodeInput } from "../annotation/encode.ts";
import { quantizeDiagnostic } from "../diagnostics.ts";
import type { WeightQuantizer } from "../weight-quantizer.ts";
import { collectSamples, hashSamples, snapInput } from "./calibration.ts";
import { editNested } from "./edit-nested.ts";
import { withMeasurements } from "./measure.ts";
import type { QuantizeOptions } from "./options.ts";
import { type Prepared, prepareGraph } from "./prepare.ts";
import { type QuantizedGroup, quantizeGroup } from "./quantize-group.ts";
import { edgeKey, type ReplayContext } from "./replay.ts";
import type { NeuronReport, QuantizeReport, WeightReport } from "./report.ts";
import { type PlannedGroup, type SearchRequest, searchPlans } from "./search-plans.ts";
import { countsOf, largestOutput, squaredDifference } from "./spike-counts.ts";

const tool = "nirkit";
const toolVersion = "0.1.0";

/**
 * Quantises every weight of a graph and folds every neuron to integers.
 *
 * The result opens in any NIR reader: dequantised float32 weights, folded thresholds. Exact integers and their
 * arithmetic ride as `nirkit:*` metadata. Loss is reported as numbers ({@link QuantizeReport}), never silent. The same
 * graph, options and samples give the same bytes, whatever the order of nodes and edges in the file and of the samples.
 *
 * @param quantizer the scheme; `overrides` name others for some nodes
 * @param context `calibration` and `simulate` add spike rates before and after to the report, input scales, and what
 *   `scaling` and `secondOrder` search on; `progress` counts groups, or candidates of the search
 * @throws NirkitError with every error found: E_DT_MISSING, E_DT_CONFLICT, E_CONVENTION, E_NON_FINITE, E_BAD_NEURON,
 *   E_UNSUPPORTED_NODE, E_NO_WEIGHT, E_JOINT_SCALE, E_THRESHOLD_BELOW_LSB, E_THRESHOLD_NOT_ALIGNED,
 *   E_TAU_NOT_REPRESENTABLE, E_STATE_TOO_NARROW, E_STATE_OVERFLOW, E_MEMBRANE_GRID, E_ACCUMULATOR_OVERFLOW,
 *   E_INPUT_NOT_INTEGER, E_NO_CALIBRATION; the reason of `context.signal` when it is aborted
 */
export async function quantizeGraph<P>(
  graph: NirGraph,
  quantizer: WeightQuantizer<P>,
  options: QuantizeOptions<P>,
  context: PassContext = {},
): Promise<PassResult & { readonly report: QuantizeReport }> {
  context.signal?.throwIfAborted();
  const samples = await collectSamples(context);
  const prepared = prepareGraph(graph, quantizer, options, samples);
  const inputs = samples.map(({ input }) => snapInput(input, prepared.inputs));
  const searches = options.scaling !== undefined || options.secondOrder === true;
  const plain = (): readonly PlannedGroup[] => plainGroups(prepared, context);
  const baseline = (): readonly PlannedGroup[] | undefined => {
    try {
      return plainGroups(prepared, { ...context, progress: () => undefined });
    } catch (cause) {
      // What absmax cannot express is no baseline.
      if (cause instanceof NirkitError) return undefined;
      throw cause;
    }
  };
  const searched = searches ? searchWith(prepared, options, samples, inputs, context) : undefined;
  const { scaling } = options;
  const fellBack =
    searched !== undefined &&
    scaling !== undefined &&
    isWorse(searched, baseline(), prepared, {
      samples,
      inputs,
      signal: context.signal,
      simulate: context.simulate,
      labelled: scaling.objective === "accuracy" && samples.every(({ label }) => label !== undefined),
    });
  const planned = searched === undefined || fellBack ? plain() : searched;
  const result = assemble(graph, prepared, planned, options, samples);
  const report = reportOf(planned);
  const { neurons, accuracy } = withMeasurements(
    report.neurons,
    { graph: prepared.folded, inputs: samples.map(({ input }) => input) },
    { graph: result, inputs },
    prepared,
    samples.map(({ label }) => label),
    context,
  );
  return {
    graph: result,
    diagnostics: planned.flatMap(({ quantized }) => quantized.diagnostics),
    report: {
      dt: prepared.dt,
      weights: report.weights,
      neurons: neurons.map(({ stateScale: _unit, ...rest }) => rest),
      samples: samples.length,
      ...accuracy,
      ...(options.scaling === undefined ? {} : { scalingFellBack: fellBack }),
    },
  };
}

/** Every group with the scheme's own fit; all errors at once. */
function plainGroups({ groups, settings }: Prepared, context: PassContext): readonly PlannedGroup[] {
  const found: Diagnostic[] = [];
  const done: PlannedGroup[] = [];
  const total = groups.reduce((sum, { weights }) => sum + weights.length, 0);
  let weights = 0;
  for (const group of groups) {
    context.signal?.throwIfAborted();
    try {
      const quantized: QuantizedGroup = quantizeGroup(group, settings);
      done.push({ plan: {}, quantized });
    } catch (cause) {
      if (!(cause instanceof NirkitError)) throw cause;
      found.push(...cause.diagnostics);
    }
    weights += group.weights.length;
    context.progress?.(weights, total);
  }
  assertNoErrors(found);
  return done;
}

function searchWith<P>(
  prepared: Prepared,
  options: QuantizeOptions<P>,
  samples: readonly Sample[],
  inputs: readonly SpikeInput[],
  context: PassContext,
): readonly PlannedGroup[] {
  const { flat, groups, settings } = prepared;
  const { simulate } = context;
  if (samples.length === 0 || simulate === undefined)
    throw new NirkitError([
      quantizeDiagnostic("E_NO_CALIBRATION", "options", {
        wanted: options.scaling === undefined ? "secondOrder" : "A threshold scaling",
      }),
    ]);
  const request: SearchRequest = {
    flat,
    groups,
    settings,
    replay: replayContext(prepared, simulate),
    samples,
    inputs,
    scaling: options.scaling,
    secondOrder: options.secondOrder === true,
    signal: context.signal,
    progress: (done, total) => context.progress?.(done, total),
  };
  return searchPlans(request);
}

function replayContext(
  { plan, shapeInto, shapeOf }: Prepared,
  simulate: NonNullable<PassContext["simulate"]>,
): ReplayContext {
  const feedback = new Set(plan.feedback.map(([from, to]) => edgeKey(from, to)));
  return { simulate, shapeInto, shapeOf, feedback };
}

/**
 * True where the searched network as a whole scores worse than the plain one: more wrong labels for the objective accuracy
 * on labelled samples, then a larger squared difference of the spike counts.
 */
function isWorse(
  searched: readonly PlannedGroup[],
  plain: readonly PlannedGroup[] | undefined,
  { flat }: Prepared,
  request: Pick<SearchRequest, "samples" | "inputs" | "signal"> & {
    readonly simulate: PassContext["simulate"];
    readonly labelled: boolean;
  },
): boolean {
  const { simulate, samples, inputs, signal, labelled } = request;
  if (simulate === undefined || plain === undefined) return false;
  const nodes = plain.flatMap(({ quantized }) => quantized.neurons.map(({ path }) => path));
  const record = { nodes, signals: ["out"] as const };
  const graphs = [searched, plain].map((planned) =>
    flat.with({ setNodes: planned.flatMap(({ quantized }) => [...quantized.nodes]) }),
  );
  const errors = [0, 0];
  const wrong = [0, 0];
  samples.forEach(({ input, label }, i) => {
    signal?.throwIfAborted();
    const wanted = simulate(flat, input, record);
    graphs.forEach((graph, k) => {
      const trace = simulate(graph, inputs[i] ?? input, record);
      for (const path of nodes)
        errors[k] = (errors[k] ?? 0) + squaredDifference(countsOf(trace, path), countsOf(wanted, path));
      if (labelled && largestOutput(trace) !== label) wrong[k] = (wrong[k] ?? 0) + 1;
    });
  });
  const more = (wrong[0] ?? 0) - (wrong[1] ?? 0);
  return more > 0 || (more === 0 && (errors[0] ?? 0) > (errors[1] ?? 0));
}

/** The graph with its quantised nodes and annotations; nested graphs stay nested. */
function assemble<P>(
  graph: NirGraph,
  { folded, inputs, dt }: Prepared,
  planned: readonly PlannedGroup[],
  options: QuantizeOptions<P>,
  samples: readonly Sample[],
): NirGraph {
  const edits = new Map<string, NirNode>(planned.flatMap(({ quantized }) => [...quantized.nodes]));
  const annotated = new Set([...inputs.keys(), ...(options.encodings?.keys() ?? [])]);
  for (const name of annotated) {
    const node = folded.node(name);
    const form = inputs.get(name);
    const encoding = options.encodings?.get(name);
    const entries = new Map([
      ...(form === undefined ? [] : encodeInput(form)),
      ...(encoding === undefined ? [] : encodeEncoding(encoding)),
    ]);
    edits.set(name, { ...node, metadata: annotate(node.metadata, entries) });
  }
  const edited = editNested(folded, edits);
  const sourceSha256 = options.sourceSha256 ?? graph.hash();
  const calibration = samples.length === 0 ? undefined : { hash: hashSamples(samples), n: samples.length };
  const words = encodeGraph({ v: 1, dt, tool, toolVersion, calibration, sourceSha256 });
  return edited.with({ metadata: annotate(edited.metadata, words) });
}

function reportOf(planned: readonly PlannedGroup[]): {
  readonly weights: readonly WeightReport[];
  readonly neurons: readonly NeuronReport[];
} {
  return {
    weights: planned.flatMap(({ quantized }) => quantized.weights),
    neurons: planned.flatMap(({ quantized, error }) =>
      quantized.neurons.map((neuron) => (error === undefined ? neuron : { ...neuron, countError: error })),
    ),
  };
}
