/** Affine and Linear: y = W x (+ b), without work for silent inputs. */
import { type Affine, type Linear, sizeOf } from "@nirkit/graph";
import { constants, type FloatArray, floats, parameter } from "../float-array.ts";
import { noSignals, type Step, type StepContext } from "./step.ts";
import { addsBias, weightValues } from "./weights.ts";

/** W transposed: the weights that one input reaches lie side by side. */
interface Columns {
  readonly weight: FloatArray;
  readonly inputs: number;
  readonly outputs: number;
  /** Number of matrices; a batched weight `[..., out, in]` has one per leading index. */
  readonly matrices: number;
  readonly fanOut: Int32Array;
}

/**
 * y[o] = ((0 + W[o,0] x[0]) + W[o,1] x[1] + …) + b[o], each sum and product rounded, terms with x = 0 left out.
 *
 * Order of summation: ascending input index, then the bias, which is added in every step. An input of rank above 1
 * is a stack of rows; each row meets its own matrix of a batched weight, or the only one.
 */
export function denseStep(node: Affine | Linear, context: StepContext): Step {
  const { name, precision, outputShape, inputShape } = context;
  const columns = transpose(node, context);
  const bias =
    node.type === "Affine" && addsBias(context)
      ? constants(
          precision,
          parameter(node.bias, outputShape, `nodes.${name}.bias`),
          "bias",
          `nodes.${name}.bias`,
        )
      : undefined;
  const out = floats(precision, sizeOf(outputShape));
  const products = floats(precision, columns.outputs);
  const rows = columns.inputs === 0 ? 0 : sizeOf(inputShape) / columns.inputs;
  const step = (x: FloatArray): void => {
    out.fill(0);
    for (let row = 0; row < rows; row++) addRow(columns, row, x, out, products);
    if (bias !== undefined) for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) + (bias[i] ?? 0);
  };
  const { inputs, outputs, weight } = columns;
  const single = rows === 1 && columns.matrices === 1;
  return {
    out,
    step,
    reset: () => {},
    signals: noSignals,
    dynamic: false,
    fanOut: fanOutOf(columns, rows),
    ...(single ? { plan: { kind: "dense", inputs, outputs, weight, bias } } : {}),
  };
}

function addRow(columns: Columns, row: number, x: FloatArray, out: FloatArray, products: FloatArray): void {
  const { weight, inputs, outputs } = columns;
  const matrix = columns.matrices > 1 ? row : 0;
  const to = row * outputs;
  for (let j = 0; j < inputs; j++) {
    const value = x[row * inputs + j] ?? 0;
    if (value === 0) continue;
    const from = (matrix * inputs + j) * outputs;
    if (value === 1) {
      for (let o = 0; o < outputs; o++) out[to + o] = (out[to + o] ?? 0) + (weight[from + o] ?? 0);
    } else {
      for (let o = 0; o < outputs; o++) products[o] = (weight[from + o] ?? 0) * value;
      for (let o = 0; o < outputs; o++) out[to + o] = (out[to + o] ?? 0) + (products[o] ?? 0);
    }
  }
}

function transpose(node: Affine | Linear, context: StepContext): Columns {
  const { precision } = context;
  const { shape } = node.weight;
  const outputs = shape.at(-2) ?? 0;
  const inputs = shape.at(-1) ?? 0;
  const matrices = sizeOf(shape.slice(0, -2));
  const values = weightValues(node.weight, context);
  const weight = floats(precision, values.length);
  const fanOut = new Int32Array(matrices * inputs);
  for (let m = 0, at = 0; m < matrices; m++)
    for (let o = 0; o < outputs; o++)
      for (let j = 0; j < inputs; j++, at++) {
        const value = values[at] ?? 0;
        weight[(m * inputs + j) * outputs + o] = value;
        if (value !== 0) fanOut[m * inputs + j] = (fanOut[m * inputs + j] ?? 0) + 1;
      }
  return { weight, inputs, outputs, matrices, fanOut };
}

/** Fan-out per input element; a matrix that serves several rows is counted for each. */
function fanOutOf(columns: Columns, rows: number): Int32Array {
  if (columns.matrices > 1 || rows <= 1) return columns.fanOut;
  const all = new Int32Array(rows * columns.inputs);
  for (let row = 0; row < rows; row++) all.set(columns.fanOut, row * columns.inputs);
  return all;
}
