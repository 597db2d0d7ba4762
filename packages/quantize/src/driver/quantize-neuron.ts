/** Neuron nodes of a group: thresholds, leaks, widths, and the nodes that carry them. */
import {
  type Diagnostic,
  type NirNode,
  type Shape,
  sizeOf,
  type Tensor,
  tensor,
  toFloat64,
} from "@nirkit/graph";
import { annotate, encodeNeuron } from "../annotation/encode.ts";
import { quantizeDiagnostic } from "../diagnostics.ts";
import { integerLeak, leakDecay } from "../fold/leak.ts";
import type { FoldableNode, Recurrence } from "../fold/recurrence.ts";
import { channelOf, type FoldedThreshold, foldThreshold } from "../fold/threshold.ts";
import { type StateWidth, stateWidth } from "../fold/width.ts";
import type { IntegerLeak, NeuronArithmetic } from "../integer-neuron.ts";
import type { QuantizedNeuron } from "../quantized-view.ts";
import type { FittedGroup } from "./fit-group.ts";
import type { GroupSettings } from "./group-settings.ts";
import type { SumRange } from "./input-range.ts";
import { type NeuronReport, spanOf } from "./report.ts";

/** Folds one population and annotates its node. */
export function quantizeNeuron(
  path: string,
  node: FoldableNode,
  recurrence: Recurrence,
  fitted: FittedGroup,
  range: SumRange,
  settings: GroupSettings,
): { readonly node: NirNode; readonly report: NeuronReport; readonly diagnostics: readonly Diagnostic[] } {
  const { convention } = settings;
  const { fracBits } = fitted;
  const place = `nodes.${path}`;
  const feeding = fitted.weights.filter(({ use }) => use.targets.includes(path));
  const weights = feeding.map(({ use }) => use.path).join(", ");
  const bits = feeding[0]?.tensor.bits ?? 0;
  const scheme =
    recurrence.spiking && recurrence.kind !== "threshold" ? settings.membraneOf(path) : undefined;
  const threshold = foldThreshold(
    recurrence,
    fitted.unit,
    fracBits,
    convention,
    scheme?.aligned === true && convention.reset !== "subtract" ? "exact" : settings.mode,
    { path: place, weights, bits },
  );
  const none: IntegerLeak = { form: "none" };
  const stateless = recurrence.kind === "threshold";
  const leak = stateless ? none : integerLeak(recurrence.beta, settings.leak, place);
  const synLeak =
    recurrence.synBeta === undefined ? none : integerLeak(recurrence.synBeta, settings.leak, place);
  const reset = stateless || !recurrence.spiking ? "none" : convention.reset;
  const stateScale = scalesOf(recurrence, fitted.unit);
  const { theta, vReset } = threshold;
  const grid = scheme?.grid({ path: place, theta, vReset, fracBits, stateScale });
  const stateBits = grid?.stateBits ?? settings.stateBitsOf(path);
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
    ...(grid === undefined ? {} : { grid }),
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
      ...(grid?.stateLevels === undefined ? {} : { stateLevels: grid.stateLevels }),
    },
    theta: compact(theta),
    sub: compact(threshold.sub),
    vReset: compact(vReset),
    stateScale: compact(stateScale),
  };
  const vLeak = recurrence.vLeak.find((v) => v !== 0);
  const initial =
    vLeak === undefined || convention.vInit === "vLeak"
      ? []
      : [quantizeDiagnostic("W_INITIAL_STATE", place, { vLeak })];
  const report = reportNeuron(path, node, recurrence, {
    arithmetic: neuron.arithmetic,
    threshold,
    width,
    range,
  });
  return {
    node:
      settings.nodes === "float"
        ? {
            ...floatNode(node, recurrence, settings.shapeAt(path)),
            metadata: annotate(node.metadata, encodeNeuron(neuron)),
          }
        : neuronNode(node, neuron, threshold, settings.shapeAt(path)),
    report: {
      ...report,
      stateScale,
      storedBits: grid?.storedBits ?? width.stateBits,
      ...(scheme === undefined ? {} : { membrane: scheme.name }),
    },
    diagnostics: [...width.diagnostics, ...initial],
  };
}

function reportNeuron(
  path: string,
  node: FoldableNode,
  recurrence: Recurrence,
  found: {
    readonly arithmetic: NeuronArithmetic;
    readonly threshold: FoldedThreshold;
    readonly width: StateWidth;
    readonly range: SumRange;
  },
): NeuronReport {
  const { arithmetic, threshold, width, range } = found;
  const { leak, synLeak, fracBits } = arithmetic;
  return {
    path,
    type: node.type,
    neurons: recurrence.size,
    theta: spanOf(threshold.theta),
    fracBits,
    stateBits: width.stateBits,
    storedBits: width.stateBits,
    ...(width.neededBits === undefined ? {} : { neededBits: width.neededBits }),
    inputBound: Math.max(-spanOf(range.low)[0], spanOf(range.high)[1]),
    accumulatorBits: range.accumulatorBits,
    tauError: Math.max(
      tauError(recurrence.beta, leak),
      recurrence.synBeta === undefined ? 0 : tauError(recurrence.synBeta, synLeak),
    ),
  };
}

/** The node as it was, its threshold times the factor of a threshold scaling. */
function floatNode(node: FoldableNode, { theta, vLeak }: Recurrence, shape: Shape): FoldableNode {
  const values = theta.map((t, i) => t + (vLeak[i] ?? 0));
  const like = ({ dtype }: Tensor): Tensor =>
    tensor(dtype === "float64" ? "float64" : "float32", shape, values);
  if (node.type === "Threshold") return { ...node, threshold: like(node.threshold) };
  return "vThreshold" in node ? { ...node, vThreshold: like(node.vThreshold) } : node;
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
  const metadata = annotate(node.metadata, encodeNeuron(neuron));
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

function tauError(beta: Float64Array, leak: IntegerLeak): number {
  return beta.reduce(
    (worst, b, i) => (b < 1 ? Math.max(worst, Math.abs(b - leakDecay(leak, i)) / (1 - b)) : worst),
    0,
  );
}

function compact<A extends Int32Array | Float64Array>(values: A): A {
  return values.every((x: number) => x === values[0]) ? (values.slice(0, 1) as A) : values;
}

function scalesOf(recurrence: Recurrence, unit: Float64Array): Float64Array {
  const n = recurrence.size;
  return recurrence.gain.map((g, i) => g * (unit[channelOf(i, n, unit.length)] ?? 1));
}
