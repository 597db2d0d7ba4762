/** Worked numbers of losses, optimizers, schedules and metrics; float32 unless said otherwise. */
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import {
  accuracy,
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  clipByGlobalNorm,
  clipByValue,
  confusionMatrix,
  constant,
  cosine,
  countMSE,
  exponentialDecay,
  firstSpikeTimes,
  knowledgeDistillation,
  type Loss,
  latency,
  type Measured,
  membraneLastCrossEntropy,
  membraneMaxCrossEntropy,
  membraneMeanCrossEntropy,
  membraneSumCrossEntropy,
  multiStep,
  type Optimizer,
  oneCycle,
  polynomial,
  ramp,
  rateCrossEntropy,
  rateMSE,
  reduceOnPlateau,
  registerGradients,
  rmsprop,
  type SeqTensor,
  seqTensor,
  sgd,
  silentNeurons,
  spikeCountCrossEntropy,
  startAt,
  stepDecay,
  type Target,
  temporalMSE,
  tfjsOptimizer,
  topK,
  vanRossum,
} from "../../src/index.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
  await registerGradients();
});

/** Loss and its gradient by the sequence [T, B, N]. */
function lossOf(
  loss: Loss,
  sequence: readonly (readonly (readonly number[])[])[],
  target: Omit<Target, "labels"> & { readonly labels: readonly number[] },
  kind: SeqTensor["kind"] = "spikes",
): { readonly value: number; readonly gradient: number[][][] } {
  const x = tf.tensor3d(sequence as number[][][]);
  const f = tf.valueAndGrad((s: tf.Tensor) =>
    loss.compute(seqTensor(kind, s), { ...target, labels: Int32Array.from(target.labels) }),
  );
  const { value, grad } = f(x);
  return { value: (value.arraySync() as unknown as number) ?? 0, gradient: grad.arraySync() as number[][][] };
}

/** float32 sums of numbers near 1. */
const near = (found: readonly number[], wanted: readonly number[]): void => {
  expect(found).toHaveLength(wanted.length);
  found.forEach((value, k) => {
    expect(Math.abs(value - (wanted[k] ?? Number.NaN))).toBeLessThan(1e-6);
  });
};

const counts = [[3, 1, 0] as const, [2, 2, 4] as const];
/** Five steps whose spikes sum to `counts`. */
const trains = Array.from({ length: 5 }, (_, t) => counts.map((row) => row.map((c) => (t < c ? 1 : 0))));
const slope = [
  [-0.078102632759, 0.057097599692, 0.021005033067],
  [0.05325348946, -0.44674651054, 0.393493021081],
];

