/** Cases and options that are refused, with the numbers and what would make them fit. */
import type { NirkitError } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { mapS2, type S2Options, simulatePopulations } from "../src/index.ts";
import { dense } from "./graphs.ts";
import { lowered, quantizeForChip } from "./quantized.ts";

describe("a case is refused", () => {
  const base = {
    timesteps: 10,
    populations: [
      { name: "in", model: "spike_list", size: 2, spikes: { 0: [1, 3] } },
      { name: "n", model: "lif", size: 2, params: { threshold: 1, alpha_decay: 0.5 } },
    ],
    projections: [{ pre: "in", post: "n", connections: [[0, 0, 3, 0]] }],
  };
  const codes = (changes: object): string => {
    try {
      simulatePopulations({ ...base, ...changes });
    } catch (error) {
      return (error as NirkitError).diagnostics.map((d) => `${d.code} ${d.path}: ${d.message}`).join("\n");
    }
    return "";
  };
  const row = (entries: readonly number[], model = "lif"): object => ({
    populations: [
      base.populations[0],
      {
        ...base.populations[1],
        model,
        params: { threshold: 1, alpha_decay: 0.5, exc_decay: 0.1, inh_decay: 0.1 },
      },
    ],
    projections: [{ pre: "in", post: "n", connections: [entries] }],
  });
  const spikes = (times: object): object => ({
    populations: [{ ...base.populations[0], spikes: times }, base.populations[1]],
  });

  test.for<readonly [string, object, RegExp]>([
    ["nothing", {}, /^$/],
    [
      "weight 16 into lif",
      row([0, 0, 16, 0]),
      /^E_S2_WEIGHT_RANGE .*Weight 16 at index 0 is outside −15 … 15/,
    ],
    ["weight 128 into lif_no_delay", row([0, 0, 128, 0], "lif_no_delay"), /^E_S2_WEIGHT_RANGE .*−127 … 127/],
    [
      "weight 1.5",
      row([0, 0, 1.5, 0]),
      /^E_S2_WEIGHTS_NOT_INTEGER .*1 weights are no integers; the largest fraction is 0.5/,
    ],
    ["weight NaN", row([0, 0, Number.NaN, 0]), /^E_S2_WEIGHTS_NOT_INTEGER/],
    ["delay field 8", row([0, 0, 1, 8]), /^E_S2_DELAY_RANGE .*A delay of 9 steps is outside 1 … 8/],
    ["delay field 1 into lif_no_delay", row([0, 0, 1, 1], "lif_no_delay"), /^E_S2_DELAY_RANGE .*1 … 1/],
    ["source 2 of 2", row([2, 0, 1, 0]), /^E_S2_SHAPE .*starts at neuron 2, expected less than 2/],
    ["target −1", row([0, -1, 1, 0]), /^E_S2_CASE/],
    ["izhikevich", row([0, 0, 1, 0], "izhikevich"), /^E_S2_MODEL .*without published equations/],
    ["lif_fugo", row([0, 0, 1, 0], "lif_fugo"), /^E_S2_MODEL .*unknown model/],
    ["synapses into lif_conv2d", row([0, 0, 1, 0], "lif_conv2d"), /^E_S2_SHAPE/],
    [
      "a spike at step 10 of 10",
      spikes({ 0: [10] }),
      /^E_S2_INPUT_RANGE .*Neuron 0 spikes at step 10, outside 0 … 9/,
    ],
    ["a spike at step −1", spikes({ 1: [-1] }), /^E_S2_INPUT_RANGE/],
    ["two spikes in step 4", spikes({ 0: [4, 5, 4], 1: [2, 2] }), /twice in step 4 \(the first of 2\)/],
    ["neuron 2 of 2", spikes({ 2: [4] }), /^E_S2_INPUT_RANGE .*There is no neuron 2 among 2/],
    ["no timesteps", { timesteps: undefined }, /^E_S2_CASE timesteps/],
    [
      "t_refrac 2",
      {
        populations: [
          base.populations[0],
          { ...base.populations[1], params: { threshold: 1, alpha_decay: 1, t_refrac: 2 } },
        ],
      },
      /^E_S2_REFRACTORY .*t_refrac is 2/,
    ],
    [
      "no threshold",
      { populations: [base.populations[0], { ...base.populations[1], params: {} }] },
      /^E_S2_CASE populations\[1\].params.threshold: It is missing/,
    ],
    [
      "a projection from nowhere",
      { projections: [{ pre: "x", post: "n", connections: [] }] },
      /^E_S2_CASE projections\[0\]: pre is "x"/,
    ],
    [
      "a delayed convolution",
      {
        populations: [base.populations[0], { ...base.populations[1], model: "lif_conv2d", size: 1 }],
        projections: [
          {
            pre: "in",
            post: "n",
            delay: 1,
            conv2d: { weights: [[[[1, 1]]]], in_height: 1, in_width: 2, stride_x: 1, stride_y: 1 },
          },
        ],
      },
      /^E_S2_CONV_DELAY/,
    ],
  ])("%s", ([, changes, expected]) => {
    expect(codes(changes)).toMatch(expected);
  });

  test("all that is wrong is said at once", () => {
    const populations = [
      { ...base.populations[0], spikes: { 0: [99] } },
      base.populations[1],
      { name: "n", model: "gas", size: 1 },
    ];
    expect(codes({ populations }).split("\n")).toHaveLength(3);
  });
});

