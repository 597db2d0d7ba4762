/** The test kit of the back end contract: `describeBackend(backend)` in a vitest file is all a back end needs. */
import type { NirGraph } from "@nirkit/graph";
import { lower, type Network } from "@nirkit/network";
import type { Backend } from "./backend.ts";
import { type ConformanceCase, conformanceCases, randomInput } from "./conformance/cases.ts";
import {
  assertSound,
  type Candidate,
  type ConformanceCheck,
  caseChecks,
  fingerprintOf,
  identityChecks,
  verdictOf,
} from "./conformance/checks.ts";

/** The part of a test runner that the kit uses. */
interface TestRunner {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => void): void;
}

// A static import would pull the types of the whole runner, and of the platform it needs, into every user's build.
const runnerName = "vitest";
const { describe, test }: TestRunner = await import(/* @vite-ignore */ runnerName);

export type { ConformanceCase } from "./conformance/cases.ts";
export type { ConformanceCheck } from "./conformance/checks.ts";

/** What to test a back end with. */
export interface ConformanceOptions<O> {
  /** Quantised graphs of your own, by name; lowered as the back end asks. */
  readonly graphs?: Iterable<readonly [name: string, graph: NirGraph]>;
  /** Options of the back end; its defaults when absent. */
  readonly options?: O;
}

/** One case with what a back end does with it. */
export interface ConformanceGroup {
  readonly name: string;
  readonly checks: readonly ConformanceCheck[];
}

/**
 * All checks of a back end, grouped by case, without any test runner: each `run` throws an Error that says what is wrong.
 *
 * Every case is either refused with code, path and hint, by `check` and `compile` alike, or runs: `simulate` equals
 * the golden simulator event for event, also after `load(emit())`; emission is deterministic, paths are safe, nothing
 * is mutated. The plainest case must run, so that a back end that refuses everything does not pass.
 */
export function conformanceChecks<O, M>(
  backend: Backend<O, M>,
  options: ConformanceOptions<O> = {},
): readonly ConformanceGroup[] {
  const candidate = { backend, options: options.options ?? backend.options.parse({}) };
  const cases = [
    ...(backend.lowering.neuron === "integer" ? conformanceCases() : []),
    ...graphCases(candidate, options),
  ];
  return [
    { name: "the contract", checks: identityChecks(candidate) },
    ...cases.map((made, k) => ({ name: made.name, checks: checksOf(candidate, made, k === 0) })),
  ];
}

/**
 * Registers the checks of {@link conformanceChecks} as vitest tests.
 *
 * @example describeBackend(myBackend); // in my-backend.test.ts
 */
export function describeBackend<O, M>(backend: Backend<O, M>, options: ConformanceOptions<O> = {}): void {
  describe(`${backend.name} keeps the back end contract`, () => {
    for (const { name, checks } of conformanceChecks(backend, options))
      describe(name, () => {
        for (const check of checks) test(check.name, () => check.run());
      });
  });
}

function checksOf<O, M>(
  candidate: Candidate<O, M>,
  made: ConformanceCase,
  mustRun: boolean,
): ConformanceCheck[] {
  const pristine = fingerprintOf(candidate, made);
  const runs = isAccepted(candidate, made);
  const verdict: ConformanceCheck = {
    name: runs ? "is accepted" : "is refused with code, path and hint",
    run: () => {
      assertSound(made);
      if (verdictOf(candidate, made.network) === "refuses" && mustRun)
        throw new Error("the plainest network is refused: an IF layer behind dense weights must run");
    },
  };
  return runs ? [verdict, ...caseChecks(candidate, made, pristine)] : [verdict];
}

/** A verdict that breaks the contract counts as a refusal: its check then says what is wrong with it. */
function isAccepted<O, M>(candidate: Candidate<O, M>, made: ConformanceCase): boolean {
  try {
    return verdictOf(candidate, made.network) === "runs";
  } catch {
    return false;
  }
}

function graphCases<O, M>(
  { backend }: Candidate<O, M>,
  { graphs }: ConformanceOptions<O>,
): ConformanceCase[] {
  return [...(graphs ?? [])].map(([name, graph]) => {
    const network: Network = lower(graph, backend.lowering);
    return { name, network, input: randomInput(network, name) };
  });
}
