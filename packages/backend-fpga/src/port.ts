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
