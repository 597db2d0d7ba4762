/** Tensors to try a quantiser on: the awkward ones first, then random ones, the same for every run. */
import type { Shape } from "@nirkit/graph";
import { philox } from "@nirkit/integer";

/** One weight tensor. */
export interface TrialTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly w: Float32Array;
}

const shapes: readonly Shape[] = [
  [1, 1],
  [2, 3],
  [4, 1],
  [3, 7],
  [8, 16],
  [2, 3, 3, 3],
  [1, 40],
];

/** Constant, zero, negative-zero, tiny, huge and one-element tensors. */
export function awkwardTensors(): readonly TrialTensor[] {
  const make = (name: string, shape: Shape, values: readonly number[]): TrialTensor => ({
    name,
    shape,
    w: Float32Array.from(values),
  });
  return [
    make("all zero", [2, 3], [0, 0, 0, 0, 0, 0]),
    make("negative zero", [1, 3], [-0, 0.5, -0]),
    make("one zero channel", [2, 2], [0, 0, 0.3, -0.7]),
    make("a single weight", [1, 1], [-0.3]),
    make("constant", [2, 2], [0.25, 0.25, 0.25, 0.25]),
    make("one outlier", [1, 5], [0.01, -0.02, 0.03, -0.01, 8]),
    make("tiny", [1, 2], [1e-38, -3e-39]),
    make("subnormal", [1, 2], [2 ** -149, -(2 ** -149)]),
    make("huge", [1, 2], [3e38, -1e38]),
  ];
}

/** Random tensors: normal, uniform, heavy-tailed and grid-valued ones in turn. */
export function* randomTensors(count: number, seed: number): Generator<TrialTensor> {
  const random = philox(seed, "quantize/conformance");
  for (let k = 0; k < count; k++) {
    const shape = shapes[random.integer(shapes.length)] ?? [1];
    const size = shape.reduce((a, b) => a * b, 1);
    const unit = 2 ** (random.integer(21) - 10);
    const draw = [
      () => random.normal() * unit,
      () => (2 * random.uniform() - 1) * unit,
      () => random.normal() ** 3 * unit,
      () => (random.integer(17) - 8) * unit,
    ][k % 4];
    yield { name: `random ${k}`, shape, w: Float32Array.from({ length: size }, () => draw?.() ?? 0) };
  }
}
