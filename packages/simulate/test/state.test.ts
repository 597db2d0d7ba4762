/** Carried state, streams, probes, progress: what goes on between and around the steps. */
import { graph, type NirGraph, NirkitError, type SpikeInput, type Tensor, tensor } from "@nirkit/graph";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSimulator, type ProbeStream, type SimulatorOptions } from "../src/index.ts";
import { recurrentNetwork, spikes } from "./networks.ts";

const delayed = graph()
  .input("in", [3])
  .delay("late", { delay: [2e-3, 0, 5e-3] })
  .lif("n", { tau: 5e-3, r: 5, vThreshold: 0.9 })
  .output("out")
  .at("n")
  .delay("back", { delay: [3e-3] })
  .linear("w", {
    weight: [
      [0.5, -0.2, 0.1],
      [0, 0.4, 0],
      [0.2, 0, -0.6],
    ],
  })
  .edge("w", "n")
  .build();

const everything = { nodes: "all", signals: ["out", "v", "vpre", "i"] } as const;

/** Steps from … to − 1 of a sample. */
function part(input: SpikeInput, from: number, to: number): SpikeInput {
  return new Map(
    [...input].map(([name, source]) => {
      if ("start" in source) throw new Error("tensors only");
      const size = source.shape.slice(1).reduce((a, n) => a * n, 1);
      const data = source.data.slice(from * size, to * size);
      return [name, { ...source, shape: [to - from, ...source.shape.slice(1)], data } as Tensor];
    }),
  );
}

function joined(parts: readonly (Tensor | undefined)[]): number[] {
  return parts.flatMap((p) => Array.from(p?.data ?? [], Number));
}

const subjects: readonly (readonly [string, NirGraph, SimulatorOptions])[] = [
  ["a recurrent network", recurrentNetwork, { dt: 1e-3 }],
  ["a network with delays", delayed, { dt: 1e-3 }],
  ["links of one step", recurrentNetworkWithoutReadout(), { dt: 1e-3, dialect: "spinnaker2" }],
  ["spikes of the step before", recurrentNetwork, { dt: 1e-3, dialect: "spyx", precision: "f64" }],
  ["12-bit integers", recurrentNetwork, { dt: 1e-3, dialect: "lava-dl" }],
];

function recurrentNetworkWithoutReadout(): NirGraph {
  return graph()
    .input("in", [2])
    .affine("fc", {
      weight: [
        [1, -0.5],
        [0.7, 0.9],
      ],
      bias: [0.1, 0],
    })
    .cubaLif("cuba", { tauSyn: 2e-3, tauMem: 4e-3, r: 4, wIn: 2, vThreshold: 1 })
    .output("out")
    .at("cuba")
    .affine("rec", {
      weight: [
        [0, -0.5],
        [0.5, 0],
      ],
      bias: [0.05, 0.1],
    })
    .edge("rec", "cuba")
    .build();
}

describe.each(subjects)("%s", (_, network, options) => {
  const input = spikes(network, 40);

  test("cut anywhere and carried over gives what it gives in one piece", () => {
    const simulator = createSimulator(network, options);
    const whole = simulator.run(input, everything);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 }), (a, b) => {
        const cuts = [0, Math.min(a, b), Math.max(a, b), 40];
        let initialState: ReturnType<typeof simulator.state> | undefined;
        const records = cuts.slice(1).map((to, k) => {
          const run = initialState === undefined ? {} : { initialState };
          const trace = simulator.run(part(input, cuts[k] ?? 0, to), everything, run);
          initialState = trace.finalState;
          return trace.records;
        });
        for (const [key, value] of whole.records)
          expect(joined(records.map((r) => r.get(key))), key).toEqual(joined([value]));
        expect(initialState).toEqual(whole.finalState);
      }),
      { seed: 3, numRuns: 12 },
    );
  });

  test("streamed step by step gives what it gives in one piece, whatever runs in between", () => {
    const simulator = createSimulator(network, options);
    const whole = simulator.run(input);
    const frames = Array.from({ length: 40 }, (_frame, t) => {
      if (t === 17) simulator.run(spikes(network, 9, 5));
      return simulator.step(part(input, t, t + 1)).get("out");
    });
    expect(joined(frames)).toEqual(joined([whole.outputs.get("out")]));
    expect(simulator.state()).toEqual(whole.finalState);
    simulator.reset();
    expect(joined([simulator.step(part(input, 0, 1)).get("out")])).toEqual(joined([frames[0]]));
  });
});

