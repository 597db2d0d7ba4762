/** Streams, batches, windows of records, progress and abort: the same integers, whatever way they are asked for. */
import type { SpikeInput, Tensor } from "@nirkit/graph";
import { tensor } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import { describe, expect, test } from "vitest";
import { createNetworkSimulator, type Network, type NetworkTrace } from "../src/index.ts";
import { dense, events, layer, network, neuron, population, spikePort } from "./network-builder.ts";

const steps = 700;

/** Two layers, the second recurrent with delay 3, so that the past crosses the borders of chunks. */
function made(): Network {
  const random = philox(1, "run-options");
  const matrix = (rows: number, columns: number): number[][] =>
    Array.from({ length: rows }, () => Array.from({ length: columns }, () => random.integer(15) - 6));
  const leak = { form: "shift", shift: 3 } as const;
  const model = neuron({ theta: Int32Array.of(12), leak });
  return network(
    [spikePort("in", 8)],
    [population("a", 12, model), population("b", 6, model)],
    [
      dense("in", "a", matrix(12, 8), { delay: 2 }),
      dense("a", "b", matrix(6, 12)),
      dense("b", "b", matrix(6, 6), { delay: 3 }),
    ],
  );
}

function spikes(from = 0, to = steps): SpikeInput {
  const random = philox(2, "run-options-input");
  const values = Array.from({ length: steps * 8 }, () => Number(random.integer(4) === 0));
  return new Map([["in", tensor("uint8", [to - from, 8], values.slice(from * 8, to * 8))]]);
}

const list = (trace: NetworkTrace, name: string): number[] =>
  Array.from((trace.records.get(name) as Tensor).data as Int32Array);

describe.each(["kernels", "plain"] as const)("engine %s", (engine) => {
  const record = { nodes: "all", signals: ["out", "v", "vpre"] } as const;

  test("a stream in pieces of 1, 2, 300 and 397 steps gives the steps of one run", () => {
    const simulator = createNetworkSimulator(made(), { engine });
    const whole = simulator.run(spikes(), { record });
    const stream = simulator.stream(record);
    const ends = [0, 1, 3, 303, 700];
    const pieces = ends.slice(1).map((to, k) => stream.step(spikes(ends[k], to)));
    for (const name of whole.records.keys())
      expect(
        pieces.flatMap((piece) => list(piece, name)),
        name,
      ).toEqual(list(whole, name));
    const spikesOf = (trace: NetworkTrace): number => trace.activity.get("b")?.eventsOut ?? 0;
    expect(pieces.reduce((sum, piece) => sum + spikesOf(piece), 0)).toBe(spikesOf(whole));
    expect(spikesOf(whole)).toBeGreaterThan(500);
    stream.reset();
    expect(list(stream.step(spikes(0, 5)), "b/v")).toEqual(list(whole, "b/v").slice(0, 5 * 6));
  });

  test("two streams of one simulator and its runs do not disturb each other", () => {
    const simulator = createNetworkSimulator(made(), { engine });
    const [one, two] = [simulator.stream(record), simulator.stream(record)];
    const first = list(one.step(spikes(0, 50)), "b/v");
    simulator.run(spikes());
    expect(list(two.step(spikes(0, 50)), "b/v")).toEqual(first);
    const onward = list(one.step(spikes(50, 60)), "b/v");
    expect(onward).toEqual(list(two.step(spikes(50, 60)), "b/v"));
  });

  test("every 7th step from 100 to 600: 72 rows, those of the whole record", () => {
    const simulator = createNetworkSimulator(made(), { engine });
    const whole = list(simulator.run(spikes(), { record }), "b/vpre");
    const part = simulator.run(spikes(), { record: { ...record, every: 7, from: 100, to: 600 } });
    expect(part.records.get("b/vpre")?.shape).toEqual([72, 6]);
    const rows = Array.from({ length: 72 }, (_, k) => whole.slice((100 + 7 * k) * 6, (101 + 7 * k) * 6));
    expect(list(part, "b/vpre")).toEqual(rows.flat());
    expect(part.outputs.get("b")?.shape).toEqual([steps, 6]);
  });

  test("a batch gives the traces of single runs, in order, from any iterable", async () => {
    const simulator = createNetworkSimulator(made(), { engine });
    const inputs = [spikes(0, 40), spikes(40, 60), spikes(60, 200)];
    const done: (readonly [number, number])[] = [];
    const batch: NetworkTrace[] = [];
    const progress = (count: number, total: number): void => void done.push([count, total]);
    for await (const trace of simulator.runBatch(inputs, { progress })) batch.push(trace);
    expect(batch).toEqual(inputs.map((input) => simulator.run(input)));
    expect(done).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    async function* later(): AsyncGenerator<SpikeInput> {
      yield* inputs;
    }
    let count = 0;
    for await (const trace of simulator.runBatch(later())) expect(trace).toEqual(batch[count++]);
    expect(count).toBe(3);
  });

  test("progress ends at all steps, and an abort between two looks stops the run", () => {
    const simulator = createNetworkSimulator(made(), { engine });
    const seen: number[] = [];
    simulator.run(spikes(), { progress: (done, total) => seen.push(done / total) });
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.at(-1)).toBe(1);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    const stop = new AbortController();
    let calls = 0;
    const progress = (): void => {
      calls++;
      stop.abort(new Error("enough"));
    };
    expect(() => simulator.run(spikes(), { progress, signal: stop.signal })).toThrow("enough");
    expect(calls).toBe(1);
    // The next run starts from rest again.
    expect(simulator.run(spikes())).toEqual(createNetworkSimulator(made(), { engine }).run(spikes()));
  });

  test("an input port that an Output reads: graded values come out as they went in", () => {
    const base = layer([[1]], neuron({ theta: Int32Array.of(5) }));
    const door = { ...spikePort("in", 1), bits: 8, signed: true };
    const through: Network = {
      ...base,
      inputs: [door],
      outputs: [{ ...door, name: "out", sources: ["in", "n"] }],
    };
    const input: SpikeInput = new Map([["in", tensor("int16", [4, 1], [3, -100, 120, 0])]]);
    const out = createNetworkSimulator(through, { engine }).run(input).outputs.get("out");
    expect(Array.from(out?.data as Int32Array)).toEqual([3, -100, 120 + 1, 0]);
  });

  test("several events of one address in a step add up", () => {
    const base = layer([[3]], neuron({ kind: "sum", spiking: false }));
    const twice = { ...base, inputs: [{ ...spikePort("in", 1), maxEvents: 2 }] };
    const out = createNetworkSimulator(twice, { engine })
      .run(events(1, [[0, 0], [0], []]))
      .outputs.get("n");
    expect(Array.from(out?.data as Int32Array)).toEqual([6, 3, 0]);
  });
});

test("windows that are none are refused", () => {
  const simulator = createNetworkSimulator(made());
  const record = { nodes: "all", signals: ["v"] } as const;
  for (const wrong of [{ every: 0 }, { every: 1.5 }, { from: -1 }, { from: 5, to: 4 }])
    expect(() => simulator.run(spikes(), { record: { ...record, ...wrong } })).toThrow(/is no window/);
  expect(simulator.run(spikes(), { record: { ...record, from: 700 } }).records.get("a/v")?.shape).toEqual([
    0, 12,
  ]);
});
