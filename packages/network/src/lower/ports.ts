/** Doors and exits of a network: their widths and what their integers count in. */
import { type Diagnostic, type Shape, sizeOf } from "@nirkit/graph";
import { bitLength } from "@nirkit/integer";
import type { QuantizedInput, QuantizedView } from "@nirkit/quantize";
import { networkDiagnostic } from "../diagnostics.ts";
import type { OutputPort, Port } from "../network.ts";
import type { SourceUnit } from "./populations.ts";

/** The port of an Input: spikes, or the integers of its annotation. */
export function inputPort(name: string, shape: Shape, view: QuantizedView): Port {
  const spikes: QuantizedInput = { bits: 1, signed: false, scale: 1 };
  return { name, shape, ...(view.inputs.get(name) ?? spikes), maxEvents: 1 };
}

/** What the integers of a port count in. */
export function portUnit(port: Port): SourceUnit {
  const bound = port.signed ? 2 ** (port.bits - 1) : 2 ** port.bits - 1;
  return { scale: Float64Array.of(port.scale), bound };
}

/** The port of an Output that adds its sources, with E_OUTPUT_MIXED where they count in different units. */
export function outputPort(
  name: string,
  shape: Shape,
  sources: readonly string[],
  units: readonly SourceUnit[],
): { readonly port: OutputPort; readonly diagnostics: readonly Diagnostic[] } {
  const scale = units[0]?.scale ?? Float64Array.of(1);
  const size = sizeOf(shape);
  const diagnostics = units.flatMap((unit) => {
    const i = Array.from({ length: size }, (_, k) => k).find(
      (k) => at(scale, k, size) !== at(unit.scale, k, size),
    );
    if (i === undefined) return [];
    const detail = { sources, first: at(scale, i, size), second: at(unit.scale, i, size) };
    return [networkDiagnostic("E_OUTPUT_MIXED", `nodes.${name}`, detail)];
  });
  const isSpikes = units.every((unit) => unit.bound === 1 && unit.scale.length === 1 && unit.scale[0] === 1);
  const bound = units.reduce((sum, unit) => sum + unit.bound, 0);
  const port = {
    name,
    shape,
    bits: isSpikes ? 1 : 1 + bitLength(Math.min(bound, 2 ** 53)),
    signed: !isSpikes,
    scale: scale[0] ?? 1,
    maxEvents: isSpikes ? Math.max(1, sources.length) : 1,
    sources,
  };
  return { port: scale.length > 1 ? { ...port, elementScale: scale } : port, diagnostics };
}

function at(scale: Float64Array, i: number, size: number): number {
  return scale[scale.length === size ? i : Math.floor((i * scale.length) / size)] ?? 1;
}
