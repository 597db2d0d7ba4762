/** Which option values this simulator runs; a dialect with any other is refused, never approximated. */
import { assertNoErrors } from "@nirkit/graph";
import { simulateDiagnostic } from "./diagnostics.ts";
import { type Dialect, type DialectOption, type DialectOptions, dialectOptions } from "./dialect.ts";

const supported: { readonly [K in DialectOption]: readonly DialectOptions[K][] } = {
  leak: ["euler", "exp"],
  gain: ["nir"],
  ifGain: ["dt", "step", "stepR"],
  cubaOrder: ["new", "old"],
  decayPlace: ["first"],
  compare: ["gt", "ge"],
  reset: ["value", "subtract", "none"],
  multiSpike: [false],
  vFloor: ["none"],
  fire: ["after"],
  doubleResetGuard: [false],
  vInit: ["zero"],
  useR: [true],
  useVReset: [true],
  useVLeak: [true],
  synLeak: [false],
  feedbackT0: ["zeroSpikes", "zeroSignal"],
  biasPath: ["synapse"],
  weightQuant: ["none"],
};

/** @throws E_DIALECT_OPTION for every option value that is not run */
export function assertOptions(dialect: Dialect): void {
  const refused = dialectOptions.filter(
    (option) => !(supported[option] as readonly unknown[]).includes(dialect[option]),
  );
  assertNoErrors(
    refused.map((option) =>
      simulateDiagnostic("E_DIALECT_OPTION", `dialect.${option}`, {
        option,
        value: String(dialect[option]),
        allowed: supported[option].map(String),
      }),
    ),
  );
}
