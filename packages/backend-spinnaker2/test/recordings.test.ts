/** Every spike that was recorded on the chip. */
import { describe, expect, test } from "vitest";
import {
  type PopulationCase,
  type SimulatePopulationsOptions,
  simulatePopulations,
  spikeTimes,
} from "../src/index.ts";
import { interpret } from "./plain-interpreter.ts";
import { hasData, type RecordedCase, s2Json } from "./s2-data.ts";

type Steps = Readonly<Record<string, readonly number[]>>;

function timesOf(
  given: PopulationCase,
  name: string,
  options: SimulatePopulationsOptions = {},
): Record<string, number[]> {
  const train = simulatePopulations(given, options).spikes.get(name);
  return train === undefined ? {} : Object.fromEntries(spikeTimes(train));
}

function sorted(steps: Steps): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(steps)
      .filter(([, times]) => times.length > 0)
      .map(([neuron, times]) => [neuron, [...times].sort((a, b) => a - b)]),
  );
}

const modes = ["separate", "fused", "float64"] as const;

describe.runIf(hasData())("recorded on the chip", () => {
  test.for([
    ["chip_dnf_lif.json", 20722],
    ["chip_dnf_lif_curr_exp.json", 10188],
  ] as const)("%s: all %i spikes, in every floating mode", ([file, total]) => {
    const given = s2Json<RecordedCase>(file);
    expect(given.expected_total).toBe(total);
    for (const fp of modes) {
      const got = timesOf(given, "field", { fp });
      expect(Object.values(got).flat()).toHaveLength(total);
      expect(got).toEqual(sorted(given.expected.field ?? {}));
    }
  });

  test("a threshold that fires at > instead of >= loses spikes of chip_dnf_lif.json from step 57 on", () => {
    const given = s2Json<RecordedCase>("chip_dnf_lif.json");
    const populations = given.populations.map((p) =>
      p.name === "field" ? { ...p, params: { ...p.params, threshold: 5 * (1 + 2 ** -23) } } : p,
    );
    const got = timesOf({ ...given, populations }, "field");
    const want = sorted(given.expected.field ?? {});
    const before = (steps: Record<string, number[]>, end: number) =>
      Object.entries(steps)
        .flatMap(([n, times]) => times.filter((t) => t < end).map((t) => `${t} ${n}`))
        .sort();
    expect(before(got, 57)).toEqual(before(want, 57));
    expect(before(got, 58)).not.toEqual(before(want, 58));
  });

  test("chip_dnf_lif.json: the plain interpreter gives the same spikes", () => {
    const given = s2Json<RecordedCase>("chip_dnf_lif.json");
    const short = {
      ...given,
      timesteps: 120,
      populations: given.populations.map((p) =>
        p.spikes === undefined
          ? p
          : {
              ...p,
              spikes: Object.fromEntries(
                Object.entries(p.spikes).map(([n, s]) => [n, s.filter((t) => t < 120)]),
              ),
            },
      ),
    };
    const { fired } = interpret(short);
    const plain: Record<string, number[]> = {};
    for (const [t, row] of (fired.field ?? []).entries())
      for (const [n, spike] of row.entries()) if (spike) plain[n] = [...(plain[n] ?? []), t];
    expect(timesOf(short, "field")).toEqual(plain);
    expect(Object.values(plain).flat().length).toBeGreaterThan(1000);
  });
});

interface VectorCase extends PopulationCase {
  readonly name: string;
  readonly expected: Readonly<
    Record<string, { readonly spikes: Steps; readonly v_before_reset: number[][]; readonly v: number[][] }>
  >;
}

describe.runIf(hasData())("model_vectors.json", () => {
  const vectors = hasData()
    ? s2Json<{ readonly cases: readonly VectorCase[] }>("model_vectors.json").cases
    : [];

  test("holds five cases", () => expect(vectors).toHaveLength(5));

  test.for(vectors.map((v) => [v.name, v] as const))(
    "%s: spikes and both membranes, bit for bit",
    ([, given]) => {
      const trace = simulatePopulations(given, { record: { populations: "all", signals: ["v", "vpre"] } });
      const plain = interpret(given);
      for (const [name, expected] of Object.entries(given.expected)) {
        const train = trace.spikes.get(name);
        expect(Object.fromEntries(spikeTimes(train as NonNullable<typeof train>))).toEqual(
          sorted(expected.spikes),
        );
        expect([...(trace.records.get(`${name}/v`) ?? [])]).toEqual(expected.v.flat());
        expect([...(trace.records.get(`${name}/vpre`) ?? [])]).toEqual(expected.v_before_reset.flat());
        expect(plain.before[name]).toEqual(expected.v_before_reset);
        expect(plain.after[name]).toEqual(expected.v);
      }
    },
  );
});

describe.runIf(hasData())("emulation_lif_single.json", () => {
  const given = (fp: SimulatePopulationsOptions["fp"]) => {
    const trace = s2Json<{
      input_spike_steps: number[];
      steps: number;
      v_over_pre_scale: number[];
      output_spike_steps: number[];
      pre_scale: number;
    }>("emulation_lif_single.json");
    // In that file an input step is the one in which the input is felt.
    const spikes = { 0: trace.input_spike_steps.map((t) => t - 1) };
    const params = {
      threshold: (0.1 / 0.04) * trace.pre_scale,
      alpha_decay: 0.96,
      v_reset: 0,
      reset: "reset_to_v_reset",
    } as const;
    const single: PopulationCase = {
      timesteps: trace.steps,
      populations: [
        { name: "in", model: "spike_list", size: 1, spikes },
        { name: "lif", model: "lif_no_delay", size: 1, params },
      ],
      projections: [{ pre: "in", post: "lif", connections: [[0, 0, 102, 0]] }],
    };
    const result = simulatePopulations(single, {
      ...(fp ? { fp } : {}),
      record: { populations: ["lif"], signals: ["v"] },
    });
    const train = result.spikes.get("lif");
    return {
      trace,
      spikes: train === undefined ? [] : (spikeTimes(train).get(0) ?? []),
      v: result.records.get("lif/v") ?? new Float32Array(0),
    };
  };
  // Tolerances of the manifest: float64 state to 1e-15, float32 state to 2e-7.
  test.for([
    ["float64", 1e-15],
    ["separate", 2e-7],
    ["fused", 2e-7],
  ] as const)("%s: spikes at 460, 510, 710, 760 and voltages within %f", ([fp, tolerance]) => {
    const { trace, spikes, v } = given(fp);
    expect(spikes).toEqual([460, 510, 710, 760]);
    expect(trace.output_spike_steps).toEqual(spikes);
    const worst = trace.v_over_pre_scale.reduce(
      (most, value, t) => Math.max(most, Math.abs((v[t] ?? Number.NaN) / trace.pre_scale - value)),
      0,
    );
    expect(worst).toBeLessThanOrEqual(tolerance);
  });
});