describe("losses", () => {
  it("spike count: counts [[3,1,0],[2,2,4]], labels 0, 1 give 1.204695392889 and one gradient for every step", () => {
    const { value, gradient } = lossOf(spikeCountCrossEntropy(), trains, { labels: [0, 1] });
    near([value], [1.204695392889]);
    for (const step of gradient) near(step.flat(), slope.flat());
  });

  it("membrane sum, mean and last: the same numbers for one step, 1/5 of the gradient for the mean of five", () => {
    const one = [counts];
    for (const loss of [membraneSumCrossEntropy(), membraneMeanCrossEntropy(), membraneLastCrossEntropy()]) {
      const { value, gradient } = lossOf(loss, one, { labels: [0, 1] }, "membrane");
      near([value], [1.204695392889]);
      near(gradient.flat(2), slope.flat());
    }
    const steady = Array.from({ length: 5 }, () => counts);
    const { value, gradient } = lossOf(membraneMeanCrossEntropy(), steady, { labels: [0, 1] }, "membrane");
    near([value], [1.204695392889]);
    near(
      gradient[3]?.flat() ?? [],
      slope.flat().map((g) => g / 5),
    );
    const last = lossOf(membraneLastCrossEntropy(), steady, { labels: [0, 1] }, "membrane").gradient;
    near(last[3]?.flat() ?? [], new Array<number>(6).fill(0));
    near(last[4]?.flat() ?? [], slope.flat());
  });

  it("membrane max: the gradient goes to the first of two equal maxima", () => {
    const u = [[[1, 0]], [[3, 2]], [[3, 1]]];
    const { value, gradient } = lossOf(membraneMaxCrossEntropy(), u, { labels: [0] }, "membrane");
    const p = 1 / (1 + Math.exp(-1));
    near([value], [-Math.log(p)]);
    near(gradient.flat(2), [0, 0, p - 1, 1 - p, 0, 0]);
  });

  it("rate cross entropy: the mean over steps of that of each step", () => {
    const { value } = lossOf(rateCrossEntropy(), [[[1, 0]], [[0, 0]]], { labels: [0] });
    near([value], [(Math.log(1 + Math.exp(-1)) + Math.log(2)) / 2]);
  });

  it("count MSE: c = [8, 1, 0], T = 10 gives 0.166666666667, rate MSE a tenth of it", () => {
    const ten = Array.from({ length: 10 }, (_, t) => [[t < 8 ? 1 : 0, t < 1 ? 1 : 0, 0]]);
    const { value, gradient } = lossOf(countMSE(), ten, { labels: [0] });
    near([value], [1 / 6]);
    near(gradient[4]?.flat() ?? [], [0, -2 / 30, -4 / 30]);
    near([lossOf(rateMSE(), ten, { labels: [0] }).value], [1 / 60]);
  });

  it("count MSE with populations: 6 neurons for 3 classes count as means of pairs", () => {
    const ten = Array.from({ length: 10 }, (_, t) => [[1, t < 6 ? 1 : 0, t < 2 ? 1 : 0, 0, 0, 0]]);
    near([lossOf(countMSE({ classes: 3 }), ten, { labels: [0] }).value], [1 / 6]);
  });

  it("van Rossum: tau 2 gives 0.616362440107 and G", () => {
    const s = [0, 1, 0, 0, 1].map((x) => [[x]]);
    const sequence = tf.tensor3d([0, 0, 1, 0, 1].map((x) => [[x]]));
    const { value, gradient } = lossOf(vanRossum({ tau: 2 }), s, { labels: [0], sequence });
    near([value], [0.616362440107]);
    near(
      gradient.flat(2),
      [0.388941409131, 0.641255974291, -0.591468905923, -0.326446095453, -0.144749281023],
    );
  });

  it("first spikes at steps 1 and 3 (none) of 3, gradient -1 there", () => {
    const s = tf.tensor3d([[[0, 0]], [[1, 0]], [[1, 0]]]);
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
      tf.sum(firstSpikeTimes(seqTensor("spikes", x))),
    )(s);
    expect(value.dataSync()[0]).toBe(4);
    near([...grad.dataSync()], [0, 0, -1, 0, 0, -1]);
    const { value: mse } = lossOf(temporalMSE({ correct: 1 / 3, incorrect: 1 }), s.arraySync(), {
      labels: [0],
    });
    near([mse], [0]);
  });

  it("refuses first spikes of membranes with E_TRAIN_OPTION", () => {
    expect(() => firstSpikeTimes(seqTensor("membrane", tf.zeros([2, 1, 3])))).toThrow(/E_TRAIN_OPTION/);
  });

  it("one step and one class are no special case: membrane max and first spikes of [[0.5]], cross entropy 0", () => {
    const membrane = seqTensor("membrane", tf.tensor3d([0.5], [1, 1, 1]));
    const silent = seqTensor("spikes", tf.zeros([1, 1, 1]));
    const target = { labels: Int32Array.of(0) };
    expect(membraneMaxCrossEntropy().compute(membrane, target).dataSync()[0]).toBeCloseTo(0, 9);
    expect(firstSpikeTimes(silent).dataSync()[0]).toBe(1);
    expect(countMSE().compute(silent, target).dataSync()[0]).toBeCloseTo(0.64, 6);
  });

  it("distillation: no divergence from one's own logits, tau² KL from others", () => {
    const base = spikeCountCrossEntropy();
    const own = tf.tensor2d(counts.map((row) => [...row]));
    const loss = knowledgeDistillation({ base, alpha: 1, temperature: 2 });
    near([lossOf(loss, trains, { labels: [0, 1], teacher: own }).value], [0]);
    const q = (z: number): number => Math.exp(z / 2) / (Math.exp(1 / 2) + 1);
    const other = lossOf(loss, [[[1, 0]]], { labels: [0], teacher: tf.tensor2d([[0, 0]]) });
    near([other.value], [4 * (0.5 * Math.log(0.5 / q(1)) + 0.5 * Math.log(0.5 / q(0)))]);
    near(other.gradient.flat(2), [2 * (q(1) - 0.5), 2 * (q(0) - 0.5)]);
  });

  it.each([
    ["a label of 3 for 3 classes", [0, 3]],
    ["a label of -1", [0, -1]],
    ["one label for two samples", [0]],
  ])("refuses %s with E_TRAIN_DATA", (_, labels) => {
    expect(() => lossOf(spikeCountCrossEntropy(), trains, { labels })).toThrow("E_TRAIN_DATA");
  });
});

