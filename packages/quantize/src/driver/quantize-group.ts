/** Everything integer of one scale group: weights, biases, thresholds, leaks, widths, and the nodes that carry them. */
import {
  type Diagnostic,
  type MetadataValue,
  NirkitError,
  type NirNode,
  type Shape,
  sizeOf,
  type Tensor,
  tensor,
  toFloat64,
} from "@nirkit/graph";
import { bitLength, roundHalfEven, signedWidth } from "@nirkit/integer";
import { annotate, type BiasInts, encodeNeuron, encodeWeight } from "../annotation/encode.ts";
import type { Convention } from "../convention.ts";
import { quantizeDiagnostic } from "../diagnostics.ts";
import { integerLeak, type LeakForm, leakDecay } from "../fold/leak.ts";
import { type FoldableNode, foldRecurrence, type Recurrence } from "../fold/recurrence.ts";
import { channelOf, type FoldedThreshold, foldThreshold, type ThresholdMode } from "../fold/threshold.ts";
import { type InputRange, stateWidth } from "../fold/width.ts";
import type { IntegerLeak } from "../integer-neuron.ts";
import type { QuantizedNeuron } from "../quantized-view.ts";
import type { WeightQuantizer } from "../weight-quantizer.ts";
import { type FittedGroup, type FittedWeight, fitGroup } from "./fit-group.ts";
import type { PopulationUse, ScaleGroup } from "./projections.ts";
import { type NeuronReport, spanOf, type WeightReport } from "./report.ts";

/** Resolved settings of a run. */
export interface GroupSettings<P> {
  readonly quantizer: WeightQuantizer<P>;
  readonly paramsOf: (path: string) => P;
  readonly dt: number;
  readonly convention: Convention;
  readonly mode: ThresholdMode;
  readonly leak: LeakForm;
  readonly overflow: "sat" | "wrap";
  readonly accumulatorBits: number;
  readonly steps: number | undefined;
  readonly fracBitsOf: (path: string) => number | undefined;
  readonly stateBitsOf: (path: string) => number | undefined;
  readonly shapeAt: (path: string) => Shape;
}

/** What a group turns into. */
export interface QuantizedGroup {
  readonly nodes: readonly (readonly [path: string, node: NirNode])[];
  readonly weights: readonly WeightReport[];
  readonly neurons: readonly NeuronReport[];
  readonly diagnostics: readonly Diagnostic[];
}

