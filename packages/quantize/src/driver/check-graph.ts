/** What is refused before any work: values without integers, batched weights, overrides that match nothing. */
import { type Diagnostic, hasWeight, type NirGraph, NirkitError, type Shape, toFloat64 } from "@nirkit/graph";
import { quantizeDiagnostic } from "../diagnostics.ts";
import { assertFinite, indexOf } from "../quant-tensor.ts";
import { matchesNode, type QuantizeOptions } from "./options.ts";

/** E_BAD_OPTION for every override whose pattern matches no node. */
export function checkOverrides<P>(graph: NirGraph, options: QuantizeOptions<P>): readonly Diagnostic[] {
  const paths = [...graph.flatten().nodes().keys()];
  return (options.overrides ?? [])
    .filter(({ nodes }) => !paths.some((path) => matchesNode(nodes, path)))
    .map(({ nodes }) =>
      quantizeDiagnostic("E_BAD_OPTION", "options.overrides", {
        option: "overrides",
        found: `"${nodes}", which matches no node`,
        expected: `a pattern for ${paths.slice(0, 8).join(", ")}`,
      }),
    );
}

/** float64 weights are quantized as float32, where 1e200 is infinite. */
function assertFloat32(values: Float64Array, shape: Shape, path: string): void {
  const at = values.findIndex((value) => !Number.isFinite(Math.fround(value)));
  if (at >= 0)
    throw new NirkitError([
      quantizeDiagnostic("E_NON_FINITE", `${path}[${indexOf(at, shape)}]`, { value: values[at] ?? 0 }),
    ]);
}

/** E_NON_FINITE for every weight, bias and scale with one, E_UNSUPPORTED_NODE for batched matrices. */
export function checkFinite(graph: NirGraph): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const [path, node] of graph.flatten().nodes()) {
    const tensors = hasWeight(node)
      ? ([["weight", node.weight], ...("bias" in node ? ([["bias", node.bias]] as const) : [])] as const)
      : node.type === "Scale"
        ? ([["scale", node.scale]] as const)
        : [];
    for (const [name, value] of tensors) {
      try {
        const place = `nodes.${path}.${name}`;
        // Large float32 weights are looked at where they lie.
        const values = value.data instanceof Float32Array ? value.data : toFloat64(value);
        assertFinite(values, value.shape, place);
        if (name === "weight" && values instanceof Float64Array) assertFloat32(values, value.shape, place);
      } catch (cause) {
        if (!(cause instanceof NirkitError)) throw cause;
        found.push(...cause.diagnostics);
      }
    }
    const rank = node.type === "Affine" || node.type === "Linear" ? node.weight.shape.length : 2;
    if (rank !== 2)
      found.push(
        quantizeDiagnostic("E_UNSUPPORTED_NODE", `nodes.${path}.weight`, {
          type: node.type,
          why: `its weight has ${rank} axes (batched matrices)`,
          hint: "Split it into one matrix per batch entry",
        }),
      );
  }
  return found;
}
