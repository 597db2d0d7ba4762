/** The discretisation that integers are folded with; fields and words as in a simulator's dialect. */
import type { Diagnostic } from "@nirkit/graph";
import { quantizeDiagnostic } from "./diagnostics.ts";

/**
 * What a step does. A dialect record of `@nirkit/simulate` fits; fields that integer neurons cannot express are
 * refused unless they hold the value of the reference dialect.
 */
export interface Convention {
  /** Decay 1 − dt/tau, or exp(−dt/tau). */
  readonly leak: "euler" | "exp";
  readonly compare: "gt" | "ge";
  readonly reset: "value" | "subtract" | "none";
  /** Does the membrane see this step's current (new) or the last one's (old). */
  readonly cubaOrder: "new" | "old";
  /** Drive (1 − decay)·r·x, or x. */
  readonly gain?: "nir" | "raw";
  /** The same for CubaLI and CubaLIF; integers have one value for both. */
  readonly cubaGain?: "nir" | "raw";
  /** What one step of IF and I adds: dt·r·x, x, or r·x. */
  readonly ifGain?: "dt" | "step" | "stepR";
  readonly decayPlace?: "first" | "last";
  readonly multiSpike?: boolean;
  readonly vFloor?: string | number;
  readonly fire?: "after" | "before";
  readonly doubleResetGuard?: boolean;
  readonly vInit?: string;
  readonly useR?: boolean;
  readonly useVReset?: boolean;
  readonly useVLeak?: boolean;
  readonly synLeak?: boolean;
  readonly feedbackT0?: string;
  readonly biasPath?: "synapse" | "membrane";
  readonly weightQuant?: string;
  readonly ifDecay?: number;
  readonly leakPath?: string;
  readonly recurrentBias?: string;
  readonly links?: string;
  readonly arithmetic?: string;
}

/** The reference: forward Euler, strict comparison, reset to value, new current. */
export const defaultConvention: Convention = {
  leak: "euler",
  compare: "gt",
  reset: "value",
  cubaOrder: "new",
};

/** Fields that must keep the reference's value, and what to use instead. */
const fixed: ReadonlyMap<keyof Convention, readonly unknown[]> = new Map<
  keyof Convention,
  readonly unknown[]
>([
  ["decayPlace", ["first"]],
  ["multiSpike", [false]],
  ["vFloor", ["none"]],
  ["fire", ["after"]],
  ["doubleResetGuard", [false]],
  ["vInit", ["zero", "vLeak"]],
  ["useR", [true]],
  ["useVReset", [true]],
  ["useVLeak", [true]],
  ["synLeak", [false]],
  ["feedbackT0", ["zeroSpikes"]],
  ["biasPath", ["synapse"]],
  ["weightQuant", ["none"]],
  ["ifDecay", [1]],
  ["leakPath", ["target"]],
  ["recurrentBias", ["kept"]],
  ["links", ["same-step"]],
  ["arithmetic", ["float"]],
]);

const words: ReadonlyMap<keyof Convention, readonly unknown[]> = new Map<
  keyof Convention,
  readonly unknown[]
>([
  ["leak", ["euler", "exp"]],
  ["compare", ["gt", "ge"]],
  ["reset", ["value", "subtract", "none"]],
  ["cubaOrder", ["new", "old"]],
  ["gain", ["nir", "raw"]],
  ["ifGain", ["dt", "step", "stepR"]],
]);

/**
 * Says which fields of a convention integers cannot express (E_CONVENTION), all of them.
 *
 * @example checkConvention({ ...defaultConvention, multiSpike: true }) // one E_CONVENTION at options.convention.multiSpike
 */
export function checkConvention(convention: Convention): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const oneGain: readonly [keyof Convention, readonly unknown[]] = ["cubaGain", [convention.gain ?? "nir"]];
  for (const [option, allowed] of [...words, ...fixed, oneGain]) {
    const value = convention[option];
    if (value === undefined || allowed.includes(value)) continue;
    found.push(
      quantizeDiagnostic("E_CONVENTION", `options.convention.${option}`, {
        option,
        value: String(value),
        supported: `${option} = ${allowed.join(" or ")}`,
      }),
    );
  }
  return found;
}
