/** All inference kernels in plain TypeScript: the reference, and the fallback where there is no SIMD. */
import type { Heap } from "../heap.ts";
import type { InferenceKernels } from "../inference-kernels.ts";
import { plainConvDense } from "./conv-dense.ts";
import { plainConvEvents, plainIntegerConvEvents } from "./conv-events.ts";
import { plainDense } from "./dense.ts";
import { plainDrive } from "./drive.ts";
import { plainEvents, plainIntegerEvents } from "./events.ts";
import { plainFloatNeuron } from "./float-neuron.ts";
import { plainIntegerNeuron } from "./integer-neuron.ts";
import { plainLists } from "./lists.ts";

/** The kernels on `heap`. */
export function plainInference(heap: Heap): InferenceKernels {
  const dense = plainDense(heap);
  return {
    ...dense,
    ...plainEvents(heap),
    ...plainConvEvents(heap),
    ...plainConvDense(heap, dense),
    ...plainIntegerEvents(heap),
    ...plainIntegerConvEvents(heap),
    ...plainDrive(heap),
    ...plainFloatNeuron(heap),
    ...plainIntegerNeuron(heap),
    ...plainLists(heap),
  };
}
