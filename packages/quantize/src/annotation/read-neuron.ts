/** Integers of a neuron node, verified against its float threshold. */
import {
  type CubaLI,
  type CubaLIF,
  type I,
  type IF,
  type LI,
  type LIF,
  NirkitError,
  type Threshold,
  toFloat64,
} from "@nirkit/graph";
import { quantizeDiagnostic } from "../diagnostics.ts";
import type { IntegerLeak, NeuronArithmetic } from "../integer-neuron.ts";
import type { QuantizedNeuron } from "../quantized-view.ts";
import { readArithmetic, readInts, readNumbers } from "./decode.ts";
import { annotationKeys as keys } from "./keys.ts";

type NeuronNode = I | LI | IF | LIF | CubaLI | CubaLIF | Threshold;

/**
 * Reads one neuron.
 *
 * @throws E_NOT_QUANTIZED, E_ANNOTATION, E_THETA_MISMATCH, E_STATE_TOO_NARROW
 */
export function readNeuron(node: NeuronNode, path: string): QuantizedNeuron {
  const arithmetic = readArithmetic(node, path);
  if (arithmetic === undefined)
    throw new NirkitError([quantizeDiagnostic("E_NOT_QUANTIZED", path, { type: node.type })]);
  const size = (node.type === "Threshold" ? node.threshold : node.r).data.length;
  const ints = (key: string): Int32Array => {
    const found = readInts(node, key, path, [1, size]);
    if (found === undefined) throw wrong(path, key, "is missing");
    return found;
  };
  const theta = ints(keys.thetaInt);
  const sub = ints(keys.subInt);
  const vReset = ints(keys.vResetInt);
  const stateScale = readNumbers(node, keys.stateScale, path, [1, size]);
  if (stateScale === undefined || stateScale.some((s) => !(s > 0 && Number.isFinite(s))))
    throw wrong(path, keys.stateScale, "is missing or not positive");
  checkWidths(arithmetic, size, path);
  const neuron: QuantizedNeuron = { arithmetic, theta, sub, vReset, stateScale };
  checkThreshold(node, neuron, size, path);
  return neuron;
}

function checkWidths(arithmetic: NeuronArithmetic, size: number, path: string): void {
  const { stateBits, vMin, vMax, leak, synLeak, stateLevels } = arithmetic;
  if (stateLevels !== undefined) {
    const why = gridFault(stateLevels, vMin, vMax);
    if (why !== undefined) throw wrong(path, keys.neuron, `has stateLevels that ${why}`);
  }
  if (!(vMin < vMax && vMin >= -(2 ** (stateBits - 1)) && vMax < 2 ** (stateBits - 1)))
    throw new NirkitError([
      quantizeDiagnostic("E_STATE_TOO_NARROW", path, {
        stateBits,
        needed: stateBits + 1,
        why: `the range ${vMin} to ${vMax}`,
      }),
    ]);
  for (const one of [leak, synLeak] satisfies IntegerLeak[]) {
    if (one.form !== "mul" || typeof one.mul === "number") continue;
    if (one.mul.length !== size)
      throw wrong(path, keys.neuron, `has ${one.mul.length} leak factors for ${size} neurons`);
  }
}

function gridFault(levels: readonly number[], vMin: number, vMax: number): string | undefined {
  if (levels.some((level, i) => i > 0 && level <= (levels[i - 1] ?? 0))) return "do not ascend";
  if (!levels.includes(0)) return "do not contain 0";
  if ((levels[0] ?? 0) < vMin || (levels.at(-1) ?? 0) > vMax) return `leave the range ${vMin} to ${vMax}`;
  return undefined;
}

/**
 * Theta must follow from v_threshold: half an LSB beside it, or on it. Float32 rounding of the threshold may move it by
 * a few units in the last place, which counts as being on it.
 */
function checkThreshold(node: NeuronNode, neuron: QuantizedNeuron, size: number, path: string): void {
  const spiking =
    node.type === "IF" || node.type === "LIF" || node.type === "CubaLIF" || node.type === "Threshold";
  if (!spiking) return;
  const { compare, fracBits, stateBits, vMax } = neuron.arithmetic;
  const threshold = toFloat64(node.type === "Threshold" ? node.threshold : node.vThreshold);
  const vLeak = node.type === "LIF" || node.type === "CubaLIF" ? toFloat64(node.vLeak) : Float64Array.of(0);
  for (let i = 0; i < size; i++) {
    const theta = entry(neuron.theta, i);
    const volts = entry(threshold, i);
    const steps = ((volts - entry(vLeak, i)) / entry(neuron.stateScale, i)) * 2 ** fracBits;
    const slack = Math.max(1e-3, Math.abs(steps) * 2 ** -22);
    const allowed =
      compare === "gt"
        ? theta <= steps + slack && steps < theta + 1 + slack
        : theta >= steps - slack && steps > theta - 1 - slack;
    if (!allowed) {
      const expected = compare === "gt" ? Math.floor(steps) : Math.ceil(steps);
      throw new NirkitError([
        quantizeDiagnostic("E_THETA_MISMATCH", `${path}.v_threshold[${i}]`, {
          index: i,
          theta,
          threshold: volts,
          expected,
        }),
      ]);
    }
    if (node.type !== "Threshold" && theta > vMax && neuron.arithmetic.stateLevels === undefined)
      throw new NirkitError([
        quantizeDiagnostic("E_STATE_TOO_NARROW", path, {
          stateBits,
          needed: stateBits + 1,
          why: `the threshold ${theta}`,
        }),
      ]);
  }
}

function entry(values: Int32Array | Float64Array, i: number): number {
  return (values.length === 1 ? values[0] : values[i]) ?? 0;
}

function wrong(path: string, key: string, why: string): NirkitError {
  return new NirkitError([quantizeDiagnostic("E_ANNOTATION", `${path}.metadata`, { key, why })]);
}
