/** Work for the kernels, with the number of operations that a rate is made of. */
import {
  type ConvGeometry,
  convDenseScratchBytes,
  convShape,
  floatNeuron,
  integerNeuron,
  maskStrideBytes,
  sgemmScratchBytes,
} from "@nirkit/kernels";
import { eventsOf, fill, gaussians, smallIntegers } from "./inputs.ts";
import { trainWorks } from "./train-works.ts";
import type { Work } from "./work.ts";

/** All rows. */
export function works(): Work[] {
  return [
    gemm(128, 512, 784, 0, 0),
    gemm(784, 512, 640, 1, 0),
    gemm(640, 784, 512, 0, 1),
    gemm(2880, 8, 50, 0, 0),
    gemv(784, 512),
    ...[0.01, 0.05, 0.1].map((density) => dense(1, 784, 512, density)),
    dense(1, 1024, 1024, 0.05),
    dense(128, 784, 512, 0.05),
    dense(128, 784, 512, 0.1),
    convolution("f32", { input: [2, 34, 34], output: [8, 30, 30], kernel: [5, 5] }, 0.05),
    convolution("f32", { input: [32, 32, 32], output: [64, 32, 32], kernel: [3, 3], padding: [1, 1] }, 0.05),
    denseConvolution({ input: [8, 15, 15], output: [16, 11, 11], kernel: [5, 5] }),
    integer("I8", 0.01),
    integer("I8", 0.1),
    integer("I8", 0.1, true),
    integer("I16", 0.1),
    integer("I32", 0.1),
    integer("SaturatingI8", 0.1),
    convolution("I8", { input: [32, 32, 32], output: [64, 32, 32], kernel: [3, 3], padding: [1, 1] }, 0.05),
    convolution("I16", { input: [32, 32, 32], output: [64, 32, 32], kernel: [3, 3], padding: [1, 1] }, 0.05),
    floatNeurons(25, 65_536),
    integerNeurons(25, 1024),
    compaction(25, 65_536),
    ...trainWorks(),
  ];
}

function gemm(m: number, n: number, k: number, ta: 0 | 1, tb: 0 | 1): Work {
  return {
    name: `sgemm ${m} x ${n} x ${k}${ta ? ", A transposed" : ""}${tb ? ", B transposed" : ""}`,
    unit: "GFLOP/s",
    operations: 2 * m * n * k,
    prepare: (kernels) => {
      const [a, b] = [fill(kernels.f32(m * k), gaussians), fill(kernels.f32(k * n), gaussians)];
      const [c, scratch] = [kernels.f32(m * n).ptr, kernels.u8(sgemmScratchBytes()).ptr];
      return () => kernels.sgemm(m, n, k, a, ta ? m : k, ta, b, tb ? k : n, tb, c, n, 0, scratch);
    },
  };
}

function gemv(k: number, n: number): Work {
  return {
    name: `sgemv ${k} -> ${n}`,
    unit: "GFLOP/s",
    operations: 2 * k * n,
    prepare: (kernels) => {
      const [x, w] = [fill(kernels.f32(k), gaussians), fill(kernels.f32(k * n), gaussians)];
      const out = kernels.f32(n).ptr;
      return () => kernels.sgemv(k, n, x, w, n, 0, 0, out, 0);
    },
  };
}

function dense(rows: number, k: number, n: number, density: number): Work {
  const events = eventsOf(rows, k, density);
  return {
    name: `events f32, ${rows} x ${k} -> ${n}, ${density * 100} %`,
    unit: "Gsynop/s",
    operations: events.index.length * n,
    prepare: (kernels) => {
      const w = fill(kernels.f32(k * n), gaussians);
      const [start, index] = [events.start, events.index].map((list) =>
        fill(kernels.u32(list.length), () => list),
      ) as [number, number];
      const [out, scratch] = [kernels.f32(rows * n).ptr, kernels.u8(k * 128).ptr];
      return () => kernels.accumulateEvents(rows, k, n, start, index, 0, w, n, 0, out, n, 0, scratch);
    },
  };
}

function convolution(kind: "f32" | "I8" | "I16", geometry: ConvGeometry, density: number): Work {
  const { input, output, kernel } = geometry;
  const rows = 4;
  const size = input[0] * input[1] * input[2];
  const events = eventsOf(rows, size, density);
  const weights = output[0] * input[0] * kernel[0] * kernel[1];
  return {
    name: `events ${kind}, ${kernel.join("x")} conv ${input.join("x")} -> ${output[0]}, ${density * 100} %`,
    unit: "Gsynop/s",
    // At the border fewer outputs are met; the count takes every tap, for every build alike.
    operations: events.index.length * output[0] * kernel[0] * kernel[1],
    prepare: (kernels) => {
      const shape = convShape(kernels, geometry).ptr;
      const [start, index] = [events.start, events.index].map((list) =>
        fill(kernels.u32(list.length), () => list),
      ) as [number, number];
      const out = kernels.f32(rows * output[0] * output[1] * output[2]).ptr;
      if (kind === "f32") {
        const w = fill(kernels.f32(weights), gaussians);
        return () => kernels.convEvents(shape, rows, start, index, 0, w, 0, out, 0);
      }
      const w = fill(kind === "I8" ? kernels.i8(weights) : kernels.i16(weights), smallIntegers);
      const run = kind === "I8" ? kernels.convEventsI8 : kernels.convEventsI16;
      return () => run(shape, rows, start, index, 0, w, out);
    },
  };
}