function walk(optimizer: Optimizer, start: number, gradients: readonly number[], multiplier = 1): number[] {
  let values: Float32Array = Float32Array.of(start);
  return gradients.map((g) => {
    const update = {
      key: "w",
      role: "weight",
      shape: [1],
      values,
      gradient: Float32Array.of(g),
      multiplier,
    } as const;
    [values = values] = optimizer.apply([update], optimizer.lr);
    return values[0] ?? Number.NaN;
  });
}

describe("optimizers", () => {
  const gradients = [0.5, -0.2, 0.3];

  it("adam: 0.9, 0.865439418117, 0.810995383681 to 1e-6, and tfjs's own to 3e-6", () => {
    const wanted = [0.900000002, 0.865439418117, 0.810995383681];
    near(walk(adam({ lr: 0.1 }), 1, gradients), wanted);
    const theirs = tfjsOptimizer("adam", 0.1, (rate) => tf.train.adam(rate, 0.9, 0.999, 1e-8));
    walk(theirs, 1, gradients).forEach((value, k) => {
      expect(Math.abs(value - (wanted[k] ?? 0))).toBeLessThan(3e-6);
    });
  });

  it("adamW: decays weights by lr·0.1 before the step, biases not", () => {
    const [first] = walk(adamW({ lr: 0.1, weightDecay: 0.1 }), 1, [0.5]);
    near([first ?? 0], [0.99 - 0.1]);
    const bias = {
      key: "b",
      role: "bias",
      shape: [1],
      values: Float32Array.of(1),
      gradient: Float32Array.of(0.5),
      multiplier: 1,
    } as const;
    near([...(adamW({ lr: 0.1, weightDecay: 0.1 }).apply([bias], 0.1)[0] ?? [])], [0.9]);
  });

  it("sgd with momentum 0.9: 0.95, 0.925 - 0.0, as by hand", () => {
    // m = 0.5; then 0.9·0.5 − 0.2 = 0.25; then 0.9·0.25 + 0.3 = 0.525
    near(walk(sgd({ lr: 0.1, momentum: 0.9 }), 1, gradients), [0.95, 0.925, 0.8725]);
    near(walk(sgd({ lr: 0.1 }), 1, gradients, 0.5), [0.975, 0.985, 0.97]);
  });

  it.each([
    ["rmsprop", () => rmsprop({ lr: 0.1 }), [2e-7, 0.373002053731, -0.117140947585]],
    [
      "rmsprop with momentum, centered",
      () => rmsprop({ lr: 0.1, momentum: 0.9, centered: true }),
      [-0.005037613239, -0.536003796484, -1.506325626562],
    ],
    ["adagrad", () => adagrad({ lr: 0.1 }), [0.90000000002, 0.937139067649, 0.888472641317]],
    ["adadelta", () => adadelta(), [0.996837785583, 0.998575224399, 0.996119163213]],
    ["adamax", () => adamax({ lr: 0.1 }), [0.900000002, 0.873657870922, 0.834834877078]],
  ] as const)("%s walks as PyTorch's, to 1e-6", (_, make, wanted) => {
    near(walk(make(), 1, gradients), wanted);
  });

  it("an optimizer of tfjs keeps the moments of a parameter that has no gradient in a step", () => {
    const update = (key: string, values: Float32Array, gradient: number) =>
      ({
        key,
        role: "weight",
        shape: [1],
        values,
        gradient: Float32Array.of(gradient),
        multiplier: 1,
      }) as const;
    const optimizer = tfjsOptimizer("momentum", 0.1, (rate) => tf.train.momentum(rate, 0.9));
    const one = Float32Array.of(1);
    const [, b = one] = optimizer.apply([update("a", one, 1), update("b", one, 0.5)], 0.1);
    // b alone: m = 0.9·0.5 + 0.5 = 0.95.
    near([...(optimizer.apply([update("b", b, 0.5)], 0.1)[0] ?? [])], [0.95 - 0.095]);
  });

  it("Adamax of tfjs refuses to be kept, with E_CHECKPOINT", async () => {
    const optimizer = tfjsOptimizer("adamax", 0.1, (rate) => tf.train.adamax(rate));
    walk(optimizer, 1, gradients);
    await expect(optimizer.state()).rejects.toThrow(/E_CHECKPOINT/);
  });

  it.each([
    ["adam", () => adam({ lr: 0.1 })],
    ["adamax", () => adamax({ lr: 0.1 })],
    ["rmsprop", () => rmsprop({ lr: 0.1, momentum: 0.9 })],
    ["adadelta", () => adadelta({ lr: 0.1 })],
    ["adagrad", () => adagrad({ lr: 0.1 })],
  ] as const)("%s continues from its state bit for bit", (_, make) => {
    const [whole, first, second] = [make(), make(), make()];
    const wanted = walk(whole, 1, gradients);
    const half = walk(first, 1, gradients.slice(0, 2));
    const state = first.state();
    if (state instanceof Promise) throw new Error("the state of adam is there at once");
    void second.restore(state);
    expect(walk(second, half[1] ?? 0, gradients.slice(2))).toEqual(wanted.slice(2));
  });

  it("keeps the moments of masked entries at 0", () => {
    const optimizer = adam({ lr: 0.1 });
    const update = {
      key: "w",
      role: "weight",
      shape: [2],
      values: Float32Array.of(1, 0),
      gradient: Float32Array.of(1, 1),
      mask: Float32Array.of(1, 0),
      multiplier: 1,
    } as const;
    optimizer.apply([update], 0.1);
    const state = optimizer.state();
    if (state instanceof Promise) throw new Error("the state of adam is there at once");
    expect([...(state.slots.get("w/m") ?? [])].map((m) => m > 0)).toEqual([true, false]);
  });

  it("clips [3, 4] to norm 1 as [0.6, 0.8], and by value 2 as [2, -2]", () => {
    const three = { role: "weight", gradient: Float32Array.of(3) } as const;
    const four = { role: "leak", gradient: Float32Array.of(4) } as const;
    expect(clipByGlobalNorm([three, four], 1)).toBe(5);
    near([three.gradient[0] ?? 0, four.gradient[0] ?? 0], [0.6, 0.8]);
    const wild = { role: "weight", gradient: Float32Array.of(5, -7) } as const;
    clipByValue([wild], 2);
    expect([...wild.gradient]).toEqual([2, -2]);
  });

  it("refuses beta1 of 1 with E_TRAIN_OPTION", () => {
    expect(() => adam({ beta1: 1 })).toThrow("E_TRAIN_OPTION");
  });
});

