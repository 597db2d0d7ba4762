/** The log of a run as a file. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type EpochEvent, type StepEvent, Trainer } from "../../src/index.ts";
import { metricsLog } from "../../src/node/index.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "metrics-"));
});
afterEach(() => rm(folder, { recursive: true }));

const step = (number: number): StepEvent => ({
  kind: "step",
  step: number,
  steps: 4,
  epoch: 0,
  batch: number,
  batches: 2,
  loss: 1 / number,
  metrics: { accuracy: 0.5 },
  lr: 0.1,
  gradNorm: 1,
  memoryMB: 2,
  diagnostics: [],
});
const epoch: EpochEvent = {
  kind: "epoch",
  epoch: 0,
  epochs: 2,
  step: 2,
  train: { loss: 0.75, metrics: { accuracy: 0.5 } },
  lr: 0.1,
};
const nobody = Object.create(Trainer.prototype) as Trainer;

async function logged(steps: boolean): Promise<readonly unknown[]> {
  const file = join(folder, "run.jsonl");
  const log = metricsLog(file, { steps });
  await log.open();
  await log.callback.onStep?.(step(1), nobody);
  await log.callback.onStep?.(step(2), nobody);
  await log.callback.onEpoch?.(epoch, nobody);
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  expect(log.records).toHaveLength(lines.length);
  return lines.map((line) => JSON.parse(line) as unknown);
}

describe("metricsLog", () => {
  it("writes 2 steps and 1 epoch as 3 lines, each when it happens", async () => {
    const lines = await logged(true);
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatchObject({ kind: "step", step: 2, loss: 0.5 });
    expect(lines[2]).toEqual(epoch);
  });

  it("writes 1 line where it keeps epochs alone", async () => {
    expect(await logged(false)).toEqual([epoch]);
  });

  it("continues behind step 1: later lines and one that was cut off are gone", async () => {
    const file = join(folder, "run.jsonl");
    const text = [step(1), step(2), epoch].map((event) => JSON.stringify(event)).join("\n");
    await writeFile(file, `${text}\n{"kind":"step","st`);
    const log = metricsLog(file);
    await log.open(1);
    expect(log.records.map(({ step: at }) => at)).toEqual([1]);
    expect((await readFile(file, "utf8")).trimEnd().split("\n")).toHaveLength(1);
  });
});
