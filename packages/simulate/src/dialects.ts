/** The named dialects, and their labels `NAME[+subtract][+old][+zero_signal]`. */
import { NirkitError } from "@nirkit/graph";
import { simulateDiagnostic } from "./diagnostics.ts";
import type { Dialect, DialectOptions } from "./dialect.ts";

const nirEuler: Dialect = {
  name: "nir-euler",
  summary: "The NIR equations in forward Euler steps; nirkit's reference",
  usualDt: 1e-4,
  leak: "euler",
  gain: "nir",
  ifGain: "dt",
  cubaOrder: "new",
  decayPlace: "first",
  compare: "gt",
  reset: "value",
  multiSpike: false,
  vFloor: "none",
  fire: "after",
  doubleResetGuard: false,
  vInit: "zero",
  useR: true,
  useVReset: true,
  useVLeak: true,
  synLeak: false,
  feedbackT0: "zeroSpikes",
  biasPath: "synapse",
  weightQuant: "none",
};

const nirExp: Dialect = {
  ...nirEuler,
  name: "nir-exp",
  summary: "The NIR equations with exponential decay, exact for input that is constant over a step",
  leak: "exp",
};

/** All dialects by name. */
export const dialects: ReadonlyMap<string, Dialect> = new Map([nirEuler, nirExp].map((d) => [d.name, d]));

const modifiers: ReadonlyMap<string, Partial<DialectOptions>> = new Map<string, Partial<DialectOptions>>([
  ["subtract", { reset: "subtract" }],
  ["old", { cubaOrder: "old" }],
  ["zero_signal", { feedbackT0: "zeroSignal" }],
]);

/**
 * The dialect of a label.
 *
 * @param label `NAME[+subtract][+old][+zero_signal]`
 * @throws E_UNKNOWN_DIALECT, E_UNKNOWN_MODIFIER, both with the list of the known ones
 * @example parseDialect("nir-euler+subtract").reset // "subtract"
 */
export function parseDialect(label: string): Dialect {
  const [name = "", ...words] = label.split("+");
  const base = dialects.get(name);
  if (base === undefined)
    throw new NirkitError([
      simulateDiagnostic("E_UNKNOWN_DIALECT", "dialect", { name, known: [...dialects.keys()] }),
    ]);
  const known = [...modifiers.keys()];
  const unknown = words.filter((word) => !modifiers.has(word));
  if (unknown.length > 0)
    throw new NirkitError(
      unknown.map((modifier) => simulateDiagnostic("E_UNKNOWN_MODIFIER", "dialect", { modifier, known })),
    );
  // One order of modifiers, so that equal dialects have equal names.
  const used = known.filter((word) => words.includes(word));
  return Object.assign({}, base, ...used.map((word) => modifiers.get(word)), {
    name: [name, ...used].join("+"),
  }) as Dialect;
}
