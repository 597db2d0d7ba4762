/** Adds the kernels of training to loaded kernels: the same build, on the same memory. */
import { instantiate } from "../instantiate.ts";
import { KernelError } from "../kernel-error.ts";
import type { Kernels } from "../kernels.ts";
import { relaxedBase64 } from "../wasm/train-relaxed.ts";
import { simdBase64 } from "../wasm/train-simd.ts";
import { plainConvGradients } from "./plain/conv-gradients.ts";
import { plainNeuronBackward } from "./plain/neuron-backward.ts";
import { plainOptimizers } from "./plain/optimizers.ts";
import type { TrainKernels } from "./train-kernels.ts";

/**
 * The training kernels that go with `kernels`.
 *
 * @throws E_KERNEL_BUILD where the kernels have no WebAssembly memory for their build
 */
export function loadTrainKernels({ build, heap }: Pick<Kernels, "build" | "heap">): TrainKernels {
  if (build === "plain")
    return { ...plainNeuronBackward(heap), ...plainConvGradients(heap), ...plainOptimizers(heap) };
  if (heap.memory === undefined)
    throw new KernelError("E_KERNEL_BUILD", { build, why: "this engine has no WebAssembly" });
  return instantiate<TrainKernels>(build === "simd" ? simdBase64 : relaxedBase64, heap.memory);
}