function denseConvolution(geometry: ConvGeometry): Work {
  const { input, output, kernel } = geometry;
  const rows = 8;
  const weights = output[0] * input[0] * kernel[0] * kernel[1];
  return {
    name: `dense ${kernel.join("x")} conv ${input.join("x")} -> ${output[0]}`,
    unit: "GFLOP/s",
    operations: 2 * rows * weights * output[1] * output[2],
    prepare: (kernels) => {
      const shape = convShape(kernels, geometry).ptr;
      const x = fill(kernels.f32(rows * input[0] * input[1] * input[2]), gaussians);
      const w = fill(kernels.f32(weights), gaussians);
      const out = kernels.f32(rows * output[0] * output[1] * output[2]).ptr;
      const scratch = kernels.u8(convDenseScratchBytes(input[0] * kernel[0] * kernel[1], output[2])).ptr;
      return () => kernels.convDense(shape, rows, x, w, 0, out, scratch);
    },
  };
}

function integer(kind: "I8" | "I16" | "I32" | "SaturatingI8", density: number, graded = false): Work {
  const [k, n] = [1024, 1024];
  const events = eventsOf(1, k, density);
  return {
    name: `events ${kind}, ${k} -> ${n}, ${density * 100} %${graded ? ", graded" : ""}`,
    unit: "Gsynop/s",
    operations: events.index.length * n,
    prepare: (kernels) => {
      const make = { I8: kernels.i8, SaturatingI8: kernels.i8, I16: kernels.i16, I32: kernels.i32 }[kind];
      const w = fill(make(k * n), smallIntegers);
      const [start, index] = [events.start, events.index].map((list) =>
        fill(kernels.u32(list.length), () => list),
      ) as [number, number];
      const values = graded ? fill(kernels.i32(events.index.length), smallIntegers) : 0;
      const out = kernels.i32(n);
      const clear = (): void => {
        out.view.fill(0);
      };
      if (kind === "SaturatingI8")
        return () => {
          clear();
          kernels.accumulateSaturatingI8(1, n, start, index, -32768, 32767, w, n, out.ptr, n);
        };
      const run = { I8: kernels.accumulateI8, I16: kernels.accumulateI16, I32: kernels.accumulateI32 }[kind];
      return () => {
        clear();
        run(1, n, start, index, values, w, n, out.ptr, n);
      };
    },
  };
}

function floatNeurons(steps: number, n: number): Work {
  return {
    name: `LIF f32, ${steps} steps of ${n} neurons, spikes as bits`,
    unit: "Gneuron/s",
    operations: steps * n,
    prepare: (kernels) => {
      const neuron = floatNeuron(kernels, { n, decay: 0.9, reset: "subtract" }).ptr;
      const [x, v] = [fill(kernels.f32(steps * n), gaussians), kernels.f32(n).ptr];
      const stride = maskStrideBytes(n);
      const mask = kernels.u8(steps * stride).ptr;
      return () => kernels.neuronForward(neuron, steps, 1, n, x, v, 0, mask, stride, 0, 0, 0, 0);
    },
  };
}

function integerNeurons(steps: number, n: number): Work {
  return {
    name: `LIF integer, ${steps} steps of ${n} neurons, leak by shift`,
    unit: "Gneuron/s",
    operations: steps * n,
    prepare: (kernels) => {
      const leak = { form: "shift", shift: 4 } as const;
      const options = {
        n,
        theta: 300,
        sub: 300,
        reset: "subtract",
        vMin: -32768,
        vMax: 32767,
        leak,
      } as const;
      const neuron = integerNeuron(kernels, options).ptr;
      const [acc, u, fired] = [
        fill(kernels.i32(steps * n), smallIntegers),
        kernels.i32(n).ptr,
        kernels.u8(n).ptr,
      ];
      const stride = maskStrideBytes(n);
      const mask = kernels.u8(steps * stride).ptr;
      return () => {
        kernels.integerNeuronForward(neuron, steps, n, acc, 0, u, 0, fired, mask, stride, 0, 0);
      };
    },
  };
}

function compaction(rows: number, n: number): Work {
  return {
    name: `spike bits to events, ${rows} rows of ${n}, 5 %`,
    unit: "Gneuron/s",
    operations: rows * n,
    prepare: (kernels) => {
      const stride = maskStrideBytes(n);
      const mask = kernels.u8(rows * stride);
      const { start: from, index: at } = eventsOf(rows, n, 0.05);
      for (let r = 0; r < rows; r++)
        for (let p = from[r] as number; p < (from[r + 1] as number); p++) {
          const byte = r * stride + ((at[p] as number) >> 3);
          mask.view[byte] = (mask.view[byte] as number) | (1 << ((at[p] as number) & 7));
        }
      const [start, index] = [kernels.u32(rows + 1).ptr, kernels.u32(at.length).ptr];
      return () => {
        kernels.compactMask(rows, n, mask.ptr, stride, start, index);
      };
    },
  };
}
