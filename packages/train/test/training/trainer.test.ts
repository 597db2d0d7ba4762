import { graph } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import {
  buildTrainable,
  type Callback,
  checkpointFiles,
  earlyStopping,
  type Loss,
  l1Rate,
  membraneLastCrossEntropy,
  rateUpper,
  restoreCheckpoint,
  type StepEvent,
  sgd,
  silentNeurons,
  spikeCountCrossEntropy,
  spikeRates,
  type TrainEvent,
  Trainer,
} from "../../src/index.ts";
import { toyData, toyTrainer } from "./toy-task.ts";

async function run(trainer: Trainer, epochs: number, signalAt?: number): Promise<TrainEvent[]> {
  const stop = new AbortController();
  const events: TrainEvent[] = [];
  for await (const event of trainer.fit(toyData(), {
    epochs,
    validation: toyData(40),
    signal: stop.signal,
  })) {
    events.push(event);
    if (event.kind === "step" && event.step === signalAt) stop.abort();
  }
  return events;
}

const bits = (weights: ReadonlyMap<string, Float32Array>): Record<string, number[]> =>
  Object.fromEntries([...weights].map(([key, values]) => [key, [...new Uint32Array(values.slice().buffer)]]));

describe("fit", () => {
  it("learns which half of eight inputs spikes more, above 90 % after 20 epochs", async () => {
    const trainer = await toyTrainer();
    const events = await run(trainer, 20);
    const epochs = events.filter((event) => event.kind === "epoch");
    expect(epochs).toHaveLength(20);
    expect(events.filter((event) => event.kind === "step")).toHaveLength(80);
    expect(epochs.at(-1)?.validation?.metrics.accuracy).toBeGreaterThan(0.9);
    expect(epochs.at(-1)?.train.loss).toBeLessThan((epochs[0]?.train.loss ?? 0) / 2);
  });

  it("gives the same bits twice for one seed", async () => {
    const [a, b] = [await toyTrainer(), await toyTrainer()];
    await run(a, 2);
    await run(b, 2);
    expect(bits(await a.weights())).toEqual(bits(await b.weights()));
  });

  it("leaks no tensor over 10 steps", async () => {
    const trainer = await toyTrainer();
    const events: StepEvent[] = [];
    const counts: number[] = [];
    for await (const event of trainer.fit(toyData(), { epochs: 3 }))
      if (event.kind === "step") {
        events.push(event);
        counts.push(tf.memory().numTensors);
      }
    expect(new Set(counts.slice(1)).size).toBe(1);
    expect(events).toHaveLength(12);
  });

  it("stops after the step under way when aborted, and continues there with the same bits", async () => {
    const whole = await toyTrainer();
    await run(whole, 3);
    const broken = await toyTrainer();
    const events = await run(broken, 3, 6);
    expect(events.filter((event) => event.kind === "step")).toHaveLength(6);
    const files = await checkpointFiles(broken);
    const continued = await toyTrainer();
    await restoreCheckpoint(continued, files);
    expect(continued.position).toMatchObject({ step: 6, epoch: 1, batch: 2 });
    const rest = await run(continued, 3);
    expect(rest.filter((event) => event.kind === "step")).toHaveLength(6);
    expect(bits(await continued.weights())).toEqual(bits(await whole.weights()));
  });

  it("takes gradients of micro-batches of 3 as those of the batch of 16, to 1e-6", async () => {
    const [whole, parts] = [await toyTrainer(), await toyTrainer({ microBatch: 3 })];
    for (const trainer of [whole, parts])
      for await (const event of trainer.fit(toyData(16), { epochs: 1 })) void event;
    const [a, b] = [await whole.weights(), await parts.weights()];
    for (const [key, values] of a)
      values.forEach((value, k) => {
        expect(Math.abs(value - (b.get(key)?.[k] ?? Number.NaN))).toBeLessThan(1e-6);
      });
  });
});

describe("truncated backpropagation", () => {
  it("with a window of all 6 steps is backpropagation, bit for bit", async () => {
    const [plain, windowed] = [await toyTrainer(), await toyTrainer({ tbptt: { window: 6 } })];
    await run(plain, 1);
    await run(windowed, 1);
    expect(bits(await windowed.weights())).toEqual(bits(await plain.weights()));
  });

  it.each([{ window: 1 }, { window: 2 }, { window: 3, stride: 2 }])("learns with %o", async (tbptt) => {
    const trainer = await toyTrainer({ tbptt });
    const events = await run(trainer, 10);
    const epochs = events.filter((event) => event.kind === "epoch");
    expect(epochs.at(-1)?.train.loss).toBeLessThan(epochs[0]?.train.loss ?? 0);
  });
});

describe("early stopping", () => {
  it("ends after 2 epochs without improvement and puts the best weights back", async () => {
    const kept: Record<number, Record<string, number[]>> = {};
    const watch: Callback = {
      name: "watch",
      onEpoch: async ({ epoch }, trainer) => {
        kept[epoch] = bits(await trainer.weights());
        return undefined;
      },
    };
    let call = 0;
    // Validation losses 1, 0.5, 0.6, 0.7: the second epoch is the best.
    const script = [1, 0.5, 0.6, 0.7];
    const base = spikeCountCrossEntropy();
    const trainer = await toyTrainer({
      callbacks: [watch, earlyStopping({ monitor: "scripted", patience: 2, mode: "min" })],
      loss: base,
      metrics: [{ name: "scripted", measure: () => ({}), values: () => ({ scripted: script[call] ?? 0 }) }],
    });
    const stops: (string | undefined)[] = [];
    for await (const event of trainer.fit(toyData(16), { epochs: 9 }))
      if (event.kind === "epoch") {
        call++;
        stops.push(event.stopped);
      }
    expect(stops).toEqual([undefined, undefined, undefined, "scripted did not improve for 2 epochs"]);
    expect(bits(await trainer.weights())).toEqual(kept[1]);
  });

  it("says so when nothing of the name is monitored", async () => {
    const trainer = await toyTrainer({ callbacks: [earlyStopping({ monitor: "val.nothing" })] });
    await expect(run(trainer, 2)).rejects.toThrow("There is no value val.nothing");
  });
});

