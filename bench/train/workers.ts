/** One step on two threads against one. */
import { adam, gradientWorkers, singleInput, type TrainData, Trainer } from "@nirkit/train";
import { gradientThread } from "@nirkit/train/node";
import type { Case } from "./cases.ts";
import trainingTask from "./worker-task.ts";

/** Least milliseconds of a step: elapsed, and of processor time in the thread that trains and in the worker. */
interface StepCost {
  readonly elapsed: number;
  readonly here: number;
  readonly worker: number;
}

/** What a second thread brings. */
export interface TwoThreads {
  readonly one: StepCost;
  readonly two: StepCost;
  /** Elapsed time of one thread over that of two: says little unless two cores are free. */
  readonly elapsed: number;
  /** Processor time of one thread over that of the busier of two: what free cores give at most. */
  readonly processor: number;
}

const milliseconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;

async function leastStep(given: Case, threads: number, seconds: number): Promise<StepCost> {
  const shared = new SharedArrayBuffer(8);
  const spent = new Float64Array(shared);
  const { model, objective } = await trainingTask(given);
  const createWorker = gradientThread(new URL("./worker-task.ts", import.meta.url), {
    name: given.name,
    shared,
  });
  const workers =
    threads === 1 ? undefined : gradientWorkers({ model, objective, createWorker, workers: threads - 1 });
  const trainer = new Trainer(model, {
    ...objective,
    optimizer: adam(),
    ...(workers === undefined ? {} : { workers }),
  });
  const batch = singleInput(given.input, "in");
  const data: TrainData = {
    batches: 1,
    samples: batch.batch,
    async *epoch() {
      yield batch;
    },
  };
  const none = Number.POSITIVE_INFINITY;
  const least = { elapsed: none, here: none, worker: none };
  const end = performance.now() + 1000 * seconds;
  for (let epoch = 1; epoch <= 8 || performance.now() < end; epoch++) {
    const [from, here, worker] = [performance.now(), process.threadCpuUsage(), spent[0] as number];
    for await (const event of trainer.fit(data, { epochs: epoch })) void event;
    least.elapsed = Math.min(least.elapsed, performance.now() - from);
    least.here = Math.min(least.here, milliseconds(process.threadCpuUsage(here)));
    if (epoch > 2) least.worker = Math.min(least.worker, (spent[0] as number) - worker);
  }
  await workers?.close();
  model.dispose();
  return least;
}

/** Measures a case. */
export async function twoThreads(given: Case, seconds: number): Promise<TwoThreads> {
  const one = await leastStep(given, 1, seconds);
  const two = await leastStep(given, 2, seconds);
  return {
    one,
    two,
    elapsed: one.elapsed / two.elapsed,
    processor: one.here / Math.max(two.here, two.worker),
  };
}
