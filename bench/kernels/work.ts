/** What is measured. */
import type { Kernels } from "@nirkit/kernels";

/** One row of the table. */
export interface Work {
  readonly name: string;
  /** What a rate counts, in 10^9 per second. */
  readonly unit: "GFLOP/s" | "Gsynop/s" | "Gneuron/s" | "Gparameter/s";
  readonly operations: number;
  /** Allocates and fills; returns what is timed. */
  readonly prepare: (kernels: Kernels) => () => void;
}