describe("a stream", () => {
  test("takes frames without a time axis and goes on from a given state", () => {
    const simulator = createSimulator(recurrentNetwork, { dt: 1e-3 });
    const first = simulator.run(spikes(recurrentNetwork, 20));
    simulator.reset(first.finalState);
    const frame = tensor("float32", [3], [1, 0, 1]);
    const found = simulator.step(new Map([["in", frame]])).get("out");
    expect(found?.shape).toEqual([2]);
    const input = new Map([["in", tensor("float32", [1, 3], [1, 0, 1])]]);
    const next = simulator.run(input, undefined, { initialState: first.finalState });
    expect(joined([found])).toEqual(joined([next.outputs.get("out")]));
  });

  test("frames and states of a wrong form are refused by name, without a stack of the library's own", () => {
    const simulator = createSimulator(recurrentNetwork, { dt: 1e-3 });
    const frames = [{}, undefined, new Map([["in", [1, 0, 1]]]), new Map([["in", 3]])];
    for (const frame of frames)
      expect(() => simulator.step(frame as unknown as SpikeInput)).toThrow(/E_INPUT_FORM input/);
    expect(() => simulator.reset({} as unknown as ReadonlyMap<string, Tensor>)).toThrow(
      /E_STATE initialState: .*is no Map/,
    );
  });

  test("of a network with a delay of 1e9 steps is refused, a run of it is not", () => {
    const network = graph().input("in", [4]).delay("d", { delay: 1e9 }).output("out").build();
    const simulator = createSimulator(network, { dt: 1 });
    const input = new Map([["in", tensor("float32", [1, 4], [1, 2, 3, 4])]]);
    expect(() => simulator.step(input)).toThrow(/E_DELAY_MEMORY nodes.d.delay: .* 1000000000 steps/);
    expect(simulator.run(input).finalState.get("d/history")?.shape).toEqual([1, 4]);
  });
});

test("a state of another network, shape, type, or with values that are not finite is refused, entry by entry", () => {
  const simulator = createSimulator(recurrentNetwork, { dt: 1e-3 });
  const { finalState } = simulator.run(spikes(recurrentNetwork, 5));
  const run = (state: ReadonlyMap<string, Tensor>) => () =>
    simulator.run(spikes(recurrentNetwork, 5), undefined, { initialState: state });
  expect([...finalState.keys()].sort()).toEqual(["cuba/i", "cuba/v", "li/v", "rec/out"]);
  expect(run(new Map([...finalState].slice(1)))).toThrow(/E_STATE initialState.*is missing/);
  expect(run(new Map([...finalState, ["ghost/v", tensor("float32", [1], [0])]]))).toThrow(
    /E_STATE initialState.ghost\/v: .*no node/,
  );
  expect(run(new Map([...finalState, ["cuba/v", tensor("float32", [2], [0, 0])]]))).toThrow(
    /\[2\], \[4\] is needed/,
  );
  expect(run(new Map([...finalState, ["cuba/v", tensor("float64", [4], [0, 0, 0, 0])]]))).toThrow(
    /is float64/,
  );
  expect(run(new Map([...finalState, ["cuba/v", tensor("float32", [4], [0, Number.NaN, 0, 0])]]))).toThrow(
    /is not finite/,
  );
});

