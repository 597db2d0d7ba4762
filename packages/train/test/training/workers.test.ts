/** Gradients by worker threads. */
import { gradientThread } from "@nirkit/train/node";
import { expect, it } from "vitest";
import { gradientWorkers, type TrainableModel, Trainer } from "../../src/index.ts";
import { toyData, toyModel, toyOptions } from "./toy-task.ts";

const module = new URL("./worker-task.ts", import.meta.url);

async function trained(workers: number): Promise<ReadonlyMap<string, Float32Array>> {
  const model = await toyModel();
  const engine = workers === 0 ? undefined : engineFor(model, workers);
  const trainer = new Trainer(model, toyOptions(engine === undefined ? {} : { workers: engine }));
  try {
    for await (const event of trainer.fit(toyData(), { epochs: 2 })) void event;
  } finally {
    await engine?.close();
  }
  return trainer.weights();
}

function engineFor(
  model: TrainableModel,
  workers: number,
  data: object = {},
): ReturnType<typeof gradientWorkers> {
  return gradientWorkers({
    model,
    objective: toyOptions(),
    createWorker: gradientThread(module, data),
    workers,
  });
}

it("one worker beside this thread gives the weights of none after 8 steps, to 1e-5, and the same bits twice", async () => {
  const [none, two, again] = [await trained(0), await trained(1), await trained(1)];
  for (const [key, values] of none)
    values.forEach((value, k) => {
      expect(Math.abs(value - (two.get(key)?.[k] ?? Number.NaN))).toBeLessThan(1e-5);
    });
  expect(again).toEqual(two);
}, 30_000);

it("a worker that fails ends the run with E_TRAIN_WORKER and its reason", async () => {
  const model = await toyModel();
  const engine = engineFor(model, 1, { broken: true });
  const trainer = new Trainer(model, toyOptions({ workers: engine }));
  const run = async (): Promise<void> => {
    for await (const event of trainer.fit(toyData(), { epochs: 1 })) void event;
  };
  await expect(run()).rejects.toThrow("the task cannot be built");
  await engine.close();
}, 30_000);

it("refuses 0 workers with E_TRAIN_OPTION", async () => {
  const model = await toyModel();
  expect(() => engineFor(model, 0)).toThrow("E_TRAIN_OPTION");
});