describe("schedules", () => {
  it.each([
    ["constant", constant(0.5), [0.5, 0.5, 0.5]],
    ["step decay every 5 by 0.1", stepDecay({ every: 5 }), [1, 0.1, 0.01]],
    ["multi-step at 3 and 10", multiStep({ milestones: [3, 10], gamma: 0.5 }), [1, 0.5, 0.25]],
    ["exponential 0.9", exponentialDecay({ gamma: 0.9 }), [1, 0.9 ** 5, 0.9 ** 10]],
    ["cosine", cosine(), [1, 0.5, 0]],
    ["cosine with floor 0.2", cosine({ floor: 0.2 }), [1, 0.6, 0.2]],
    ["cosine with warm-up of 6 steps", cosine({ warmupSteps: 6 }), [1 / 6, 1, 0]],
    ["polynomial of power 2", polynomial({ power: 2 }), [1, 0.25, 0]],
    ["ramp from 1 to 5", ramp({ from: 1, to: 5 }), [1, 3, 5]],
    ["start at step 5", startAt(5), [0, 1, 1]],
    ["one cycle, top at 5", oneCycle({ rise: 0.5 }), [1 / 25, 1, 1 / 250_000]],
  ])("%s at steps 0, 5, 10 of 10", (_, schedule, wanted) => {
    near(
      [0, 5, 10].map((step) => schedule.at(step, 10)),
      wanted,
    );
  });

  it("reduce on plateau: falls after 2 epochs without improvement, once", () => {
    const schedule = reduceOnPlateau({ patience: 1, factor: 0.5 });
    const factors = [1, 0.9, 0.9, 0.9, 0.8].map((value) => {
      schedule.observe?.(value);
      return schedule.at(0, 1);
    });
    expect(factors).toEqual([1, 1, 1, 0.5, 0.5]);
    const other = reduceOnPlateau({ patience: 1, factor: 0.5 });
    other.restore?.(schedule.state?.());
    expect(other.at(0, 1)).toBe(0.5);
    expect(() => other.restore?.({ best: "x" })).toThrow("E_CHECKPOINT");
  });
});

