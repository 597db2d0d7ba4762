/** The training steps that are measured: networks with random weights, and a batch of random events. */
import type { EventBatch } from "@nirkit/events";
import { graph, type NirGraph, tensor } from "@nirkit/graph";
import { philox } from "@nirkit/integer";

function normal(name: string, shape: readonly number[], deviation: number): ReturnType<typeof tensor> {
  const random = philox(1, name);
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    "float32",
    shape,
    Float32Array.from({ length: size }, () => deviation * random.normal()),
  );
}

/** Random events of a density. */
function events(steps: number, batch: number, shape: readonly number[], density: number): EventBatch {
  const random = philox(2, "events");
  const size = shape.reduce((a, b) => a * b, 1);
  const start = new Uint32Array(steps * batch + 1);
  const index: number[] = [];
  for (let row = 0; row < steps * batch; row++) {
    for (let at = 0; at < size; at++) if (random.uniform() < density) index.push(at);
    start[row + 1] = index.length;
  }
  return {
    kind: "events",
    steps,
    batch,
    shape,
    start,
    index: Uint32Array.from(index),
    labels: new Int32Array(batch),
  };
}

const lif = { tau: 10, r: 10, vThreshold: 1 };

function mlp(): NirGraph {
  return graph()
    .input("in", [784])
    .linear("fc1", { weight: normal("fc1", [512, 784], 0.1) })
    .lif("l1", lif)
    .linear("fc2", { weight: normal("fc2", [10, 512], 0.1) })
    .lif("l2", lif)
    .output("out")
    .build();
}

function conv(): NirGraph {
  return graph()
    .input("in", [2, 34, 34])
    .conv2d("c1", { weight: normal("c1", [8, 2, 5, 5], 0.3) })
    .lif("l1", lif)
    .avgPool2d("p1", { kernelSize: 2 })
    .conv2d("c2", { weight: normal("c2", [16, 8, 5, 5], 0.3) })
    .lif("l2", lif)
    .avgPool2d("p2", { kernelSize: 2 })
    .flatten("flat")
    .linear("fc", { weight: normal("fc", [10, 400], 0.1) })
    .lif("l3", lif)
    .output("out")
    .build();
}

/** A network, a batch, and the share of PyTorch's time that is asked. */
export interface Case {
  readonly name: "mlp" | "conv";
  readonly title: string;
  readonly target: number;
  readonly graph: NirGraph;
  readonly input: EventBatch;
  /** Samples that go through the network together. */
  readonly together: number;
}

export const cases: readonly Case[] = [
  {
    name: "mlp",
    title: "784-512-10, B 128, T 25, 10 %",
    target: 0.5,
    graph: mlp(),
    input: events(25, 128, [784], 0.1),
    together: 128,
  },
  {
    name: "conv",
    title: "2x34x34 c5x8 p2 c5x16 p2 10, B 32, T 20, 5 %",
    target: 0.6,
    graph: conv(),
    input: events(20, 32, [2, 34, 34], 0.05),
    together: 1,
  },
];
