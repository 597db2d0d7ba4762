/** Small graphs that each show one thing to the chip. */
import { type GraphBuilder, graph, type NirGraph, tensor } from "@nirkit/graph";
import { philox } from "@nirkit/integer";

const lif = { tau: 0.005, r: 3, vLeak: 0, vThreshold: 1, vReset: 0 };
const cuba = { tauSyn: 0.004, tauMem: 0.005, r: 3, vLeak: 0, vThreshold: 0.6, vReset: 0, wIn: 2 };

/** Weights of both signs, seeded. */
function weights(name: string, shape: readonly number[], scale: number = 1): number[] {
  const random = philox(5, `weights/${name}`);
  const count = shape.reduce((a, b) => a * b, 1);
  return Array.from({ length: count }, () => (random.uniform() - 0.42) * scale);
}

/** Rows of a matrix. */
export function matrix(name: string, rows: number, columns: number, scale: number = 1): number[][] {
  const flat = weights(name, [rows, columns], scale);
  return Array.from({ length: rows }, (_, i) => flat.slice(i * columns, (i + 1) * columns));
}

/** Kernels `[out, in, h, w]`. */
export function kernels(
  name: string,
  [o, i, h, w]: readonly [number, number, number, number],
): number[][][][] {
  const flat = weights(name, [o, i, h, w]);
  let at = 0;
  return Array.from({ length: o }, () =>
    Array.from({ length: i }, () =>
      Array.from({ length: h }, () => Array.from({ length: w }, () => flat[at++] ?? 0)),
    ),
  );
}

/** Input, dense, LIF, dense, LIF. */
export function dense(layer: "lif" | "cuba" = "lif"): NirGraph {
  const start = graph()
    .input("in", [6])
    .affine("fc1", { weight: matrix("fc1", 5, 6, 2), bias: weights("b", [5], 0.3) });
  const hidden = layer === "lif" ? start.lif("hidden", lif) : start.cubaLif("hidden", cuba);
  return hidden
    .linear("fc2", { weight: matrix("fc2", 4, 5, 2) })
    .lif("cells", lif)
    .output("out")
    .build();
}

/** A hidden layer that feeds itself. */
export function recurrent(layer: "lif" | "cuba" = "cuba"): NirGraph {
  const made = dense(layer);
  return made.with({
    setNodes: [["loop", { type: "Linear", weight: tensor("float32", [5, 5], weights("loop", [5, 5])) }]],
    addEdges: [
      ["hidden", "loop"],
      ["loop", "hidden"],
    ],
  });
}

/** Layers large and full enough for the kernels: 70 inputs, 64 CubaLIF that feed themselves, 40 LIF. */
export function wide(): NirGraph {
  return graph()
    .input("in", [70])
    .linear("fc1", { weight: matrix("wide1", 64, 70, 0.3) })
    .cubaLif("hidden", cuba)
    .linear("fc2", { weight: matrix("wide2", 40, 64, 0.4) })
    .lif("cells", lif)
    .output("out")
    .build()
    .with({
      setNodes: [
        ["loop", { type: "Linear", weight: tensor("float32", [64, 64], weights("wide3", [64, 64], 0.1)) }],
      ],
      addEdges: [
        ["hidden", "loop"],
        ["loop", "hidden"],
      ],
    });
}

/** The input once more into the last layer: its link takes two steps. */
export function skip(): NirGraph {
  return dense().with({
    setNodes: [["short", { type: "Linear", weight: tensor("float32", [4, 6], weights("short", [4, 6])) }]],
    addEdges: [
      ["in", "short"],
      ["short", "cells"],
    ],
  });
}

/** A delay of some steps in front of the last weights. */
export function delayed(steps: number): NirGraph {
  return graph()
    .input("in", [6])
    .linear("fc1", { weight: matrix("fc1", 5, 6, 2) })
    .lif("hidden", lif)
    .delay("wait", { delay: Array.from({ length: 5 }, () => steps * 1e-3) })
    .linear("fc2", { weight: matrix("fc2", 4, 5, 2) })
    .lif("cells", lif)
    .output("out")
    .build();
}

/** What follows an image. */
type ImageStep = (start: GraphBuilder) => GraphBuilder;

/** An image of two channels, then what `steps` makes, then a LIF. */
export function image(steps: ImageStep, size: readonly [number, number] = [8, 8]): NirGraph {
  return steps(graph().input("in", [2, ...size]))
    .lif("cells", lif)
    .output("out")
    .build();
}

/** Convolution, LIF, sum pool, convolution, LIF, pool, dense. */
export function convNet(pool: "sumPool2d" | "avgPool2d" = "sumPool2d"): NirGraph {
  return graph()
    .input("in", [2, 9, 9])
    .conv2d("conv1", {
      weight: kernels("conv1", [4, 2, 3, 3]),
      stride: 2,
      padding: 1,
      bias: weights("cb", [4], 0.2),
    })
    .lif("lif1", lif)
    [pool]("pool1", { kernelSize: 2, stride: 2 })
    .conv2d("conv2", { weight: kernels("conv2", [6, 4, 3, 3]), padding: 1 })
    .lif("lif2", lif)
    [pool]("pool2", { kernelSize: 2, stride: 2 })
    .flatten("flat")
    .linear("fc", { weight: matrix("fc", 3, 6, 2) })
    .lif("lif3", lif)
    .output("out")
    .build();
}

/** A readout that never fires. */
export function readout(): NirGraph {
  return graph()
    .input("in", [6])
    .linear("fc1", { weight: matrix("fc1", 5, 6, 2) })
    .lif("hidden", lif)
    .linear("fc2", { weight: matrix("fc2", 4, 5, 2) })
    .li("cells", { tau: 0.005, r: 3, vLeak: 0 })
    .output("out")
    .build();
}

/** Names that try to leave their place. */
export function hostile(): NirGraph {
  return graph()
    .input('in"); import os #', [4])
    .linear('fc\n"""', { weight: matrix("h", 3, 4, 2) })
    .lif("<script>\u{1F600}'{x}", lif)
    .output("../../etc/passwd")
    .build();
}
