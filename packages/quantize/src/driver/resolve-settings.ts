/** Options with their defaults and overrides, as the groups need them. */
import { NirkitError, type Shape } from "@nirkit/graph";
import type { Convention } from "../convention.ts";
import { quantizeDiagnostic } from "../diagnostics.ts";
import { bitsMembrane, type MembraneScheme } from "../membrane.ts";
import type { AnyQuantizer } from "../weight-quantizer.ts";
import type { GroupSettings } from "./group-settings.ts";
import { matchesNode, type QuantizeOptions, type QuantizeOverride } from "./options.ts";
import type { NetworkExtent } from "./scale-rule.ts";

/** What the graph says beside the options. */
export interface SettingsContext {
  readonly dt: number;
  readonly convention: Convention;
  readonly shapeAt: (path: string) => Shape;
  readonly extent: NetworkExtent;
}

/** Settings of a run. @throws E_BAD_OPTION where a scheme refuses its parameters, or a membrane has no such width */
export function resolveSettings<P>(
  quantizer: AnyQuantizer,
  options: QuantizeOptions<P>,
  context: SettingsContext,
): GroupSettings {
  const overrides = (path: string): readonly QuantizeOverride<P>[] =>
    (options.overrides ?? []).filter(({ nodes }) => matchesNode(nodes, path));
  const last = <T>(path: string, pick: (override: QuantizeOverride<P>) => T | undefined): T | undefined => {
    const found = overrides(path).findLast((override) => pick(override) !== undefined);
    return found === undefined ? undefined : pick(found);
  };
  const quantizerOf = (path: string): AnyQuantizer => last(path, (one) => one.quantizer) ?? quantizer;
  const params = new Map<string, unknown>();
  const membranes = new Map<number, MembraneScheme>();
  const membrane = (given: number | MembraneScheme | null | undefined): MembraneScheme | undefined => {
    if (given === null || given === undefined) return undefined;
    if (typeof given !== "number") return given;
    const known = membranes.get(given) ?? bitsMembrane(given);
    membranes.set(given, known);
    return known;
  };
  const { dt, convention, shapeAt, extent } = context;
  // A wrong width is refused even where no neuron would take it.
  membrane(options.membrane);
  return {
    quantizerOf,
    dt,
    convention,
    shapeAt,
    extent,
    mode: options.thresholdMode ?? "aligned",
    nodes: options.nodes ?? "folded",
    weights: options.weights ?? "fit",
    joint: options.joint ?? "equal",
    scaleRule: options.scaleRule,
    leak: {
      form: options.leakForm ?? "mul",
      bits: options.leakBits ?? 12,
      round: options.leakRound ?? "zero",
      ...(options.tauTolerance === undefined ? {} : { tolerance: options.tauTolerance }),
    },
    overflow: options.overflow ?? "sat",
    accumulatorBits: options.accumulatorBits ?? 32,
    steps: options.steps,
    paramsOf: (path) => {
      if (!params.has(path)) {
        const own = quantizerOf(path);
        const base = own === quantizer ? [options.params] : [];
        const given = overrides(path).flatMap((one) => one.params ?? []);
        params.set(path, parseParams(own, Object.assign({}, ...base, ...given), path));
      }
      return params.get(path);
    },
    fracBitsOf: (path) => last(path, (one) => one.fracBits) ?? options.fracBits,
    stateBitsOf: (path) => last(path, (one) => one.stateBits) ?? options.stateBits,
    membraneOf: (path) => {
      const own = last(path, (one) => one.membrane);
      return membrane(own === undefined ? options.membrane : own);
    },
  };
}

function parseParams(quantizer: AnyQuantizer, merged: unknown, path: string): unknown {
  const parsed = quantizer.params.safeParse(merged);
  if (parsed.success) return parsed.data;
  throw new NirkitError(
    parsed.error.issues.map(({ path: at, message }) => {
      const [, wanted] = /: expected (.*?)(?:, received .*)?$/.exec(message) ?? [];
      const found = valueAt(merged, at);
      return quantizeDiagnostic("E_BAD_OPTION", `nodes.${path}`, {
        option: `${quantizer.scheme} ${at.join(".")}`,
        found: wanted === undefined ? `${found} (${message})` : found,
        expected: wanted ?? "another value",
      });
    }),
  );
}

/** What stands at a path of options, as text. */
function valueAt(merged: unknown, path: readonly PropertyKey[]): string {
  let value = merged;
  for (const key of path)
    value = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