interface Population extends PopulationUse {
  readonly recurrence?: Recurrence;
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
    diagnostics.push(...warnZeros(weight));
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

interface QuantizedBias extends BiasInts {
  /** Largest error, in weight LSB. */
  readonly error: number;
}

function quantizeBias(weight: FittedWeight, unit: Float64Array, frac: number): QuantizedBias | undefined {
  const { node, path } = weight.use;
  if (!("bias" in node)) return undefined;
  const outputs = node.weight.shape[0] ?? 1;
  const values = toFloat64(node.bias);
  const ints = new Int32Array(outputs);
  let error = 0;
  for (let i = 0; i < outputs; i++) {
    const value = values.length === 1 ? (values[0] ?? 0) : (values[i] ?? 0);
    if (!Number.isFinite(value))
      throw new NirkitError([quantizeDiagnostic("E_NON_FINITE", `nodes.${path}.bias[${i}]`, { value })]);
    const steps = (value / (unit[channelOf(i, outputs, unit.length)] ?? 1)) * 2 ** frac;
    const int = roundHalfEven(steps);
    if (Math.abs(int) > 2147483647) throw tooWide(path, i, signedWidth(-Math.abs(int), Math.abs(int)), 32);
    ints[i] = int;
    error = Math.max(error, Math.abs(int - steps) / 2 ** frac);
  }
  return { ints, frac, error };
}

function weightNode<P>(
  weight: FittedWeight,
  bias: QuantizedBias | undefined,
  settings: GroupSettings<P>,
): NirNode {
  const { use, tensor: quantized, prunedFraction } = weight;
  const words = settings.quantizer.describe(settings.paramsOf(use.path));
  const metadata = annotate(use.node.metadata, encodeWeight(quantized, words, prunedFraction, bias));
  const values: Tensor = { dtype: "float32", shape: quantized.shape, data: quantized.dequant };
  if (bias === undefined || !("bias" in use.node)) return { ...use.node, weight: values, metadata };
  const unit = quantized.scale.map((s) => s * use.inputUnit);
  const dequant = Float32Array.from(
    bias.ints,
    (int, i) => (int * (unit[channelOf(i, bias.ints.length, unit.length)] ?? 1)) / 2 ** bias.frac,
  );
  return { ...use.node, weight: values, bias: tensor("float32", [dequant.length], dequant), metadata };
}

/** Per-step input of every neuron in the finest LSB; refuses sums that an accumulator cannot hold. */
function inputRangeOf<P>(
  population: Population,
  fitted: FittedGroup,
  biases: ReadonlyMap<string, QuantizedBias | undefined>,
  fracBits: number,
  settings: GroupSettings<P>,
): InputRange & { readonly accumulatorBits: number } {
  const low = new Float64Array(population.size);
  const high = new Float64Array(population.size);
  for (const { use, tensor: quantized } of fitted.weights) {
    if (!use.targets.includes(population.path)) continue;
    const outputs = quantized.shape[0] ?? 1;
    const rows = rowBounds(quantized.ints, outputs, use.inputMin, use.inputMax);
    for (let i = 0; i < population.size; i++) {
      const row = channelOf(i, population.size, outputs);
      low[i] = (low[i] ?? 0) + (rows.low[row] ?? 0);
      high[i] = (high[i] ?? 0) + (rows.high[row] ?? 0);
    }
  }
  let accumulatorBits = 1;
  for (let i = 0; i < population.size; i++) {
    const needed = signedWidth(low[i] ?? 0, high[i] ?? 0);
    accumulatorBits = Math.max(accumulatorBits, needed);
    low[i] = (low[i] ?? 0) * 2 ** fracBits;
    high[i] = (high[i] ?? 0) * 2 ** fracBits;
    for (const { use } of fitted.weights) {
      const bias = use.targets.includes(population.path) ? biases.get(use.path) : undefined;
      const value = bias?.ints[channelOf(i, population.size, bias.ints.length)] ?? 0;
      low[i] = (low[i] ?? 0) + value;
      high[i] = (high[i] ?? 0) + value;
    }
    const fine = signedWidth(low[i] ?? 0, high[i] ?? 0);
    const worst = Math.max(needed > settings.accumulatorBits ? needed : 0, fine > 32 ? fine : 0);
    if (worst > 0)
      throw tooWide(
        population.path,
        i,
        worst,
        needed > settings.accumulatorBits ? settings.accumulatorBits : 32,
      );
  }
  return { low, high, accumulatorBits };
}

function rowBounds(
  ints: ArrayLike<number>,
  rows: number,
  min: number,
  max: number,
): { readonly low: Float64Array; readonly high: Float64Array } {
  const low = new Float64Array(rows);
  const high = new Float64Array(rows);
  const per = ints.length / rows;
  for (let i = 0; i < ints.length; i++) {
    const row = Math.floor(i / per);
    const int = ints[i] ?? 0;
    low[row] = (low[row] ?? 0) + Math.min(int * min, int * max, 0);
    high[row] = (high[row] ?? 0) + Math.max(int * min, int * max, 0);
  }
  return { low, high };
}

function quantizeNeuron<P>(
  path: string,
  node: FoldableNode,
  recurrence: Recurrence,
  fitted: FittedGroup,
  fracBits: number,
  range: InputRange & { readonly accumulatorBits: number },
  settings: GroupSettings<P>,
): { readonly node: NirNode; readonly report: NeuronReport; readonly diagnostics: readonly Diagnostic[] } {
  const { convention } = settings;
  const place = `nodes.${path}`;
  const feeding = fitted.weights.filter(({ use }) => use.targets.includes(path));
  const weights = feeding.map(({ use }) => use.path).join(", ");
  const bits = feeding[0]?.tensor.bits ?? 0;
  const threshold = foldThreshold(recurrence, fitted.unit, fracBits, convention, settings.mode, {
    path: place,
    weights,
    bits,
  });
  const none: IntegerLeak = { form: "none" };
  const stateless = recurrence.kind === "threshold";
  const leak = stateless ? none : integerLeak(recurrence.beta, settings.leak, place);
  const synLeak =
    recurrence.synBeta === undefined ? none : integerLeak(recurrence.synBeta, settings.leak, place);
  const reset = stateless || !recurrence.spiking ? "none" : convention.reset;
  const stateBits = settings.stateBitsOf(path);
  const width = stateWidth({
    kind: recurrence.kind,
    spiking: recurrence.spiking,
    reset,
    input: range,
    leak,
    synLeak,
    threshold,
    overflow: settings.overflow,
    path: place,
    ...(stateBits === undefined ? {} : { stateBits }),
    ...(settings.steps === undefined ? {} : { steps: settings.steps }),
  });
  const neuron: QuantizedNeuron = {
    arithmetic: {
      compare: convention.compare,
      reset,
      resetDelay: 0,
      spikeDelay: 0,
      cubaOrder: convention.cubaOrder,
      leak,
      synLeak,
      stateBits: width.stateBits,
      fracBits,
      vMin: width.vMin,
      vMax: width.vMax,
      overflow: settings.overflow,
    },
    theta: compactInts(threshold.theta),
    sub: compactInts(threshold.sub),
    vReset: compactInts(threshold.vReset),
    stateScale: compactScales(recurrence, fitted.unit),
  };
  const vLeak = recurrence.vLeak.find((v) => v !== 0);
  const initial =
    vLeak === undefined || convention.vInit === "vLeak"
      ? []
      : [quantizeDiagnostic("W_INITIAL_STATE", place, { vLeak })];
  const report: NeuronReport = {
    path,
    type: node.type,
    neurons: recurrence.size,
    theta: spanOf(threshold.theta),
    fracBits,
    stateBits: width.stateBits,
    ...(width.neededBits === undefined ? {} : { neededBits: width.neededBits }),
    inputBound: Math.max(-spanOf(range.low)[0], spanOf(range.high)[1]),
    accumulatorBits: range.accumulatorBits,
    tauError: Math.max(
      tauError(recurrence.beta, leak),
      recurrence.synBeta === undefined ? 0 : tauError(recurrence.synBeta, synLeak),
    ),
  };
  return {
    node: neuronNode(node, neuron, threshold, settings.shapeAt(path)),
    report,
    diagnostics: [...width.diagnostics, ...initial],
  };
}

function neuronNode(
  node: FoldableNode,
  neuron: QuantizedNeuron,
  threshold: FoldedThreshold,
  shape: Shape,
): NirNode {
  const size = sizeOf(shape);
  const wide = (source: Tensor): Tensor =>
    source.data.length === size
      ? { ...source, shape }
      : tensor(source.dtype, shape, new Float64Array(size).fill(toFloat64(source)[0] ?? 0));
  const folded = (source: Tensor, values: Float64Array): Tensor =>
    tensor(source.dtype === "float64" ? "float64" : "float32", shape, values);
  const metadata = annotate(node.metadata, encodeNeuron(neuron) as ReadonlyMap<string, MetadataValue>);
  switch (node.type) {
    case "Threshold":
      return { ...node, metadata, threshold: folded(node.threshold, threshold.vThreshold) };
    case "I":
      return { ...node, metadata, r: wide(node.r) };
    case "LI":
      return { ...node, metadata, tau: wide(node.tau), r: wide(node.r), vLeak: wide(node.vLeak) };
    case "CubaLI":
      return {
        ...node,
        metadata,
        tauSyn: wide(node.tauSyn),
        tauMem: wide(node.tauMem),
        r: wide(node.r),
        vLeak: wide(node.vLeak),
        wIn: wide(node.wIn),
      };
    default: {
      const spiking = {
        metadata,
        r: wide(node.r),
        vThreshold: folded(node.vThreshold, threshold.vThreshold),
        vReset: folded(node.vReset, threshold.vResetValue),
      };
      if (node.type === "IF") return { ...node, ...spiking };
      if (node.type === "LIF") return { ...node, ...spiking, tau: wide(node.tau), vLeak: wide(node.vLeak) };
      return {
        ...node,
        ...spiking,
        tauSyn: wide(node.tauSyn),
        tauMem: wide(node.tauMem),
        vLeak: wide(node.vLeak),
        wIn: wide(node.wIn),
      };
    }
  }
}

function warnZeros(weight: FittedWeight): readonly Diagnostic[] {
  const kept = 1 - weight.prunedFraction;
  const zeros = kept === 0 ? 0 : (weight.tensor.stats.zeroFraction - weight.prunedFraction) / kept;
  return zeros > 0.95
    ? [
        quantizeDiagnostic("W_MOSTLY_ZERO", `nodes.${weight.use.path}.weight`, {
          zeros,
          bits: weight.tensor.bits,
        }),
      ]
    : [];
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

function reportWeight(weight: FittedWeight): WeightReport {
  const { tensor: quantized, fitted, use, prunedFraction } = weight;
  const { scheme, bits, axis, scale, stats } = quantized;
  return {
    path: use.path,
    scheme,
    bits,
    axis,
    weights: quantized.ints.length,
    alpha: spanOf(fitted.alpha),
    scale: spanOf(scale),
    sqnrDb: stats.sqnrDb,
    mse: stats.mse,
    clippedFraction: stats.clippedFraction,
    zeroFraction: stats.zeroFraction,
    prunedFraction,
  };
}

function tauError(beta: Float64Array, leak: IntegerLeak): number {
  return beta.reduce(
    (worst, b, i) => (b < 1 ? Math.max(worst, Math.abs(b - leakDecay(leak, i)) / (1 - b)) : worst),
    0,
  );
}

function compactInts(values: Int32Array): Int32Array {
  return values.every((x) => x === values[0]) ? values.slice(0, 1) : values;
}

function compactScales(recurrence: Recurrence, unit: Float64Array): Float64Array {
  const n = recurrence.size;
  const scales = recurrence.gain.map((g, i) => g * (unit[channelOf(i, n, unit.length)] ?? 1));
  return scales.every((x) => x === scales[0]) ? scales.slice(0, 1) : scales;
}

function tooWide(path: string, neuron: number, needed: number, available: number): NirkitError {
  return new NirkitError([
    quantizeDiagnostic("E_ACCUMULATOR_OVERFLOW", `nodes.${path}`, { needed, available, neuron }),
  ]);
}
