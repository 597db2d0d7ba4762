/** The golden simulator on a page: SIMD kernels, one step after the other from a stream, and the plain engine. */
import { philox } from "@nirkit/integer";
import { expect, test } from "vitest";
import { createNetworkSimulator, type Network } from "../src/index.ts";
import { dense, network, neuron, population, spikePort, steps } from "./network-builder.ts";

function made(): Network {
  const random = philox(3, "browser");
  const matrix = (rows: number, columns: number): number[][] =>
    Array.from({ length: rows }, () => Array.from({ length: columns }, () => random.integer(255) - 120));
  const leak = { form: "mul", mul: 3584, shift: 12, round: "zero" } as const;
  const model = neuron({ theta: Int32Array.of(300), leak, fracBits: 2 });
  return network(
    [spikePort("in", 40)],
    [population("a", 70, model), population("b", 10, model)],
    [
      dense("in", "a", matrix(70, 40)),
      dense("a", "b", matrix(10, 70)),
      dense("b", "b", matrix(10, 10), { delay: 1 }),
    ],
  );
}

test("60 steps of a recurrent network: kernels, scalar kernels, plain engine and stream agree in every state", () => {
  const random = philox(4, "browser");
  const rows = Array.from({ length: 60 }, () =>
    Array.from({ length: 40 }, () => Number(random.integer(4) === 0)),
  );
  const record = { nodes: "all", signals: ["out", "v", "vpre"] } as const;
  const plain = createNetworkSimulator(made(), { engine: "plain" }).run(steps(rows), { record });
  expect(plain.activity.get("b")?.eventsOut).toBeGreaterThan(50);
  expect(createNetworkSimulator(made()).run(steps(rows), { record })).toEqual(plain);
  expect(createNetworkSimulator(made(), { build: "plain" }).run(steps(rows), { record })).toEqual(plain);
  const stream = createNetworkSimulator(made()).stream(record);
  const live = rows.flatMap((row) =>
    Array.from(stream.step(steps([row])).records.get("b/v")?.data as Int32Array),
  );
  expect(live).toEqual(Array.from(plain.records.get("b/v")?.data as Int32Array));
});
