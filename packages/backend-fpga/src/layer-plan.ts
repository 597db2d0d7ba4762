/** One layer of the chain as a core with widths, parameters and memories. */
import { bitLength, signedWidth } from "@nirkit/integer";
import type { IntegerNeuron, PopulationBounds } from "@nirkit/network";
import type { IntegerLeak } from "@nirkit/quantize";
import type { ChainLayer } from "./chain.ts";
import type { LayerGeometry } from "./layer-geometry.ts";
import { largestLevel } from "./loadable-range.ts";
import { streamAddressBits } from "./map-address.ts";
import type { FpgaOptions } from "./options.ts";
import { ParameterTable } from "./parameter-table.ts";
import type {
  LayerPlan,
  LayerWidths,
  LeakPlan,
  NeuronPlan,
  ProjectionPlan,
  StateMemory,
} from "./plan-types.ts";
import type { RowsPlan } from "./sparse-rows.ts";
import { type StateGrid, stateGrid } from "./state-grid.ts";
import { magnitudeBits, type WeightCoding } from "./weight-code.ts";
import { kernelMatrix, type WeightMatrix, weightMatrix } from "./weight-matrix.ts";
import { shiftSchemes } from "./weight-shifts.ts";

/** What a layer takes from the design around it. */
export interface LayerContext {
  readonly name: string;
  readonly bounds: PopulationBounds;
  /** Signed bits of an input value; 0 for spikes. */
  readonly valueBits: number;
  readonly isFirst: boolean;
  readonly geometry: LayerGeometry;
  readonly lanes: number;
  readonly options: FpgaOptions;
  /** Arcs beside the first. */
  readonly extra?: readonly ExtraArc[];
}

/** An arc beside the first: its weights in the words of the layer. */
export interface ExtraArc {
  readonly matrix: WeightMatrix;
  readonly projections: ChainLayer["feedForward"];
  readonly value: number;
}

/** A layer, and what its arcs hold, in their order. */
export type PlannedLayer = LayerPlan & { readonly arcProjections: readonly ProjectionPlan[] };

/** Plans one layer; the network has passed the checks. */
export function planLayer(layer: ChainLayer, context: LayerContext): PlannedLayer {
  const { population, neuron, neurons } = layer;
  const { name, options, valueBits, geometry, lanes, extra = [] } = context;
  const isLoadable = options.weights === "ram";
  const { conv } = geometry;
  const feedForward = feedForwardMatrix(layer, geometry);
  const rowWords = Math.ceil(feedForward.rowLength / lanes);
  const words = conv === null ? rowWords : rowWords * conv.groups * conv.outShape[1] * conv.outShape[2];
  const recurrent =
    layer.recurrent.length > 0 ? weightMatrix(layer.recurrent, { inputs: neurons, neurons }) : undefined;
  const table = new ParameterTable({ name, neurons, lanes, conv, isLoadable }, parameterArrays(layer));
  const forward = table.weights("weights", feedForward, {
    valueBits,
    bac: options.bac,
    ...(isLoadable ? { most: largestLevel(layer.feedForward) } : {}),
    severalShifts:
      !isLoadable && layer.feedForward.every(({ weights }) => shiftSchemes.includes(weights.scheme)),
    ...(conv === null && extra.length === 0 ? { rows: options } : {}),
  });
  const back =
    recurrent &&
    table.weights("recurrent", recurrent, {
      valueBits: 0,
      bac: options.bac,
      ...(isLoadable ? { most: largestLevel(layer.recurrent) } : {}),
    });
  const extraCodings = extra.map(({ matrix, value, projections }, k) =>
    table.weights("weights", matrix, {
      valueBits: value,
      bac: options.bac,
      ...(isLoadable ? { most: largestLevel(projections) } : {}),
      severalShifts: !isLoadable && projections.every(({ weights }) => shiftSchemes.includes(weights.scheme)),
      arc: k + 1,
    }),
  );
  const productBits = Math.max(
    laneBits(forward, feedForward.shift, valueBits),
    ...extra.map(({ matrix, value }, k) => laneBits(extraCodings[k] as WeightCoding, matrix.shift, value)),
    back === undefined ? 0 : laneBits(back, 0, 0),
  );
  const widths = layerWidths(layer, context, productBits);
  const arithmetic = neuronPlan(layer, table, widths.work);
  if (neuron.kind === "delay") delayMemory(neuron, table);
  const first = projectionPlan(layer.feedForward, "feed-forward", feedForward, forward);
  return {
    name,
    path: population.name,
    core: "nk_layer",
    kind: neuron.kind as LayerPlan["kind"],
    shape: [...population.shape],
    ...geometry,
    neurons,
    lanes,
    words,
    rowWords,
    parameterWords: table.parameterWords,
    projections: [
      first,
      ...(recurrent === undefined || back === undefined
        ? []
        : [projectionPlan(layer.recurrent, "recurrent", recurrent, back)]),
    ],
    widths: { ...widths, value: valueBits, output: neuron.spiking ? 0 : neuron.stateBits },
    neuron: arithmetic,
    holdInput: context.isFirst && options.holdInput,
    memories: table.memories,
    state: stateMemories(layer, lanes, words, widths),
    arcProjections: [
      first,
      ...extra.map(({ matrix, projections }, k) =>
        projectionPlan(projections, "feed-forward", matrix, extraCodings[k] as (typeof extraCodings)[number]),
      ),
    ],
  };
}

