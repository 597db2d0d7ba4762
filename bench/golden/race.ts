/** The engines on one case: equal outputs first, then the least time of many runs each. */
import { createNetworkSimulator, type NetworkTrace } from "@nirkit/network";
import type { GoldenCase } from "./networks.ts";

/** One row of a table. Times are of all inputs together. */
export interface Race {
  readonly name: string;
  readonly synapticOps: number;
  readonly plainMs: number;
  readonly kernelsMs: number;
  /** The same engine on the kernels' own TypeScript references. */
  readonly scalarMs: number;
  readonly ratio: number;
  readonly kernelsGops: number;
  readonly plainGops: number;
}

const budgetMs = 400;

/** Times one case. */
export function race({ name, network, inputs }: GoldenCase): Race {
  const engines = [
    createNetworkSimulator(network, { engine: "plain" }),
    createNetworkSimulator(network),
    createNetworkSimulator(network, { build: "plain" }),
  ];
  const run = (k: number): readonly NetworkTrace[] => {
    const simulator = engines[k];
    return simulator === undefined ? [] : inputs.map((input) => simulator.run(input));
  };
  const [plain, kernels] = [run(0), run(1)];
  plain.forEach((trace, i) => {
    const [a, b] = [trace, kernels[i]].map((t) => t?.outputs.get("out")?.data.join());
    if (a !== b) throw new Error(`${name}: the engines differ on input ${i}`);
  });
  let synapticOps = 0;
  for (const { activity } of kernels) for (const node of activity.values()) synapticOps += node.synapticOps;
  // Turns alternate, so that a disturbed moment meets all.
  const least = engines.map(() => Number.POSITIVE_INFINITY);
  for (let turn = 0; turn < 5; turn++)
    least.forEach((ms, k) => {
      least[k] = Math.min(
        ms,
        leastMs(() => run(k)),
      );
    });
  const [plainMs = 0, kernelsMs = 0, scalarMs = 0] = least;
  return {
    name,
    synapticOps,
    plainMs,
    kernelsMs,
    scalarMs,
    ratio: plainMs / kernelsMs,
    kernelsGops: synapticOps / kernelsMs / 1e6,
    plainGops: synapticOps / plainMs / 1e6,
  };
}

/**
 * Least time of one call, over as many as fit into a share of the budget. What takes longer than a turn of the
 * scheduler counts its own CPU time, so that other programs do not lengthen it.
 */
function leastMs(call: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let spent = 0; spent < budgetMs / 5; ) {
    const [before, cpu] = [performance.now(), process.cpuUsage()];
    call();
    const took = performance.now() - before;
    const { user, system } = process.cpuUsage(cpu);
    const own = (user + system) / 1000;
    least = Math.min(least, took > 10 && own > 0 ? Math.min(own, took) : took);
    spent += Math.max(took, 0.01);
  }
  return least;
}