describe("steps that are not finite", () => {
  const broken = (bad: (call: number) => boolean): Loss => {
    const base = spikeCountCrossEntropy();
    let call = 0;
    return {
      ...base,
      compute: (output, target) => {
        const loss = base.compute(output, target);
        return bad(call++) ? tf.mul(loss, Number.NaN) : loss;
      },
    };
  };

  it("leaves a NaN step out and warns with W_NON_FINITE", async () => {
    const trainer = await toyTrainer({ loss: broken((call) => call === 1) });
    const seen: string[][] = [];
    const before: Record<number, Record<string, number[]>> = {};
    for await (const event of trainer.fit(toyData(), { epochs: 1 }))
      if (event.kind === "step") {
        seen.push(event.diagnostics.map(({ code }) => code).filter((code) => code === "W_NON_FINITE"));
        before[event.step] = bits(await trainer.weights());
      }
    expect(seen).toEqual([[], ["W_NON_FINITE"], [], []]);
    expect(before[2]).toEqual(before[1]);
    expect(before[3]).not.toEqual(before[2]);
  });

  it("ends with E_NON_FINITE and the names after 5 in a row", async () => {
    const trainer = await toyTrainer({ loss: broken(() => true) });
    await expect(run(trainer, 2)).rejects.toMatchObject({
      diagnostics: [
        { code: "E_NON_FINITE", detail: { parameters: ["loss", "fc1.weight", "fc2.weight"], steps: 5 } },
      ],
    });
  });
});

it("warns with W_DEAD_OUTPUT where the loss is ln 2 without a spike", async () => {
  const trainer = await toyTrainer({}, { init: "keep" });
  const codes: string[] = [];
  for await (const event of trainer.fit(toyData(16), { epochs: 1 }))
    if (event.kind === "step") codes.push(...event.diagnostics.map(({ code }) => code));
  expect(codes).toEqual(["W_DEAD_OUTPUT"]);
});

it("gives leaks a tenth of the learning rate and keeps decay from them", async () => {
  const moved = async (leak: number): Promise<number> => {
    const trainer = await toyTrainer(
      { learningRates: { leak }, schedule: { name: "one", at: () => 1 } },
      { trainable: { leak: "layer" } },
    );
    const before = (await trainer.weights()).get("lif1.leak")?.[0] ?? 0;
    for await (const event of trainer.fit(toyData(16), { epochs: 1 })) void event;
    return Math.abs(((await trainer.weights()).get("lif1.leak")?.[0] ?? 0) - before);
  };
  const [whole, tenth] = [await moved(1), await moved(0.1)];
  expect(whole).toBeGreaterThan(0.01);
  expect(tenth / whole).toBeCloseTo(0.1, 3);
});

it("counts the two spiking layers alone in rate terms and dead neurons, not their currents", async () => {
  const trainer = await toyTrainer({
    regularizers: [l1Rate({ weight: 1 })],
    metrics: [spikeRates(), silentNeurons()],
  });
  const plain = await toyTrainer({ metrics: [spikeRates(), silentNeurons()] });
  const [first] = (await run(trainer, 1)) as [StepEvent];
  const [bare] = (await run(plain, 1)) as [StepEvent];
  const rates = (bare.metrics["rate.lif1"] ?? 0) + (bare.metrics["rate.lif2"] ?? 0);
  expect(rates).toBeGreaterThan(0.02);
  expect(first.loss - bare.loss).toBeCloseTo(rates, 5);
  // Shares of 6 + 2 neurons.
  expect(((bare.metrics.dead ?? 0) * 8) % 1).toBe(0);
});

it("trains a step on which nothing depends: the first one of old currents, with gradients of 0", async () => {
  const late = graph()
    .input("input", [8])
    .linear("fc", {
      weight: [
        [1, 1, 1, 1, 1, 1, 1, 1],
        [0, 0, 0, 0, 0, 0, 0, 0],
      ],
    })
    .cubaLi("li", { tauSyn: 2, tauMem: 2, r: 1, wIn: 1 })
    .output("output")
    .build();
  for (const execution of ["composite", "fused"] as const) {
    const model = await buildTrainable(late, {
      dt: 1,
      dialect: "nir-euler+old",
      execution,
      name: `late-${execution}`,
    });
    const trainer = new Trainer(model, {
      loss: membraneLastCrossEntropy(),
      optimizer: sgd({ lr: 1 }),
      tbptt: { window: 1 },
    });
    for await (const event of trainer.fit(toyData(4, 4), { epochs: 1 }))
      expect(event.kind === "epoch" || event.gradNorm < 10).toBe(true);
    model.dispose();
  }
});

it("brings rates down with rateUpper", async () => {
  const rates = async (weight: number): Promise<number> => {
    const trainer = await toyTrainer({ regularizers: [rateUpper({ target: 0.02, weight })] });
    await run(trainer, 10);
    let spikes = 0;
    for await (const batch of toyData(64, 64).epoch(0)) {
      tf.tidy(() => {
        const { activity } = trainer.model.forward(new Map(batch.input) as never);
        spikes += activity.get("lif1")?.eventsOut ?? 0;
      });
    }
    return spikes;
  };
  expect(await rates(30)).toBeLessThan(0.8 * (await rates(0)));
});
