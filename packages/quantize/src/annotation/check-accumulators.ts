/** Whether the input sums of every population fit 32 bits, from the integers in the annotations. */
import { type Diagnostic, type NirGraph, sizeOf } from "@nirkit/graph";
import { signedWidth } from "@nirkit/integer";
import { quantizeDiagnostic } from "../diagnostics.ts";
import { rowBounds } from "../driver/input-range.ts";
import { type PopulationUse, type ScaleGroup, scaleGroups } from "../driver/projections.ts";
import { channelOf } from "../fold/threshold.ts";
import type { CheckedGraph } from "./check-quantized.ts";

const accumulatorBits = 32;

/** E_ACCUMULATOR_OVERFLOW for every population whose sum, in its finest LSB and with its biases, may need more. */
export function checkAccumulators(graph: NirGraph, checked: CheckedGraph): readonly Diagnostic[] {
  const flat = graph.flatten();
  const types = flat.types();
  if (types.diagnostics.some(({ level }) => level === "error")) return [];
  const { groups } = scaleGroups({
    flat,
    inputs: checked.inputs,
    sizeAt: (path) => {
      const shape = types.outputShape(path) ?? types.inputShape(path);
      return shape === undefined ? undefined : sizeOf(shape);
    },
  });
  return groups.flatMap((group) =>
    group.populations.flatMap((population) => overflow(population, group, checked)),
  );
}

function overflow(
  { path, size }: PopulationUse,
  { weights }: ScaleGroup,
  checked: CheckedGraph,
): readonly Diagnostic[] {
  const fracBits = checked.neurons.get(path)?.arithmetic.fracBits ?? 0;
  const into = weights.filter(({ targets }) => targets.includes(path));
  const units = into.map((use) => (checked.weights.get(use.path)?.weight.scale[0] ?? 1) * use.inputUnit);
  const finest = Math.min(...units);
  const low = new Float64Array(size);
  const high = new Float64Array(size);
  into.forEach((use, k) => {
    const quantized = checked.weights.get(use.path);
    if (quantized === undefined) return;
    const { weight, bias, biasFrac } = quantized;
    const outputs = weight.shape[0] ?? 1;
    const unit = (units[k] ?? finest) / finest;
    const rows = rowBounds(weight.ints, outputs, use.inputMin, use.inputMax);
    for (let i = 0; i < size; i++) {
      const row = channelOf(i, size, outputs);
      const drift = ((bias?.[row] ?? 0) * unit * 2 ** fracBits) / 2 ** biasFrac;
      low[i] = (low[i] ?? 0) + (rows.low[row] ?? 0) * unit * 2 ** fracBits + drift;
      high[i] = (high[i] ?? 0) + (rows.high[row] ?? 0) * unit * 2 ** fracBits + drift;
    }
  });
  for (let i = 0; i < size; i++) {
    const needed = signedWidth(Math.floor(low[i] ?? 0), Math.ceil(high[i] ?? 0));
    if (needed > accumulatorBits)
      return [
        quantizeDiagnostic("E_ACCUMULATOR_OVERFLOW", `nodes.${path}`, {
          needed,
          available: accumulatorBits,
          neuron: i,
        }),
      ];
  }
  return [];
}
