/** Sums the sources of one output port, step by step. */
import { sizeOf, type Tensor } from "@nirkit/graph";
import type { OutputPort } from "../network.ts";
import { integerTensor } from "./recorder.ts";

/** One output port of a run. */
export class OutputCollector {
  readonly port: OutputPort;
  readonly tensor: Tensor;
  readonly #size: number;
  readonly #values: Int32Array | Float64Array;

  /** @param bound largest |sum| of one step */
  constructor(port: OutputPort, bound: number, steps: number) {
    this.port = port;
    this.#size = sizeOf(port.shape);
    this.tensor = integerTensor(!(bound <= 2 ** 31 - 1), [steps, ...port.shape]);
    this.#values = this.tensor.data as Int32Array | Float64Array;
  }

  /** Adds one event of a source in step t. */
  add(t: number, index: number, value: number): void {
    const at = t * this.#size + index;
    this.#values[at] = (this.#values[at] as number) + value;
  }
}