/** The delay of every neuron, in the fewest bits, where they have one. */
function delayMemory({ delaySteps }: IntegerNeuron, table: ParameterTable): void {
  const steps = delaySteps ?? new Int32Array(0);
  const bits = delayBits(steps);
  if (bits > 0) table.parameter("delay", steps, bits, 0);
}

/** Bits of the longest delay; 0 without any. */
function delayBits(steps: Int32Array): number {
  return bitLength(largest(steps));
}

function feedForwardMatrix(layer: ChainLayer, { conv, pool, inputs }: LayerGeometry): WeightMatrix {
  const [only] = layer.feedForward;
  if (conv !== null && only !== undefined) return kernelMatrix(only, conv);
  return weightMatrix(layer.feedForward, { inputs, neurons: layer.neurons, isPooled: pool !== null });
}

function projectionPlan(
  projections: ChainLayer["feedForward"],
  role: "feed-forward" | "recurrent",
  matrix: WeightMatrix,
  { code, bits, slots, rows }: WeightCoding & { readonly rows: RowsPlan },
): ProjectionPlan {
  const nonZero = matrix.rows.reduce((count, w) => count + (w === 0 ? 0 : 1), 0);
  const path = projections.map((p) => p.name).join(" + ");
  const layout = slots === undefined ? {} : { slots };
  return { path, role, weightBits: bits, code, ...layout, shift: matrix.shift, rows, nonZero };
}

/** Bits that a lane needs its accumulator to have. */
function laneBits(coding: WeightCoding, shift: number, valueBits: number): number {
  if (coding.code === "integer" || valueBits === 0) return Math.max(coding.bits, valueBits);
  return magnitudeBits(coding) + valueBits + shift;
}

type Widths = Omit<LayerWidths, "value" | "output">;

/**
 * AB = 1 + ceil(log2(max_i sum_j |w_ij| · valMax · nMax + 1)) and XB likewise for x, from the integers that are there;
 * `work` also holds TH, SUB, VR and x − SUB.
 */
function layerWidths(layer: ChainLayer, context: LayerContext, productBits: number): Widths {
  const { neuron, neurons } = layer;
  const { bounds, geometry } = context;
  const grid = gridOf(neuron);
  // A layer whose weights are all 0 needs no accumulator, but its operands have a width all the same.
  const acc = Math.max(bounds.accBits, productBits);
  const isLoadable = context.options.weights === "ram";
  // Thresholds that are loaded are no larger than what they are set against.
  const reset = isLoadable ? bounds.x : Math.max(largest(neuron.sub), largest(neuron.vReset));
  const threshold = largest(neuron.theta) + 1;
  const work = Math.max(
    1 + bitLength(bounds.x + reset),
    1 + bitLength(threshold),
    bounds.synBits,
    acc + neuron.fracBits,
    neuron.stateBits,
    2,
  );
  return {
    inputAddress: streamAddressBits(geometry.conv?.inShape ?? null, geometry.inputs),
    index: streamAddressBits(geometry.conv?.outShape ?? null, neurons),
    acc,
    x: bounds.xBits,
    work,
    state: neuron.stateBits,
    stored: grid === undefined ? neuron.stateBits : signedWidth(grid.low / grid.step, grid.high / grid.step),
    frac: neuron.fracBits,
  };
}

function largest(values: Int32Array): number {
  return values.reduce((bound, value) => Math.max(bound, Math.abs(value)), 0);
}

/** The spike test x >= threshold of one neuron each. */
function thresholds({ neuron }: ChainLayer): Float64Array {
  return Float64Array.from(neuron.theta, (theta) => (neuron.compare === "gt" ? theta + 1 : theta));
}

/** Factors of the leaks that have one per neuron. */
function leakFactors(leak: IntegerLeak): ArrayLike<number> {
  return leak.form === "mul" && typeof leak.mul !== "number" ? leak.mul : [0];
}

