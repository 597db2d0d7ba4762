/** Random changes of a recording for training; every draw comes from a named stream. */
import { philox, type Random } from "@nirkit/integer";
import { eventsError } from "../diagnostics.ts";
import { type EventStream, sortEvents, takeEvents } from "../event-stream.ts";
import { orientEvents } from "../formats/orient.ts";
import { keepEvents } from "./crop.ts";
import { shiftEvents } from "./resample.ts";

/** What to change, each with its own draw; what is absent is left as it is. */
export interface AugmentOptions {
  /** Moves the picture by up to so many pixels each way. */
  readonly shift?: number;
  /** Probability of mirroring left and right. */
  readonly flipX?: number;
  /** Probability of mirroring up and down. */
  readonly flipY?: number;
  /** Probability of dropping each event. */
  readonly drop?: number;
  /** Stretches time by a factor of 1 - stretch … 1 + stretch. */
  readonly stretch?: number;
  /** Moves each time by up to so many microseconds, then sorts. */
  readonly jitterUs?: number;
  /** Noise events per pixel and second. */
  readonly noise?: number;
}

/**
 * Changes a recording. Draws come from the stream `augment/<epoch>/<index>` in the order of {@link AugmentOptions}, so
 * that sample `index` of an epoch is changed alike whatever ran before it, and by whichever worker.
 *
 * @throws E_TRANSFORM for a probability outside 0 … 1 or a negative size
 */
export function augmentEvents(
  stream: EventStream,
  options: AugmentOptions,
  place: { readonly seed: number | bigint; readonly epoch: number; readonly index: number },
): EventStream {
  assertOptions(options);
  const random = philox(place.seed, `augment/${place.epoch}/${place.index}`);
  const { shift, flipX, flipY, drop, stretch, jitterUs, noise } = options;
  let result = stream;
  if (shift !== undefined) {
    const [dx, dy] = [random.integer(2 * shift + 1) - shift, random.integer(2 * shift + 1) - shift];
    result = shiftEvents(result, dx, dy);
  }
  if (flipX !== undefined && random.uniform() < flipX) result = orientEvents(result, { flipX: true });
  if (flipY !== undefined && random.uniform() < flipY) result = orientEvents(result, { flipY: true });
  if (drop !== undefined) result = dropEvents(result, drop, random);
  if (stretch !== undefined) {
    const factor = 1 + stretch * (2 * random.uniform() - 1);
    result = { ...result, t: result.t.map((t) => Math.floor(t * factor)) };
  }
  if (jitterUs !== undefined) result = jitterTime(result, jitterUs, random);
  return noise === undefined ? result : addNoise(result, noise, random);
}

function assertOptions(options: AugmentOptions): void {
  const probability = ["flipX", "flipY", "drop"] as const;
  const { shift, stretch = 0, jitterUs = 0, noise = 0 } = options;
  for (const name of probability) {
    const value = options[name] ?? 0;
    if (!(value >= 0 && value <= 1)) throw refuse(name, value, "It is a probability, 0 to 1");
  }
  if (shift !== undefined && (!Number.isInteger(shift) || shift < 0 || shift > 32767))
    throw refuse("shift", shift, "It is a number of whole pixels");
  if (!(stretch >= 0 && stretch < 1)) throw refuse("stretch", stretch, "It lies between 0 and 1");
  if (!(jitterUs >= 0 && Number.isFinite(jitterUs))) throw refuse("jitterUs", jitterUs, "It is not negative");
  if (!(noise >= 0 && Number.isFinite(noise))) throw refuse("noise", noise, "It is not negative");
}

function refuse(name: string, value: number, hint: string): Error {
  return eventsError("E_TRANSFORM", name, { why: `${name} is ${value}`, hint });
}

/** Drops each event with a probability, one draw each. */
export function dropEvents(stream: EventStream, probability: number, random: Random): EventStream {
  return keepEvents(stream, () => random.uniform() >= probability);
}

function jitterTime(stream: EventStream, most: number, random: Random): EventStream {
  const t = stream.t.map((time) => Math.max(0, time + Math.floor((2 * random.uniform() - 1) * most + 0.5)));
  return sortEvents({ ...stream, t });
}

/**
 * Adds events of chance, as many as `rate` per pixel and second gives over the length of the recording (floored), at
 * uniform times, places and polarities; the result is sorted.
 */
export function addNoise(stream: EventStream, rate: number, random: Random): EventStream {
  const { t, x, y, p, width, height } = stream;
  const [first, last] = [t[0] ?? 0, t.at(-1) ?? 0];
  const more = Math.floor(rate * width * height * (last - first) * 1e-6);
  if (more > 2 ** 27) throw refuse("noise", rate, "That is more than 2^27 events");
  const total = t.length + more;
  const columns = {
    t: grown(t, new Float64Array(total)),
    x: grown(x, new Uint16Array(total)),
    y: grown(y, new Uint16Array(total)),
    p: grown(p, new Uint8Array(total)),
  };
  for (let i = t.length; i < total; i++) {
    columns.t[i] = first + Math.floor(random.uniform() * (last - first + 1));
    columns.x[i] = random.integer(width);
    columns.y[i] = random.integer(height);
    columns.p[i] = random.uint32() & 1;
  }
  const mixed = { width, height, ...columns };
  const order = Uint32Array.from({ length: total }, (_, i) => i);
  order.sort((a, b) => (columns.t[a] as number) - (columns.t[b] as number) || a - b);
  return takeEvents(mixed, order);
}

function grown<A extends Float64Array | Uint16Array | Uint8Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
