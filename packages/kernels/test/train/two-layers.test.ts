import { describe, expect, test } from "vitest";
import {
  floatNeuron,
  type Kernels,
  loadKernels,
  maskStrideBytes,
  sgemmScratchBytes,
} from "../../src/index.ts";
import { loadTrainKernels, neuronGradients, surrogate } from "../../src/train/index.ts";
import { builds, put } from "../builds.ts";

interface Lists {
  readonly start: number;
  readonly index: number;
}

/** A layer of 2 inputs and 2 LIF neurons (beta 0.9, threshold 1, subtract) over 3 steps. */
function forward(
  kernels: Kernels,
  input: Lists,
  weights: number,
): Lists & { u: number; spikes: Float32Array; neuron: ReturnType<typeof floatNeuron> } {
  const neuron = floatNeuron(kernels, { n: 2, decay: 0.9, reset: "subtract" });
  const [x, u, spikes, v] = [kernels.f32(6), kernels.f32(6), kernels.f32(6), kernels.f32(2)];
  const stride = maskStrideBytes(2);
  const mask = kernels.u8(3 * stride);
  kernels.accumulateEvents(3, 2, 2, input.start, input.index, 0, weights, 2, 0, x.ptr, 2, 0, 0);
  kernels.neuronForward(neuron.ptr, 3, 1, 2, x.ptr, v.ptr, 0, mask.ptr, stride, spikes.ptr, u.ptr, 0, 0);
  const [start, index] = [kernels.u32(4).ptr, kernels.u32(6).ptr];
  kernels.compactMask(3, 2, mask.ptr, stride, start, index);
  return { start, index, u: u.ptr, spikes: spikes.view, neuron };
}

/** Gradient of the drive, and from it that of the weights. */
function backward(
  kernels: Kernels,
  layer: ReturnType<typeof forward>,
  input: Lists,
  dSpikes: number,
): { dx: number; dw: number[] } {
  const train = loadTrainKernels(kernels);
  const h = surrogate(kernels, { kind: "fastSigmoid", k: 25 }).ptr;
  const none = neuronGradients(kernels, layer.neuron, []).ptr;
  const [dx, dw] = [kernels.f32(6), kernels.f32(4)];
  train.neuronBackward(layer.neuron.ptr, h, none, 1, 3, 1, 2, 0, layer.u, 0, 0, 0, dSpikes, 0, dx.ptr, 0, 0);
  const [byStart, byRow] = [kernels.u32(3).ptr, kernels.u32(6).ptr];
  kernels.transposeEvents(3, 2, input.start, input.index, 0, byStart, byRow, 0);
  kernels.accumulateEvents(2, 3, 2, byStart, byRow, 0, dx.ptr, 2, 0, dw.ptr, 2, 0, 0);
  return { dx: dx.ptr, dw: [...dw.view] };
}

describe.each(builds)("%s", (build) => {
  test("two layers, cross entropy of spike counts (2, 0) with label 0: both weight gradients to 6 digits", () => {
    const kernels = loadKernels({ build });
    const input = {
      start: put(kernels, Uint32Array.of(0, 1, 3, 4)),
      index: put(kernels, Uint32Array.of(0, 0, 1, 1)),
    };
    const w1 = put(kernels, Float32Array.of(0.8, 0.3, 0.5, 0.9));
    const w2 = put(kernels, Float32Array.of(1.1, -0.4, 0.2, 0.7));
    const first = forward(kernels, input, w1);
    const second = forward(kernels, first, w2);
    expect([...first.spikes]).toEqual([0, 0, 1, 1, 1, 1]);
    expect([...second.spikes]).toEqual([0, 0, 1, 0, 1, 0]);
    // softmax of (2, 0) minus the label, the same in every step
    const miss = 1 / (1 + Math.exp(2));
    const outer = backward(
      kernels,
      second,
      first,
      put(kernels, Float32Array.of(-miss, miss, -miss, miss, -miss, miss)),
    );
    const dSpikes = kernels.f32(6).ptr;
    kernels.sgemm(3, 2, 2, outer.dx, 2, 0, w2, 2, 1, dSpikes, 2, 0, kernels.u8(sgemmScratchBytes()).ptr);
    const inner = backward(kernels, first, input, dSpikes);
    const near = (found: number[], expected: number[]): void => {
      expected.forEach((value, at) => {
        expect((found[at] as number) / value).toBeCloseTo(1, 5);
      });
    };
    near(outer.dw, [-0.002623737045698, 0.001988748646808, -0.002623737045698, 0.001988748646808]);
    near(inner.dw, [-9.60177971851e-5, 1.591135036639e-5, -1.7124176389e-5, 1.382682294026e-5]);
  });
});
