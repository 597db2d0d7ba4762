/** The decoder of each format. */
import { eventsError } from "../diagnostics.ts";
import { aedat2Decoder } from "./aedat2.ts";
import { aedat3Decoder } from "./aedat3.ts";
import { aedat4Decoder } from "./aedat4.ts";
import { csvDecoder } from "./csv-events.ts";
import { datDecoder } from "./dat.ts";
import type { Decode, Decoding, EventFormat } from "./decoding.ts";
import { evt2Decoder } from "./evt2.ts";
import { evt3Decoder } from "./evt3.ts";
import { nmnistDecoder } from "./nmnist.ts";
import { decodeNumpy } from "./numpy-events.ts";

/** NumPy files are read in one piece: their decoder consumes nothing until the last one. */
const whole =
  (format: "npy" | "npz") =>
  (decoding: Decoding): Decode =>
  (bytes, last) => {
    if (!last) return 0;
    decodeNumpy(decoding, bytes, format);
    return bytes.length;
  };

const decoders: Readonly<Record<EventFormat, (decoding: Decoding) => Decode>> = {
  nmnist: nmnistDecoder,
  aedat1: aedat2Decoder,
  aedat2: aedat2Decoder,
  aedat3: aedat3Decoder,
  aedat4: aedat4Decoder,
  dat: datDecoder,
  evt2: evt2Decoder,
  evt3: evt3Decoder,
  npy: whole("npy"),
  npz: whole("npz"),
  csv: csvDecoder,
};

/** Names of all formats. */
export const eventFormats: readonly EventFormat[] = Object.keys(decoders) as EventFormat[];

/** Starts the decoder of a format. */
export function startDecoder(format: EventFormat, decoding: Decoding): Decode {
  return decoders[format](decoding);
}

/** @throws E_EVENTS_FORMAT with the first bytes of the file */
export function unknownFormat(bytes: Uint8Array, path: string): Error {
  const hex = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return eventsError("E_EVENTS_FORMAT", path, { found: hex === "" ? "nothing" : hex });
}
