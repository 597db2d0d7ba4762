/**
 * IF and CubaLIF in lava-dl's integers: state in units of 1/4096 (IF: 1/262144), decays of 12 bits.
 *
 * u ← rsz(u·(4096 − du)) + ⌊S·g·x⌋, v* ← rsz(v·(4096 − dv)) + u with rsz(n) = sgn(n)·(|n| >> 12) and ⌊·⌋ toward
 * zero; a spike where v* is above the threshold cut to 1/64, reset to 0. Every state is a whole number below 2^53.
 */
import { type CubaLIF, type IF, type Signal, sizeOf } from "@nirkit/graph";
import { roundHalfEven } from "@nirkit/integer";
import { type FloatArray, floats, parameter } from "../float-array.ts";
import type { Step, StepContext } from "./step.ts";

const unit = 4096;
/** Positions of the binary point that a weight has: thresholds are whole multiples of 1/64 of it. */
const weightScale = 64;

/** Constants per neuron. */
interface FixedNeuron {
  /** State units per 1. */
  readonly scale: number;
  /** 4096 − du, 4096 − dv. */
  readonly keepCurrent: Float64Array;
  readonly keepMembrane: Float64Array;
  /** Current of one unit of input. */
  readonly gain: Float64Array;
  /** In state units. */
  readonly threshold: Float64Array;
}

/** The node in 12-bit arithmetic; float32 products whatever the precision of the run, as the library has them. */
export function fixedPointStep(node: IF | CubaLIF, context: StepContext): Step {
  const neuron = node.type === "IF" ? fixedIf(node, context) : fixedCuba(node, context);
  const size = sizeOf(context.outputShape);
  const make = (): FloatArray => floats(context.precision, size);
  const [v, vpre, i, out] = [make(), make(), make(), make()];
  const current = new Float64Array(size);
  const membrane = new Float64Array(size);
  const { scale, keepCurrent, keepMembrane, gain, threshold } = neuron;
  const step = (x: FloatArray): void => {
    for (let n = 0; n < size; n++) {
      const input = Math.fround(scale * Math.fround((gain[n] ?? 0) * (x[n] ?? 0)));
      current[n] = decayed(current[n] ?? 0, keepCurrent[n] ?? 0) + Math.trunc(input);
      const drive = Math.fround(current[n] ?? 0);
      const pre = decayed(membrane[n] ?? 0, keepMembrane[n] ?? 0) + drive;
      const fires = pre > (threshold[n] ?? 0);
      membrane[n] = fires ? 0 : pre;
      out[n] = fires ? 1 : 0;
      i[n] = drive / scale;
      vpre[n] = pre / scale;
      v[n] = (membrane[n] ?? 0) / scale;
    }
  };
  const signals = new Map<Signal, FloatArray>([
    ["v", v],
    ["vpre", vpre],
    ...(node.type === "IF" ? [] : ([["i", i]] as const)),
  ]);
  const reset = (): void => {
    for (const array of [v, vpre, i, out, current, membrane]) array.fill(0);
  };
  const state = new Map([
    ["current", current],
    ["membrane", membrane],
  ]);
  return { out, signals, state, step, reset, dynamic: true };
}

/** n·keep / 4096, toward zero. */
function decayed(n: number, keep: number): number {
  return Math.trunc((n * keep) / unit);
}

function fixedIf(node: IF, context: StepContext): FixedNeuron {
  const size = sizeOf(context.outputShape);
  const scale = unit * weightScale;
  return {
    scale,
    keepCurrent: new Float64Array(size),
    keepMembrane: new Float64Array(size).fill(unit),
    gain: new Float64Array(size).fill(1),
    threshold: thresholds(node, scale, context),
  };
}

function fixedCuba(node: CubaLIF, context: StepContext): FixedNeuron {
  const read = (param: "tauSyn" | "tauMem" | "wIn"): Float64Array =>
    parameter(node[param], context.outputShape, `nodes.${context.name}.${param}`).map(Math.fround);
  const dt = Math.fround(context.dt);
  const moves = read("tauSyn").map((tau) => Math.fround(dt / tau));
  const keep = (move: number): number => unit - roundHalfEven(unit * move);
  return {
    scale: unit,
    keepCurrent: moves.map(keep),
    keepMembrane: read("tauMem").map((tau) => keep(Math.fround(dt / tau))),
    gain: read("wIn").map((wIn, n) => Math.fround(wIn * (moves[n] ?? 0))),
    threshold: thresholds(node, unit, context),
  };
}

function thresholds(node: IF | CubaLIF, scale: number, { name, outputShape }: StepContext): Float64Array {
  const grid = scale / weightScale;
  const values = parameter(node.vThreshold, outputShape, `nodes.${name}.vThreshold`);
  return values.map((value) => (Math.trunc(Math.fround(value) * grid) / grid) * scale);
}