test("E_S2_OPTION: what the options do not have, instead of a guess or an error of the schema library", async () => {
  const made = lowered(await quantizeForChip(dense(), { dt: 1e-3 }));
  for (const [changes, message] of [
    [{ steps: 0 }, /E_S2_OPTION options.steps: "0" does not suit steps/],
    [{ board: "chip2" }, /E_S2_OPTION options.board: "chip2"/],
    [{ colour: 1 }, /E_S2_OPTION options.colour: "1"/],
    [{ atoms: "lif1=0" }, /E_S2_OPTION options.atoms: "lif1=0".*at least 1/],
    [{ atoms: "lif1=2.5" }, /E_S2_OPTION options.atoms: "lif1=2.5"/],
    [{ atoms: "lif1" }, /E_S2_OPTION options.atoms: "lif1".*NODE=N/],
  ] as const)
    expect(() => mapS2(made, changes as unknown as Partial<S2Options>)).toThrow(message);
});

test("E_S2_OPTION: a rounding, a population or a signal that simulatePopulations does not know; E_S2_CASE: a row that is none", () => {
  const of = (projection: object): Parameters<typeof simulatePopulations>[0] => ({
    timesteps: 3,
    populations: [
      { name: "in", model: "spike_list", size: 1, spikes: { 0: [0] } },
      {
        name: "n",
        model: "lif",
        size: 1,
        params: { threshold: 8, alpha_decay: 0.5, reset: "reset_to_v_reset" },
      },
    ],
    projections: [{ pre: "in", post: "n", connections: [[0, 0, 5, 0]], ...projection }],
  });
  const runs = [
    [{ fp: "double" as "fused" }, /E_S2_OPTION options.fp: "double" .*separate, fused, float64/],
    [{ record: { populations: ["m"], signals: ["v"] } }, /E_S2_OPTION options.record.populations: "m"/],
    [
      { record: { populations: ["n"], signals: ["u" as "v"] } },
      /E_S2_OPTION options.record.signals: "u" .*v, vpre, i/,
    ],
  ] as const;
  for (const [options, message] of runs) expect(() => simulatePopulations(of({}), options)).toThrow(message);
  expect(() => simulatePopulations(of({ connections: [null] }))).toThrow(
    /E_S2_CASE projections\[0\]: Row 0 is null/,
  );
});
