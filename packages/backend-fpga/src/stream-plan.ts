/** Ports and the words of their streams. */
import type { Port } from "@nirkit/network";
import { fieldBits, type MapShape } from "./map-address.ts";
import type { PortPlan, StreamPlan } from "./plan-types.ts";

/** What the plan keeps of a port. */
export function portPlan({ name, shape, bits, signed, scale, maxEvents }: Port): PortPlan {
  return { name, shape: [...shape], bits, signed, scale, maxEvents };
}

/** Fields of a word of the given width. */
export function streamPlan(
  width: 32 | 64,
  content: StreamPlan["content"],
  signed: boolean,
  map: MapShape | null,
): StreamPlan {
  return {
    width,
    kindBits: 2,
    valueBits: width === 64 ? 30 : 8,
    addressBits: width === 64 ? 32 : 22,
    kinds: { event: 0, tick: 1, eos: 2 },
    addressing: map === null ? "linear" : fieldBits(map),
    content,
    signed,
  };
}
