/** The test kit of the quantiser contract: `describeQuantizer(uniform)` in a vitest file is all a scheme needs. */
import { type Candidate, checkCodes, checkNonFinite, checkTensor } from "./conformance/checks.ts";
import { type ConformanceEngines, compareEngines, type NetworkOptions } from "./conformance/networks.ts";
import { awkwardTensors, randomTensors } from "./conformance/tensors.ts";
import type { WeightQuantizer } from "./weight-quantizer.ts";

export type { ConformanceEngines, NetworkOptions };
export { compareEngines };

/** The part of a test runner that the kit uses. */
interface TestRunner {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => void | Promise<void>): void;
}

// A static import would pull the types of the whole runner, and of the platform it needs, into every user's build.
const runnerName = "vitest";

/** What to test a quantiser with. */
export interface ConformanceOptions<P> {
  /** Parameter sets by name; its defaults when absent. `keeps` must hold for each of them. */
  readonly params?: Iterable<readonly [name: string, params: P]>;
  /** Random tensors per parameter set, default 200. */
  readonly tensors?: number;
  readonly seed?: number;
}

/** One invariant; `run` throws an Error that says where it does not hold. */
export interface ConformanceCheck {
  readonly name: string;
  run(): void;
}

/**
 * All checks of a quantiser, without any test runner.
 *
 * Codes and levels are each other's inverse and every bit pattern decodes; ŵ = fround(scale · int); scales are
 * positive float32; NaN and infinities are refused at their index; nothing is mutated; what `keeps` (or `keepsFor`)
 * declares holds.
 */
export function quantizerChecks<P>(
  quantizer: WeightQuantizer<P>,
  options: ConformanceOptions<P> = {},
): readonly ConformanceCheck[] {
  const sets = [...(options.params ?? [["defaults", quantizer.params.parse({})] as const])];
  const { tensors = 200, seed = 1 } = options;
  return sets.flatMap(([name, params]) => {
    const candidate: Candidate<P> = { quantizer, params, levels: new Set(quantizer.levels(params)) };
    return [
      { name: `${name}: codes, levels and integers agree`, run: () => checkCodes(candidate) },
      {
        name: `${name}: NaN and infinities are refused at their index`,
        run: () => checkNonFinite(candidate),
      },
      ...awkwardTensors().map((trial) => ({
        name: `${name}: ${trial.name}`,
        run: () => checkTensor(candidate, trial),
      })),
      ...batches(tensors).map(({ count, part }) => ({
        name: `${name}: ${count} random tensors${part === 0 ? "" : `, part ${part + 1}`}`,
        run: () => {
          for (const trial of randomTensors(count, seed + part)) checkTensor(candidate, trial);
        },
      })),
    ];
  });
}

/** No test runs through more: a runner's time limit is one for each test. */
const batchSize = 1000;

function batches(tensors: number): readonly { readonly count: number; readonly part: number }[] {
  return Array.from({ length: Math.ceil(tensors / batchSize) }, (_, part) => ({
    count: Math.min(batchSize, tensors - part * batchSize),
    part,
  }));
}

/**
 * Registers the checks of a quantiser with vitest.
 *
 * @example await describeQuantizer(uniform, { params: [["4 bit", uniformParams.parse({ bits: 4 })]] });
 */
export async function describeQuantizer<P>(
  quantizer: WeightQuantizer<P>,
  options: ConformanceOptions<P> = {},
): Promise<void> {
  const { describe, test }: TestRunner = await import(/* @vite-ignore */ runnerName);
  describe(`${quantizer.scheme} keeps the contract`, () => {
    for (const { name, run } of quantizerChecks(quantizer, options)) test(name, run);
  });
}

/**
 * Registers the comparison of integer and float engine with vitest, one test per parameter set.
 *
 * @example
 * await describeNetworks(uniform, [["8 bit", { params: { bits: 8 } }]], {
 *   float: (network, input) => simulate(network, input, { dt: 1, precision: "f64", dialect: "nir-euler" }),
 *   integer: (network, input) => simulateNetwork(lower(network), input),
 * });
 */
export async function describeNetworks<P>(
  quantizer: WeightQuantizer<P>,
  trials: Iterable<readonly [name: string, options: NetworkOptions<P>]>,
  engines: ConformanceEngines,
): Promise<void> {
  const { describe, test }: TestRunner = await import(/* @vite-ignore */ runnerName);
  describe(`${quantizer.scheme} in networks`, () => {
    for (const [name, options] of trials)
      test(`${name}: ${options.networks ?? 4} random IF networks fire in integers as the float reader does, 0 differing spikes`, async () => {
        const spikes = await compareEngines(quantizer, engines, options);
        if (spikes === 0) throw new Error("no neuron fired: lower the threshold of the trial");
      });
  });
}
