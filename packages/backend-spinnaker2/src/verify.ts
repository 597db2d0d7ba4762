/** Proof of a deployment: the golden network against what its memory images hold. */
import type { Deployment, Mismatch, VerifyReport, VerifyVectors } from "@nirkit/backend";
import type { Signal, Tensor } from "@nirkit/graph";
import { createNetworkSimulator, type Network } from "@nirkit/network";
import type { S2Mapping } from "./map/mapping.ts";
import { simulateS2 } from "./simulate.ts";

/** In the order in which a step computes them, so that the first difference is the cause. */
const signals: readonly Signal[] = ["i", "vpre", "v", "out"];

/**
 * Runs samples through the golden network and the loaded deployment, and compares every current, membrane and spike.
 *
 * The emitted program compares the chip itself: `run_s2.py --selfcheck`.
 */
export function verifyS2({ mapping }: Deployment<S2Mapping>, vectors: VerifyVectors): Promise<VerifyReport> {
  const samples = vectors.samples.slice(0, vectors.limits?.get("load") ?? vectors.samples.length);
  const golden = createNetworkSimulator(vectors.network);
  let mismatch: Mismatch | undefined;
  let done = 0;
  for (const sample of samples) {
    if (mismatch !== undefined) break;
    const expected = golden.run(sample.input, { record: { nodes: "all", signals } }).records;
    const got = simulateS2(mapping, sample.input, { record: { populations: "all", signals } }).records;
    mismatch = firstDifference(vectors.network, { expected, got }, done);
    done++;
    vectors.progress?.(done, samples.length, "load");
  }
  const ok = mismatch === undefined;
  const runs = [{ engine: "load", ok, samples: done, seconds: 0 }];
  return Promise.resolve({ ok, runs, ...(mismatch === undefined ? {} : { mismatch }), diagnostics: [] });
}

type Records = ReadonlyMap<string, Tensor>;

/** The first by step, population, signal and neuron. */
function firstDifference(
  { populations }: Network,
  { expected, got }: { readonly expected: Records; readonly got: Records },
  sample: number,
): Mismatch | undefined {
  const places = populations.flatMap(({ name }) => signals.map((signal) => ({ name, signal })));
  const steps = Math.max(0, ...[...expected.values()].map(({ shape }) => shape[0] ?? 0));
  for (let step = 0; step < steps; step++)
    for (const { name, signal } of places) {
      const [a, b] = [expected.get(`${name}/${signal}`)?.data, got.get(`${name}/${signal}`)?.data];
      if (a === undefined || b === undefined) continue;
      const width = a.length / steps;
      for (let neuron = 0; neuron < width; neuron++) {
        const at = step * width + neuron;
        if (Number(a[at]) !== Number(b[at]))
          return { sample, layer: name, step, neuron, signal, expected: Number(a[at]), got: Number(b[at]) };
      }
    }
  return undefined;
}
