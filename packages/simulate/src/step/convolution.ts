/** Conv1d and Conv2d: cross-correlation by scattering, without work for silent inputs. */
import { type Conv1d, type Conv2d, type Padding, type Shape, sizeOf, type Tensor } from "@nirkit/graph";
import { constants, type FloatArray, floats, parameter, rounding } from "../float-array.ts";
import { noSignals, type Step, type StepContext } from "./step.ts";
import { addsBias, weightValues } from "./weights.ts";

/** One axis of a sliding window with the zeros before its first element. */
interface WindowAxis {
  readonly size: number;
  readonly outSize: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
}

/** A convolution as numbers; Conv1d is one of height 1. Weights are `[C_out, C_in/groups, KH, KW]`. */
export interface ConvolutionPlan {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  readonly vertical: WindowAxis;
  readonly horizontal: WindowAxis;
  readonly weight: FloatArray;
  /** One value per output channel. */
  readonly bias: FloatArray;
}

/**
 * The numbers of a convolution node.
 *
 * `same` pads d·(K − 1) zeros in all, of which the smaller half stands before the first element.
 *
 * @throws E_NON_FINITE, E_PARAMETER_SHAPE, E_CONSTANT
 */
function convolutionPlan(node: Conv1d | Conv2d, context: StepContext): ConvolutionPlan {
  const { precision, inputShape, outputShape } = context;
  const flat = node.type === "Conv1d";
  const axis = (at: number): WindowAxis => windowAxis(node, at, inputShape, outputShape);
  const single: WindowAxis = { size: 1, outSize: 1, kernel: 1, stride: 1, dilation: 1, before: 0 };
  const outChannels = outputShape[0] ?? 0;
  return {
    inChannels: inputShape[0] ?? 0,
    outChannels,
    groups: node.groups,
    vertical: flat ? single : axis(0),
    horizontal: flat ? axis(0) : axis(1),
    weight: weightValues(node.weight, context),
    bias: addsBias(context) ? channelBias(node.bias, outChannels, context) : floats(precision, outChannels),
  };
}

/** A bias stored `[C, 1, 1]` is one value per channel too. */
function channelBias(bias: Tensor, channels: number, { name, precision }: StepContext): FloatArray {
  const path = `nodes.${name}.bias`;
  const values = parameter({ ...bias, shape: [sizeOf(bias.shape)] }, [channels], path);
  return constants(precision, values, "bias", path);
}

function windowAxis(node: Conv1d | Conv2d, at: number, inputShape: Shape, outputShape: Shape): WindowAxis {
  const of = (value: number | readonly number[]): number =>
    typeof value === "number" ? value : (value[at] ?? 1);
  const kernel = node.weight.shape[2 + at] ?? 1;
  const dilation = of(node.dilation);
  const padding: Padding<number | readonly number[]> = node.padding;
  const before =
    padding === "valid" ? 0 : padding === "same" ? Math.floor((dilation * (kernel - 1)) / 2) : of(padding);
  return {
    size: inputShape[1 + at] ?? 1,
    outSize: outputShape[1 + at] ?? 1,
    kernel,
    stride: of(node.stride),
    dilation,
    before,
  };
}

/** Where one input position lands: output positions, and the kernel element that takes it there. */
interface Taps {
  /** `length + 1` entries; taps of position p are `start[p] … start[p + 1] - 1`. */
  readonly start: Int32Array;
  readonly target: Int32Array;
  readonly element: Int32Array;
}

function tapsOf({ size, outSize, kernel, stride, dilation, before }: WindowAxis): Taps {
  const start = new Int32Array(size + 1);
  const target: number[] = [];
  const element: number[] = [];
  for (let p = 0; p < size; p++) {
    for (let k = 0; k < kernel; k++) {
      const from = p + before - k * dilation;
      if (from < 0 || from % stride !== 0 || from / stride >= outSize) continue;
      target.push(from / stride);
      element.push(k);
    }
    start[p + 1] = target.length;
  }
  return { start, target: Int32Array.from(target), element: Int32Array.from(element) };
}

/**
 * y[o, p, q] = Σ W[o, c, i, j] x[c, p·s + i·d − pad, q·s + j·d − pad] + b[o], each sum and product rounded.
 *
 * Order of summation: ascending channel, row, column of the input, terms with x = 0 left out; then the bias, which is
 * added in every step.
 */
