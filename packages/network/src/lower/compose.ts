/** Linear stages multiplied out to one sparse matrix, exactly: what no single operation of a projection says. */
import { sizeOf } from "@nirkit/graph";
import type { QuantTensor } from "@nirkit/quantize";
import { createFanOut } from "../fan-out.ts";
import type { PoolOp, Projection, SparseOp } from "../network.ts";
import { derivedWeights } from "./derived-weights.ts";

/** A stage is what a projection does; a window sum is one with the weight 1. */
export type Stage = Pick<Projection, "op" | "weights">;

/** A stage that adds up windows. */
export function poolStage(pool: PoolOp): Stage {
  return { op: pool, weights: derivedWeights([1], { scheme: "identity", shape: [1], scale: one }) };
}

const one = Float64Array.of(1);

/** Number of outputs of a stage with windows; stages without say nothing of their targets. */
function stageSize({ op, weights }: Stage): number {
  if (op.kind === "conv2d" || op.kind === "conv3d" || op.kind === "pool") return sizeOf(op.outShape);
  if (op.kind === "sparse") return op.rowStart.length - 1;
  return weights.shape[0] ?? 1;
}

/**
 * The product of stages, the first one nearest the source.
 *
 * @param stages none is an identity
 * @param sign −1 for targets whose sums are negated
 */
export function composeSparse(
  stages: readonly Stage[],
  sources: number,
  origin: { readonly scheme: string; readonly scale: Float64Array },
  sign?: Int8Array,
): { readonly op: SparseOp; readonly weights: QuantTensor } {
  const sizes = [sources, ...stages.map(stageSize)];
  const targets = sizes.at(-1) ?? sources;
  const fanOuts = stages.map((stage, k) =>
    createFanOut({
      projection: { name: "", source: "", target: "", delay: 0, ...stage },
      sources: sizes[k] as number,
      targets: sizes[k + 1] as number,
    }),
  );
  const layers = sizes.map((size) => new Float64Array(size));
  const rows: { column: number; weight: number }[][] = Array.from({ length: targets }, () => []);
  for (let s = 0; s < sources; s++) {
    (layers[0] as Float64Array)[s] = 1;
    fanOuts.forEach((fanOut, k) => {
      const from = layers[k] as Float64Array;
      const to = layers[k + 1] as Float64Array;
      from.forEach((value, at) => {
        if (value !== 0) fanOut.add(to, at, value);
      });
      from.fill(0);
    });
    const last = layers.at(-1) as Float64Array;
    last.forEach((value, i) => {
      if (value !== 0) rows[i]?.push({ column: s, weight: value * (sign?.[i] ?? 1) });
    });
    last.fill(0);
  }
  return sparseRows(rows, origin);
}

function sparseRows(
  rows: readonly (readonly { column: number; weight: number }[])[],
  { scheme, scale }: { readonly scheme: string; readonly scale: Float64Array },
): { readonly op: SparseOp; readonly weights: QuantTensor } {
  const rowStart = new Uint32Array(rows.length + 1);
  rows.forEach((row, i) => {
    rowStart[i + 1] = (rowStart[i] as number) + row.length;
  });
  const entries = rows.flat();
  const perEntry =
    scale.length === 1
      ? scale
      : Float64Array.from(
          rows.flatMap((row, i) => row.map(() => scale[Math.floor((i * scale.length) / rows.length)] ?? 1)),
        );
  return {
    op: { kind: "sparse", rowStart, columns: Uint32Array.from(entries, ({ column }) => column) },
    weights: derivedWeights(
      entries.map(({ weight }) => weight),
      { scheme, shape: [entries.length], scale: perEntry.length === 0 ? one : perEntry },
    ),
  };
}
