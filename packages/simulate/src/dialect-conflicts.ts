/** Pairs of option values that no simulator means; a dialect with one of them is refused, never approximated. */
import { assertNoErrors } from "@nirkit/graph";
import { simulateDiagnostic } from "./diagnostics.ts";
import {
  type Dialect,
  type DialectOption,
  type DialectOptions,
  dialectOptions,
  optionValues,
} from "./dialect.ts";

interface Conflict {
  readonly when: Partial<DialectOptions>;
  /** Values that the options of `needs` have to have then. */
  readonly needs: { readonly [K in DialectOption]?: readonly DialectOptions[K][] };
}

const conflicts: readonly Conflict[] = [
  { when: { fire: "before" }, needs: { doubleResetGuard: [false], vFloor: ["none"], links: ["same-step"] } },
  { when: { doubleResetGuard: true }, needs: { multiSpike: [false], vFloor: ["none"] } },
  { when: { multiSpike: true }, needs: { compare: ["ge"] } },
  {
    when: { arithmetic: "fixed-12" },
    needs: {
      leak: ["euler"],
      cubaGain: ["nir"],
      cubaOrder: ["new"],
      decayPlace: ["first"],
      reset: ["value"],
      multiSpike: [false],
      vFloor: ["none"],
      fire: ["after"],
      doubleResetGuard: [false],
      synLeak: [false],
      links: ["same-step"],
    },
  },
  {
    when: { links: "one-step" },
    needs: {
      gain: ["nir"],
      cubaGain: ["nir"],
      ifGain: ["stepR"],
      ifDecay: [1],
      cubaOrder: ["new"],
      decayPlace: ["first"],
      multiSpike: [false],
      vFloor: ["none"],
      doubleResetGuard: [false],
      vInit: ["zero"],
      useR: [true],
      useVReset: [false],
      useVLeak: [true],
      leakPath: ["target"],
      synLeak: [false],
      recurrentBias: ["kept"],
      biasPath: ["membrane"],
    },
  },
  { when: { links: "same-step" }, needs: { biasPath: ["synapse"], weightQuant: ["none"] } },
];

/**
 * @throws E_DIALECT_OPTION for a value outside its list, E_DIALECT_CONFLICT for every pair of values that exclude each
 *   other
 */
export function assertDialect(dialect: Dialect): void {
  const unknown = dialectOptions.filter((option) => !optionValues(option).includes(String(dialect[option])));
  assertNoErrors(
    unknown.map((option) =>
      simulateDiagnostic("E_DIALECT_OPTION", `dialect.${option}`, {
        option,
        value: String(dialect[option]),
        allowed: optionValues(option),
      }),
    ),
  );
  assertNoErrors(
    conflicts
      .filter(({ when }) => entries(when).every(([option, value]) => dialect[option] === value))
      .flatMap(({ when, needs }) =>
        (Object.entries(needs) as [DialectOption, readonly unknown[]][])
          .filter(([option, allowed]) => !allowed.includes(dialect[option]))
          .map(([option, allowed]) =>
            simulateDiagnostic("E_DIALECT_CONFLICT", `dialect.${option}`, {
              option,
              value: String(dialect[option]),
              because: entries(when)
                .map(([name, value]) => `${name} ${value}`)
                .join(" and "),
              allowed: allowed.map(String),
            }),
          ),
      ),
  );
}

function entries(options: Partial<DialectOptions>): readonly (readonly [DialectOption, unknown])[] {
  return Object.entries(options) as [DialectOption, unknown][];
}

/** True when a run would not be refused. */
export function isCoherent(dialect: Dialect): boolean {
  try {
    assertDialect(dialect);
    return true;
  } catch {
    return false;
  }
}