describe("probes", () => {
  const simulator = createSimulator(recurrentNetwork, { dt: 1e-3 });
  const input = spikes(recurrentNetwork, 23);
  const whole = simulator.run(input, everything).records;
  const rowsOf = (key: string, keep: (t: number) => boolean, neurons: readonly number[]): number[] => {
    const { data, shape } = whole.get(key) as Tensor;
    const size = shape[1] ?? 0;
    return Array.from({ length: 23 }, (_, t) => t)
      .filter(keep)
      .flatMap((t) => neurons.map((n) => Number(data[t * size + n])));
  };

  test("keep every so many steps of a window of some neurons: those rows of the whole, and no others", () => {
    fc.assert(
      fc.property(
        fc.nat(25),
        fc.nat(25),
        fc.integer({ min: 1, max: 7 }),
        fc.array(fc.nat(3)),
        (a, b, every, neurons) => {
          const [from, to] = [Math.min(a, b), Math.max(a, b)];
          const probe = { nodes: ["cuba"], signals: ["v", "i"], from, to, every, neurons } as const;
          const { records } = simulator.run(input, probe);
          for (const key of ["cuba/v", "cuba/i"]) {
            const expected = rowsOf(key, (t) => t >= from && t < to && (t - from) % every === 0, neurons);
            expect(joined([records.get(key)])).toEqual(expected);
            expect(records.get(key)?.shape[1]).toBe(neurons.length);
          }
        },
      ),
      { seed: 9, numRuns: 60 },
    );
  });

  test("of several kinds stand side by side", () => {
    const { records } = simulator.run(input, [
      { nodes: ["cuba"], signals: ["out"] },
      { nodes: ["li"], signals: ["v"], every: 10 },
    ]);
    expect([...records].map(([key, { shape }]) => [key, shape])).toEqual([
      ["cuba/out", [23, 4]],
      ["li/v", [3, 2]],
    ]);
  });

  test("with a sink send their rows there, in order, and close it", () => {
    const got: [ProbeStream, number, number[]][] = [];
    let closed = 0;
    const sink = {
      write: (stream: ProbeStream, step: number, rows: ArrayLike<number>) => {
        got.push([stream, step, Array.from(rows)]);
      },
      close: () => {
        closed++;
      },
    };
    const { records } = simulator.run(input, { nodes: ["cuba"], signals: ["vpre"], from: 1, every: 5, sink });
    expect([records.size, closed]).toEqual([0, 1]);
    expect(got[0]?.[0]).toEqual({ key: "cuba/vpre", shape: [4], dtype: "float32", from: 1, every: 5 });
    expect(got.flatMap(([, , rows]) => rows)).toEqual(rowsOf("cuba/vpre", (t) => t % 5 === 1, [0, 1, 2, 3]));
  });

  test("a window that ends before it starts, a step of 0 and a neuron beyond the node are refused", () => {
    const run = (probe: object) => () => simulator.run(input, { nodes: ["cuba"], signals: ["v"], ...probe });
    expect(run({ from: 3, to: 2 })).toThrow(/E_RECORD_WINDOW/);
    expect(run({ every: 0 })).toThrow(/E_RECORD_WINDOW/);
    expect(run({ from: 0.5 })).toThrow(/E_RECORD_WINDOW/);
    expect(run({ neurons: [4] })).toThrow(
      /E_RECORD_NEURON record.cuba: There is no neuron 4, the node has 4/,
    );
  });
});

describe("long runs", () => {
  const input = spikes(recurrentNetwork, 1500);
  const simulator = createSimulator(recurrentNetwork, { dt: 1e-3 });

  test("report progress and wait for sinks that take their time", async () => {
    const seen: number[] = [];
    const rows: number[] = [];
    const sink = {
      write: async (_: ProbeStream, __: number, values: ArrayLike<number>) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        rows.push(...Array.from(values));
      },
    };
    const probe = { nodes: ["cuba"], signals: ["out"], sink } as const;
    await simulator.runAsync(input, probe, { progress: (done, total) => seen.push(done / total) });
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.at(-1)).toBe(1);
    const record = { nodes: ["cuba"], signals: ["out"] } as const;
    expect(rows).toEqual(joined([simulator.run(input, record).records.get("cuba/out")]));
    expect(() => simulator.run(input, probe)).toThrow(/E_SINK_WAITS/);
  });

  test("stop when their signal is aborted, and say how far they came", async () => {
    const controller = new AbortController();
    const stop = (done: number) => {
      if (done > 0) controller.abort();
    };
    const run = simulator.runAsync(input, undefined, { signal: controller.signal, progress: stop });
    await expect(run).rejects.toThrow(/E_CANCELLED run: The run was cancelled after \d+ of 1500 steps/);
    expect(() => simulator.run(input, undefined, { signal: controller.signal })).toThrow(NirkitError);
  });

  test("two at a time give what they give alone", async () => {
    const short = spikes(recurrentNetwork, 700, 3);
    const [a, b] = await Promise.all([simulator.runAsync(input), simulator.runAsync(short)]);
    expect([a, b]).toEqual([simulator.run(input), simulator.run(short)]);
  });
});
