/** What a door of the design takes. */
import { sizeOf } from "@nirkit/graph";

/** True for a door that takes plain spikes. */
export function isSpikePort(port: { readonly bits: number; readonly signed: boolean }): boolean {
  return port.bits === 1 && !port.signed;
}

/** Number of addresses of a port. */
export function portSize(port: { readonly shape: readonly number[] }): number {
  return sizeOf(port.shape);
}

/** Signed bits of an input value inside the design; spikes carry none. */
export function portValueBits(port: { readonly bits: number; readonly signed: boolean }): number {
  if (isSpikePort(port)) return 0;
  return port.signed ? port.bits : port.bits + 1;
}