describe("metrics", () => {
  const measured = (more: Partial<Measured> = {}): Measured => ({
    readout: Float32Array.of(3, 1, 0, 2, 2, 1, 0, 5, 5),
    labels: Int32Array.of(0, 1, 2),
    batch: 3,
    classes: 3,
    steps: 4,
    activity: new Map(),
    spiking: [],
    ...more,
  });

  it("accuracy: ties take the lowest class and are counted, 1/3 right with 2/3 ties", () => {
    const metric = accuracy();
    expect(metric.values(metric.measure(measured()))).toEqual({ accuracy: 1 / 3, tieRate: 2 / 3 });
  });

  it("top 2: 3 of 3", () => {
    const metric = topK(2);
    expect(metric.values(metric.measure(measured()))).toEqual({ top2: 1 });
  });

  it("confusion: 0 as 0, 1 as 0, 2 as 1", () => {
    expect(confusionMatrix().measure(measured())).toEqual({
      "confusion[0][0]": 1,
      "confusion[1][0]": 1,
      "confusion[2][1]": 1,
    });
  });

  it("latency: spikes 1 first, then twice 0 decides at the third step", () => {
    const sequence = Float32Array.of(0, 1, 1, 0, 1, 0, 0, 0);
    const metric = latency();
    const one = measured({ sequence, batch: 1, classes: 2, labels: Int32Array.of(0) });
    // Running sums (0,1), (1,1), (2,1), (2,1): class 1, then 0 by the tie, and 0 stays.
    expect(metric.values(metric.measure(one))).toEqual({ latency: 2 });
  });

  it("dead and saturated: of 4 neurons one never spikes, one in every step", () => {
    const metric = silentNeurons();
    const spikes = Float32Array.of(0, 4, 1, 2, 0, 4, 0, 2, 0, 4, 0, 1);
    const values = metric.values(metric.measure(measured({ counts: new Map([["lif", spikes]]) })));
    expect(values).toEqual({ dead: 0.25, saturated: 0.25 });
  });
});
