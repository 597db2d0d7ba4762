/** The arithmetic of an integer neuron as its annotation `nirkit:neuron` states it. */

/** One leak in integers: U − (U >> shift), or (U · mul) >> shift with a stated rounding. `mul` may be per neuron. */
export type IntegerLeak =
  | { readonly form: "none" }
  | { readonly form: "shift"; readonly shift: number }
  | {
      readonly form: "mul";
      readonly mul: number | readonly number[];
      readonly shift: number;
      readonly round: "floor" | "zero" | "rne";
    };

/** Fields of `nirkit:neuron`. `stateBits`, `vMin`, `vMax` are in units of the finest LSB (2^-fracBits). */
export interface NeuronArithmetic {
  readonly compare: "gt" | "ge";
  readonly reset: "value" | "subtract" | "none";
  readonly resetDelay: 0 | 1;
  readonly spikeDelay: 0 | 1;
  readonly cubaOrder: "new" | "old";
  readonly leak: IntegerLeak;
  readonly synLeak: IntegerLeak;
  readonly stateBits: number;
  readonly fracBits: number;
  readonly vMin: number;
  readonly vMax: number;
  readonly overflow: "sat" | "wrap";
  readonly stateLevels?: readonly number[];
}
