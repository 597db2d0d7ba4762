/** The words of the streams: kind, value, address. */
import type { StreamPlan } from "./plan-types.ts";

/** Kinds of a beat. */
const beatKinds = { event: 0, tick: 1, eos: 2 } as const;

/** A sequence of beats, growing. */
export class BeatList {
  readonly kind: number[] = [];
  readonly value: number[] = [];
  readonly address: number[] = [];

  get length(): number {
    return this.kind.length;
  }

  event(address: number, value: number): void {
    this.#push(beatKinds.event, value, address);
  }

  /** End of a step, or of the sample. */
  tick(isLast: boolean): void {
    this.#push(isLast ? beatKinds.eos : beatKinds.tick, 0, 0);
  }

  #push(kind: number, value: number, address: number): void {
    this.kind.push(kind);
    this.value.push(value);
    this.address.push(address);
  }
}

/**
 * One beat as a hexadecimal word.
 *
 * @example 32 bits: event of value 1 at 0x1149 is 00401149; tick 40000000; eos 80000000
 */
function beatWord(stream: StreamPlan, kind: number, value: number, address: number): string {
  const field = BigInt.asUintN(stream.valueBits, BigInt(value));
  const word =
    (BigInt(kind) << BigInt(stream.width - 2)) | (field << BigInt(stream.addressBits)) | BigInt(address);
  return word.toString(16).padStart(stream.width / 4, "0");
}

/** Words of a whole list. */
export function beatWords(stream: StreamPlan, beats: BeatList): string[] {
  return beats.kind.map((kind, k) =>
    beatWord(stream, kind, beats.value[k] as number, beats.address[k] as number),
  );
}

/** The fields of a hexadecimal word. */
export function readBeat(stream: StreamPlan, word: string): { kind: number; value: number; address: number } {
  const bits = BigInt(`0x${word}`);
  const field = bits >> BigInt(stream.addressBits);
  return {
    kind: Number(bits >> BigInt(stream.width - 2)),
    value: Number(
      stream.signed ? BigInt.asIntN(stream.valueBits, field) : BigInt.asUintN(stream.valueBits, field),
    ),
    address: Number(BigInt.asUintN(stream.addressBits, bits)),
  };
}

/** Adds the beats of one list to another. */
export function appendBeats(into: BeatList, from: BeatList): void {
  from.kind.forEach((kind, k) => {
    if (kind === 0) into.event(from.address[k] as number, from.value[k] as number);
    else into.tick(kind === 2);
  });
}