export function convolutionStep(node: Conv1d | Conv2d, context: StepContext): Step {
  const plan = convolutionPlan(node, context);
  const { inChannels, outChannels, groups, vertical, horizontal } = plan;
  const [rows, columns] = [tapsOf(vertical), tapsOf(horizontal)];
  const area = vertical.outSize * horizontal.outSize;
  const out = floats(context.precision, outChannels * area);
  // Channels last, so that the weights of one tap add to neighbours.
  const sums = floats(context.precision, outChannels * area);
  const r = rounding(context.precision);
  const perGroup = { inputs: inChannels / groups, outputs: outChannels / groups };
  const taps = tapWeights(plan, perGroup.outputs);
  const elements = vertical.kernel * horizontal.kernel;

  const scatter = (c: number, y: number, x: number, value: number): void => {
    const group = Math.floor(c / perGroup.inputs);
    for (let a = rows.start[y] ?? 0; a < (rows.start[y + 1] ?? 0); a++)
      for (let b = columns.start[x] ?? 0; b < (columns.start[x + 1] ?? 0); b++) {
        const element = (rows.element[a] ?? 0) * horizontal.kernel + (columns.element[b] ?? 0);
        const from = (c * elements + element) * perGroup.outputs;
        const cell = (rows.target[a] ?? 0) * horizontal.outSize + (columns.target[b] ?? 0);
        const to = cell * outChannels + group * perGroup.outputs;
        for (let o = 0; o < perGroup.outputs; o++)
          sums[to + o] = (sums[to + o] ?? 0) + r((taps[from + o] ?? 0) * value);
      }
  };
  const step = (input: FloatArray): void => {
    sums.fill(0);
    for (let c = 0, at = 0; c < inChannels; c++)
      for (let y = 0; y < vertical.size; y++)
        for (let x = 0; x < horizontal.size; x++, at++) {
          const value = input[at] ?? 0;
          if (value !== 0) scatter(c, y, x, value);
        }
    for (let o = 0; o < outChannels; o++)
      for (let cell = 0; cell < area; cell++)
        out[o * area + cell] = (sums[cell * outChannels + o] ?? 0) + (plan.bias[o] ?? 0);
  };
  const fanOut = fanOutOf(plan, rows, columns, taps, perGroup.outputs);
  return {
    out,
    step,
    reset: () => {},
    signals: noSignals,
    dynamic: false,
    fanOut,
    plan: { kind: "convolution", ...plan },
  };
}

/** Weights as `[C_in, KH·KW, C_out/groups]`: what one tap of one input channel adds. */
function tapWeights(plan: ConvolutionPlan, outputs: number): FloatArray {
  const { inChannels, groups, vertical, horizontal, weight } = plan;
  const inputs = inChannels / groups;
  const elements = vertical.kernel * horizontal.kernel;
  const taps = weight.slice() as FloatArray;
  for (let c = 0; c < inChannels; c++)
    for (let e = 0; e < elements; e++)
      for (let o = 0; o < outputs; o++) {
        const row = Math.floor(c / inputs) * outputs + o;
        taps[(c * elements + e) * outputs + o] = weight[(row * inputs + (c % inputs)) * elements + e] ?? 0;
      }
  return taps;
}

/** Non-zero weights that each input element meets; windows cut by the border count what is left of them. */
function fanOutOf(
  { inChannels, vertical, horizontal }: ConvolutionPlan,
  rows: Taps,
  columns: Taps,
  taps: FloatArray,
  outputs: number,
): Int32Array {
  const elements = vertical.kernel * horizontal.kernel;
  const nonZero = new Int32Array(inChannels * elements);
  for (let i = 0; i < taps.length; i++)
    if (taps[i] !== 0) nonZero[Math.floor(i / outputs)] = (nonZero[Math.floor(i / outputs)] ?? 0) + 1;
  const fanOut = new Int32Array(inChannels * vertical.size * horizontal.size);
  for (let c = 0, at = 0; c < inChannels; c++)
    for (let y = 0; y < vertical.size; y++)
      for (let x = 0; x < horizontal.size; x++, at++) {
        let met = 0;
        for (let a = rows.start[y] ?? 0; a < (rows.start[y + 1] ?? 0); a++)
          for (let b = columns.start[x] ?? 0; b < (columns.start[x + 1] ?? 0); b++)
            met +=
              nonZero[
                c * elements + (rows.element[a] ?? 0) * horizontal.kernel + (columns.element[b] ?? 0)
              ] ?? 0;
        fanOut[at] = met;
      }
  return fanOut;
}
