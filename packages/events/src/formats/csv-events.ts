/** Events as text: a first line `t,x,y,p`, then four integers a line. */
import { eventsError } from "../diagnostics.ts";
import type { Decode, Decoding } from "./decoding.ts";

const head = "t,x,y,p";
const lineEnd = 10;

/** Decoder of CSV events. */
export function csvDecoder(decoding: Decoding): Decode {
  let line = 0;
  return (bytes, last) => {
    const end = last ? bytes.length : bytes.lastIndexOf(lineEnd) + 1;
    decoding.columns.reserve(Math.ceil(end / 8));
    const { xEnd, yEnd } = decoding;
    for (let at = 0; at < end; ) {
      const found = bytes.indexOf(lineEnd, at);
      const stop = found < 0 ? end : found;
      const text = new TextDecoder().decode(bytes.subarray(at, Math.min(stop, at + 100))).trim();
      if (line++ === 0) assertHead(decoding, text);
      else if (text !== "") {
        const match = /^(-?\d{1,16}),(\d{1,5}),(\d{1,5}),([01])$/.exec(text);
        if (match === null)
          throw eventsError("E_CSV", decoding.at(at), {
            why: `line ${line} is ${JSON.stringify(text.slice(0, 60))}`,
          });
        const [t, x, y, p] = [Number(match[1]), Number(match[2]), Number(match[3]), Number(match[4])];
        if (x >= xEnd || y >= yEnd) decoding.outside(x, y, at);
        else decoding.push(t, x, y, p);
      }
      at = stop + 1;
    }
    return end;
  };
}

function assertHead(decoding: Decoding, text: string): void {
  if (text !== head)
    throw eventsError("E_CSV", decoding.at(0), { why: `it starts with ${JSON.stringify(text)}` });
}