/** Everything that may differ between neurons. */
function parameterArrays(layer: ChainLayer): ArrayLike<number>[] {
  const { population, neuron } = layer;
  const leaks = neuron.kind === "cuba" ? [neuron.leak, neuron.synLeak] : [neuron.leak];
  const delays = neuron.kind === "delay" ? [neuron.delaySteps ?? []] : [];
  return [neuron.theta, neuron.sub, neuron.vReset, population.bias, ...leaks.map(leakFactors), ...delays];
}

function neuronPlan(layer: ChainLayer, table: ParameterTable, work: number): NeuronPlan {
  const { population, neuron } = layer;
  const hasState = neuron.kind === "lif" || neuron.kind === "cuba";
  const fires = neuron.spiking;
  const reset = fires && hasState ? neuron.reset : "none";
  return {
    spiking: fires,
    hasState,
    compare: neuron.compare,
    reset,
    resetDelay: reset === "none" ? 0 : neuron.resetDelay,
    spikeDelay: fires ? neuron.spikeDelay : 0,
    cubaOrder: neuron.cubaOrder,
    overflow: neuron.overflow,
    ...stateRange(neuron),
    leak: hasState ? leakPlan(neuron.leak, table, "leak") : { form: "none" },
    synLeak: neuron.kind === "cuba" ? leakPlan(neuron.synLeak, table, "synLeak") : { form: "none" },
    // Lanes past the last neuron get the largest threshold.
    threshold: fires ? table.parameter("theta", thresholds(layer), work, 2 ** (work - 1) - 1) : 0,
    sub: reset === "subtract" ? table.parameter("sub", neuron.sub, work, 0) : 0,
    vReset: reset === "value" ? table.parameter("vReset", neuron.vReset, work, 0) : 0,
    // A delay hands on what came, and nothing else.
    bias: neuron.kind === "delay" ? 0 : table.parameter("bias", population.bias, work, 0),
  };
}

/** The grid of a state; uneven ones are refused before. */
function gridOf(neuron: IntegerNeuron): StateGrid | undefined {
  const grid = stateGrid(neuron);
  return grid === "uneven" ? undefined : grid;
}

function stateRange(neuron: IntegerNeuron): Pick<NeuronPlan, "vMin" | "vMax" | "stateStep"> {
  const grid = gridOf(neuron);
  if (grid !== undefined) return { vMin: grid.low, vMax: grid.high, stateStep: grid.step };
  return { ...plainRange(neuron), stateStep: 1 };
}

function plainRange(neuron: IntegerNeuron): { vMin: number; vMax: number } {
  if (neuron.overflow === "sat") return { vMin: neuron.vMin, vMax: neuron.vMax };
  return { vMin: -(2 ** (neuron.stateBits - 1)), vMax: 2 ** (neuron.stateBits - 1) - 1 };
}

function leakPlan(leak: IntegerLeak, table: ParameterTable, role: "leak" | "synLeak"): LeakPlan {
  if (leak.form === "none") return { form: "none" };
  // U − (U >> 0) is 0 for every U.
  if (leak.form === "shift" && leak.shift === 0)
    return { form: "mul", mul: 0, bits: 2, shift: 0, round: "floor" };
  if (leak.form === "shift") return { form: "shift", shift: leak.shift };
  const factors = Float64Array.from(typeof leak.mul === "number" ? [leak.mul] : leak.mul);
  const bits = Math.max(2, 1 + bitLength(factors.reduce((a, b) => Math.max(a, b), 0)));
  return {
    form: "mul",
    mul: table.parameter(role, factors, bits, 0),
    bits,
    shift: leak.shift,
    round: leak.round,
  };
}

function stateMemories(
  layer: ChainLayer,
  lanes: number,
  words: number,
  widths: Widths,
): readonly StateMemory[] {
  const { neuron } = layer;
  const bits = lanes * widths.stored;
  const spikes = { width: lanes, depth: words };
  return [
    { role: "accumulator", width: lanes * widths.acc, depth: words },
    ...(neuron.kind === "delay" && delayBits(neuron.delaySteps ?? new Int32Array(0)) > 0
      ? [
          {
            role: "delayedSums" as const,
            width: lanes * (neuron.spiking ? 1 : widths.acc),
            depth: words * 2 ** delayBits(neuron.delaySteps ?? new Int32Array(0)),
          },
        ]
      : []),
    ...(neuron.kind === "lif" || neuron.kind === "cuba"
      ? [{ role: "membrane" as const, width: bits, depth: words }]
      : []),
    ...(neuron.kind === "cuba" ? [{ role: "current" as const, width: bits, depth: words }] : []),
    ...(layer.recurrent.length > 0 ? [{ role: "recurrentSpikes" as const, ...spikes }] : []),
    ...(neuron.spiking && (neuron.spikeDelay === 1 || neuron.resetDelay === 1)
      ? [{ role: "lastSpikes" as const, ...spikes }]
      : []),
  ];
}
