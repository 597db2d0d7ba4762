/** Input of a mapping by a fixed rule. */
import type { SpikeInput } from "@nirkit/graph";
import type { S2Mapping } from "../src/index.ts";

/** Spikes of a third of the entries by a fixed rule. */
export function sample(mapping: Pick<S2Mapping, "inputs">, steps: number): SpikeInput {
  return new Map(
    mapping.inputs.map(({ name, shape }) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const data = Uint8Array.from({ length: steps * size }, (_, k) => Number((k * 7 + (k >> 3)) % 3 === 0));
      return [name, { dtype: "uint8", shape: [steps, ...shape], data } as const] as const;
    }),
  );
}

/** Spikes and membranes of every population. */
export const all = { record: { populations: "all", signals: ["out", "v"] } } as const;
