/** What the designs of the acceptance list are made of. */
import type { SpikeInput } from "@nirkit/graph";
import type { IntegerNeuron, Network } from "@nirkit/network";
import type { FpgaOptions } from "../src/options.ts";

export interface Design {
  readonly name: string;
  readonly network: Network;
  readonly inputs: readonly SpikeInput[];
  readonly options?: Partial<FpgaOptions>;
}

/** Weights that look irregular: (37·k + 11) mod (2·range + 1) − range. */
export function pattern(rows: number, columns: number, range: number): number[][] {
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, j) => ((37 * (i * columns + j) + 11) % (2 * range + 1)) - range),
  );
}

/** Spikes where (7·t + 5·i) mod `every` is 0. */
export function regular(steps: number, size: number, every: number): number[][] {
  return Array.from({ length: steps }, (_, t) =>
    Array.from({ length: size }, (_, i) => ((7 * t + 5 * i) % every === 0 ? 1 : 0)),
  );
}

/** A leaky neuron with fractional bits. */
export const lif: Partial<IntegerNeuron> = {
  leak: { form: "mul", mul: 3584, shift: 12, round: "zero" },
  fracBits: 4,
  stateBits: 14,
  theta: Int32Array.of(160),
  sub: Int32Array.of(160),
  reset: "subtract",
};
