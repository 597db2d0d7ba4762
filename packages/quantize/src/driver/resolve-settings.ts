/** Options with their defaults and overrides, as the groups need them. */
import { NirkitError, type Shape } from "@nirkit/graph";
import type { Convention } from "../convention.ts";
import { quantizeDiagnostic } from "../diagnostics.ts";
import type { WeightQuantizer } from "../weight-quantizer.ts";
import type { GroupSettings } from "./group-settings.ts";
import { matchesNode, type QuantizeOptions } from "./options.ts";

/** Settings of a run. @throws E_BAD_OPTION where the scheme refuses its parameters */
export function resolveSettings<P>(
  quantizer: WeightQuantizer<P>,
  options: QuantizeOptions<P>,
  dt: number,
  convention: Convention,
  shapeAt: (path: string) => Shape,
): GroupSettings<P> {
  const overrides = (path: string) =>
    (options.overrides ?? []).filter(({ nodes }) => matchesNode(nodes, path));
  const cache = new Map<string, P>();
  return {
    quantizer,
    dt,
    convention,
    shapeAt,
    mode: options.thresholdMode ?? "aligned",
    leak: {
      form: options.leakForm ?? "mul",
      bits: options.leakBits ?? 12,
      round: options.leakRound ?? "zero",
    },
    overflow: options.overflow ?? "sat",
    accumulatorBits: options.accumulatorBits ?? 32,
    steps: options.steps,
    paramsOf: (path) => {
      const known = cache.get(path);
      if (known !== undefined) return known;
      const merged = Object.assign({}, options.params, ...overrides(path).map(({ params }) => params ?? {}));
      const parsed = quantizer.params.safeParse(merged);
      if (!parsed.success)
        throw new NirkitError(
          parsed.error.issues.map((issue) =>
            quantizeDiagnostic("E_BAD_OPTION", `nodes.${path}`, {
              option: `${quantizer.scheme} ${issue.path.join(".")}`,
              found: issue.message,
              expected: "another value",
            }),
          ),
        );
      cache.set(path, parsed.data);
      return parsed.data;
    },
    fracBitsOf: (path) =>
      overrides(path).findLast(({ fracBits }) => fracBits !== undefined)?.fracBits ?? options.fracBits,
    stateBitsOf: (path) =>
      overrides(path).findLast(({ stateBits }) => stateBits !== undefined)?.stateBits ?? options.stateBits,
  };
}
