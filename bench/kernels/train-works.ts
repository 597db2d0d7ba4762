/** Work of a training step. */
import { type ConvGeometry, convShape, floatNeuron } from "@nirkit/kernels";
import {
  convInputGradientScratchBytes,
  loadTrainKernels,
  neuronGradients,
  surrogate,
} from "@nirkit/kernels/train";
import { eventsOf, fill, gaussians } from "./inputs.ts";
import type { Work } from "./work.ts";

/** Rows of the table: backward passes, gradients, an optimizer. */
export function trainWorks(): Work[] {
  return [
    neuronsBackward(25, 65_536, "fastSigmoid"),
    neuronsBackward(25, 65_536, "sigmoid"),
    weightGradient(640, 784, 512, 0.05),
    convWeightGradient({ input: [8, 15, 15], output: [16, 11, 11], kernel: [5, 5] }),
    convInputGradient({ input: [8, 15, 15], output: [16, 11, 11], kernel: [5, 5] }),
    adam(401_408),
  ];
}

function neuronsBackward(steps: number, n: number, kind: "fastSigmoid" | "sigmoid"): Work {
  return {
    name: `LIF f32 backward, ${steps} steps of ${n} neurons, ${kind}`,
    unit: "Gneuron/s",
    operations: steps * n,
    prepare: (kernels) => {
      const train = loadTrainKernels(kernels);
      const neuron = floatNeuron(kernels, { n, decay: 0.9, reset: "subtract" });
      const sums = neuronGradients(kernels, neuron, ["decay", "threshold"]);
      const h = surrogate(kernels, { kind }).ptr;
      const [u, y] = [fill(kernels.f32(steps * n), gaussians), fill(kernels.f32(steps * n), gaussians)];
      const dx = kernels.f32(steps * n).ptr;
      return () =>
        train.neuronBackward(neuron.ptr, h, sums.ptr, 1, steps, 1, n, 0, u, 0, 0, 0, y, 0, dx, 0, 0);
    },
  };
}

/** dW[i,:] = Σ dY[r,:] over the rows in which input i fired: the event kernel on the transposed list. */
function weightGradient(rows: number, k: number, n: number, density: number): Work {
  const { start, index } = eventsOf(rows, k, density);
  return {
    name: `weight gradient f32, ${rows} rows of ${k} -> ${n}, ${density * 100} %, sort and sum`,
    unit: "Gsynop/s",
    operations: index.length * n,
    prepare: (kernels) => {
      const lists = [start, index].map((list) => fill(kernels.u32(list.length), () => list));
      const [from, at] = lists as [number, number];
      const [byStart, byRow] = [kernels.u32(k + 1).ptr, kernels.u32(index.length).ptr];
      const dy = fill(kernels.f32(rows * n), gaussians);
      const [dw, scratch] = [kernels.f32(k * n).ptr, kernels.u8(rows * 128).ptr];
      return () => {
        kernels.transposeEvents(rows, k, from, at, 0, byStart, byRow, 0);
        kernels.accumulateEvents(k, rows, n, byStart, byRow, 0, dy, n, 0, dw, n, 0, scratch);
      };
    },
  };
}

function convWeightGradient(geometry: ConvGeometry): Work {
  const { input, output, kernel } = geometry;
  const rows = 8;
  const { start, index } = eventsOf(rows, input[0] * input[1] * input[2], 0.05);
  const weights = output[0] * input[0] * kernel[0] * kernel[1];
  return {
    name: `weight gradient of ${kernel.join("x")} conv ${input.join("x")} -> ${output[0]}, events of 5 %`,
    unit: "Gsynop/s",
    operations: index.length * output[0] * kernel[0] * kernel[1],
    prepare: (kernels) => {
      const train = loadTrainKernels(kernels);
      const shape = convShape(kernels, geometry).ptr;
      const lists = [start, index].map((list) => fill(kernels.u32(list.length), () => list));
      const [from, at] = lists as [number, number];
      const dy = fill(kernels.f32(rows * output[0] * output[1] * output[2]), gaussians);
      const dw = kernels.f32(weights).ptr;
      return () => train.convEventsWeightGradient(shape, rows, from, at, 0, dy, dw);
    },
  };
}

function convInputGradient(geometry: ConvGeometry): Work {
  const { input, output, kernel } = geometry;
  const rows = 8;
  const weights = output[0] * input[0] * kernel[0] * kernel[1];
  return {
    name: `input gradient of ${kernel.join("x")} conv ${input.join("x")} -> ${output[0]}`,
    unit: "GFLOP/s",
    operations: 2 * rows * weights * output[1] * output[2],
    prepare: (kernels) => {
      const train = loadTrainKernels(kernels);
      const shape = convShape(kernels, geometry).ptr;
      const dy = fill(kernels.f32(rows * output[0] * output[1] * output[2]), gaussians);
      const w = fill(kernels.f32(weights), gaussians);
      const dx = kernels.f32(rows * input[0] * input[1] * input[2]).ptr;
      const scratch = kernels.u8(convInputGradientScratchBytes(geometry)).ptr;
      return () => train.convInputGradient(shape, rows, dy, w, dx, scratch);
    },
  };
}

function adam(n: number): Work {
  return {
    name: `Adam, ${n} parameters`,
    unit: "Gparameter/s",
    operations: n,
    prepare: (kernels) => {
      const train = loadTrainKernels(kernels);
      const [p, g] = [fill(kernels.f32(n), gaussians), fill(kernels.f32(n), gaussians)];
      const [m, v] = [kernels.f32(n).ptr, kernels.f32(n).ptr];
      return () => train.adam(n, p, g, m, v, 1e-3, 0.9, 0.999, 1e-8, 0.1, 0.001, 0);
    },
  };
}
