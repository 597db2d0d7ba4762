/** Random cases: the event-driven simulator against the interpreter that looks at every synapse in every step. */
import { philox, type Random } from "@nirkit/integer";
import { expect, test } from "vitest";
import {
  applicationModels,
  type CasePopulation,
  type CaseProjection,
  type ModelName,
  type PopulationCase,
  simulatePopulations,
} from "../src/index.ts";
import { interpret } from "./plain-interpreter.ts";

const steps = 40;
const listModels: readonly ModelName[] = ["lif", "lif_no_delay", "lif_curr_exp", "lif_curr_exp_no_delay"];

function between(random: Random, low: number, high: number): number {
  return low + random.integer(high - low + 1);
}

function spikeList(random: Random, name: string, size: number): CasePopulation {
  const spikes = Object.fromEntries(
    Array.from({ length: size }, (_, n) => [
      n,
      Array.from({ length: steps }, (_, t) => t).filter(() => random.uniform() < 0.3),
    ]),
  );
  return { name, model: "spike_list", size, spikes };
}

function neurons(random: Random, name: string, model: ModelName, size: number): CasePopulation {
  const each = (low: number, high: number): number | number[] =>
    random.uniform() < 0.5
      ? low + random.uniform() * (high - low)
      : Array.from({ length: size }, () => low + random.uniform() * (high - low));
  const largest = applicationModels[model].weightMax;
  const currents = applicationModels[model].dynamics === "lif_curr_exp";
  const params = {
    threshold: each(largest / 4, 3 * largest),
    alpha_decay: each(0, 1),
    i_offset: each(-largest / 8, largest / 4),
    v_init: each(-largest, largest),
    v_reset: each(-largest, largest / 8),
    reset: random.uniform() < 0.5 ? "reset_by_subtraction" : "reset_to_v_reset",
  } as const;
  return {
    name,
    model,
    size,
    params: currents ? { ...params, exc_decay: each(0, 1), inh_decay: each(0, 1) } : params,
  };
}

function rows(random: Random, pre: CasePopulation, post: CasePopulation): CaseProjection {
  const { weightMax, delayMax } = applicationModels[post.model as ModelName];
  const count = between(random, 0, 2 * pre.size * post.size);
  const connections = Array.from({ length: count }, () => [
    random.integer(pre.size),
    random.integer(post.size),
    between(random, -weightMax, weightMax),
    between(random, 0, delayMax),
  ]);
  return { pre: pre.name, post: post.name, connections };
}

function convolution(
  random: Random,
  name: string,
): { readonly populations: CasePopulation[]; readonly projection: CaseProjection } {
  const [cin, cout, kh, kw] = [
    between(random, 1, 2),
    between(random, 1, 3),
    between(random, 1, 3),
    between(random, 1, 3),
  ];
  const conv = {
    in_height: between(random, 4, 7),
    in_width: between(random, 4, 7),
    stride_x: between(random, 1, 2),
    stride_y: between(random, 1, 2),
    pool_x: between(random, 1, 2),
    pool_y: between(random, 1, 2),
    pad_top: between(random, 1, 2),
    pad_bottom: between(random, 1, 2),
    pad_left: between(random, 1, 2),
    pad_right: between(random, 1, 2),
  };
  const weights = Array.from({ length: cin }, () =>
    Array.from({ length: cout }, () =>
      Array.from({ length: kh }, () => Array.from({ length: kw }, () => between(random, -127, 127))),
    ),
  );
  const out = (size: number, pool: number, pads: number, kernel: number, stride: number): number =>
    Math.floor((Math.floor(size / pool) + pads - kernel) / stride) + 1;
  const height = out(conv.in_height, conv.pool_y, conv.pad_top + conv.pad_bottom, kh, conv.stride_y);
  const width = out(conv.in_width, conv.pool_x, conv.pad_left + conv.pad_right, kw, conv.stride_x);
  return {
    populations: [
      spikeList(random, `${name}-image`, cin * conv.in_height * conv.in_width),
      neurons(random, name, "lif_conv2d", cout * height * width),
    ],
    projection: { pre: `${name}-image`, post: name, conv2d: { weights, ...conv } },
  };
}

function randomCase(seed: number): PopulationCase {
  const random = philox(seed, "random-cases");
  const source = spikeList(random, "in", between(random, 1, 8));
  const layers = Array.from({ length: between(random, 1, 3) }, (_, k) =>
    neurons(random, `layer${k}`, listModels[random.integer(4)] as ModelName, between(random, 1, 9)),
  );
  const conv = convolution(random, "conv");
  const all = [source, ...layers, ...conv.populations];
  const projections = layers.flatMap((post) => [
    rows(random, source, post),
    rows(random, all[random.integer(all.length)] as CasePopulation, post),
    rows(random, post, post),
  ]);
  return { timesteps: steps, populations: all, projections: [...projections, conv.projection] };
}

const count = process.env.NIRKIT_DEEP === "1" ? 5000 : 150;

test(`${count} random cases of all five models: every spike and both membranes, bit for bit (seeds 0 …)`, () => {
  let spikes = 0;
  for (let seed = 0; seed < count; seed++) {
    const given = randomCase(seed);
    const plain = interpret(given);
    const trace = simulatePopulations(given, { record: { populations: "all", signals: ["v", "vpre"] } });
    for (const { name, model } of given.populations) {
      const train = trace.spikes.get(name);
      const got = (plain.fired[name] ?? []).map((_, t) => [
        ...(train?.index.subarray(train.start[t], train.start[t + 1]) ?? []),
      ]);
      expect(got).toEqual((plain.fired[name] ?? []).map((row) => row.flatMap((z, n) => (z ? [n] : []))));
      if (model === "spike_list") continue;
      spikes += train?.index.length ?? 0;
      expect([...(trace.records.get(`${name}/v`) ?? [])]).toEqual(plain.after[name]?.flat());
      expect([...(trace.records.get(`${name}/vpre`) ?? [])]).toEqual(plain.before[name]?.flat());
    }
  }
  expect(spikes).toBeGreaterThan(count * 100);
});
