/** I, LI, IF, LIF, CubaLI, CubaLIF: current, membrane, spike test, reset, output — in that order. */
import {
  type CubaLI,
  type CubaLIF,
  type I,
  type IF,
  type LI,
  type LIF,
  type Signal,
  sizeOf,
} from "@nirkit/graph";
import { type FloatArray, floats } from "../float-array.ts";
import { type Fire, fireOf } from "./fire.ts";
import { type LeakyParameters, leakyState, moveState } from "./leaky-state.ts";
import type { Step, StepContext } from "./step.ts";

/** Integrators: dv/dt = r x becomes v + dt·r·x. */
export function integratorStep(node: I | IF, context: StepContext): Step {
  const perStep = { dt: context.dt, step: 1, stepR: 1 }[node.type === "IF" ? context.dialect.ifGain : "dt"];
  const unscaled = node.type === "IF" && context.dialect.ifGain === "step";
  const r = unscaled
    ? { ...node.r, dtype: "float64" as const, data: new Float64Array(node.r.data.length).fill(1) }
    : node.r;
  const fire = node.type === "IF" ? fireOf(node, context) : undefined;
  return membraneStep({ gain: ["r", r], perStep }, fire, context);
}

/** Leaky integrators: v + (dt/tau)((v_leak − v) + r x). */
export function leakyStep(node: LI | LIF, context: StepContext): Step {
  const fire = node.type === "LIF" ? fireOf(node, context) : undefined;
  return membraneStep(
    { tau: ["tau", node.tau], gain: ["r", node.r], target: ["vLeak", node.vLeak] },
    fire,
    context,
  );
}

function membraneStep(parameters: LeakyParameters, fire: Fire | undefined, context: StepContext): Step {
  const membrane = leakyState(parameters, context);
  const state = membraneState(context, fire);
  return {
    ...state.common,
    step: (x) => {
      moveState(membrane, state.v, x, state.vpre);
      state.finish();
    },
  };
}

/** Leaky integrators behind a leaky current; the membrane sees the new current, or with `cubaOrder: old` the last one. */
export function cubaStep(node: CubaLI | CubaLIF, context: StepContext): Step {
  const synapse = leakyState({ tau: ["tauSyn", node.tauSyn], gain: ["wIn", node.wIn] }, context);
  const membrane = leakyState(
    { tau: ["tauMem", node.tauMem], gain: ["r", node.r], target: ["vLeak", node.vLeak] },
    context,
  );
  const state = membraneState(context, node.type === "CubaLIF" ? fireOf(node, context) : undefined);
  const current = floats(context.precision, state.v.length);
  const old = context.dialect.cubaOrder === "old";
  return {
    ...state.common,
    signals: new Map<Signal, FloatArray>([...state.common.signals, ["i", current]]),
    reset: () => {
      state.common.reset();
      current.fill(0);
    },
    step: (x) => {
      if (old) moveState(membrane, state.v, current, state.vpre);
      moveState(synapse, current, x, current);
      if (!old) moveState(membrane, state.v, current, state.vpre);
      state.finish();
    },
  };
}

interface MembraneState {
  readonly v: FloatArray;
  readonly vpre: FloatArray;
  readonly common: Omit<Step, "step" | "reset"> & { readonly reset: () => void };
  /** From `vpre` to output and `v`. */
  readonly finish: () => void;
}

function membraneState(context: StepContext, fire: Fire | undefined): MembraneState {
  const size = sizeOf(context.outputShape);
  const [v, vpre, out] = [0, 1, 2].map(() => floats(context.precision, size)) as [
    FloatArray,
    FloatArray,
    FloatArray,
  ];
  const finish = (): void => {
    if (fire !== undefined) fire(vpre, out, v);
    else {
      v.set(vpre);
      out.set(vpre);
    }
  };
  const reset = (): void => {
    for (const array of [v, vpre, out]) array.fill(0);
  };
  const signals = new Map<Signal, FloatArray>([
    ["v", v],
    ["vpre", vpre],
  ]);
  return { v, vpre, finish, common: { out, signals, reset, dynamic: true } };
}
