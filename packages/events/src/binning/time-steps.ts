/** The step of every event. */
import { eventsError } from "../diagnostics.ts";
import { assertPositive, type BinOptions, maxSteps } from "./bin-options.ts";

/** Steps of a recording. */
export interface TimeSteps {
  readonly steps: number;
  /** Step of each event; {@link noStep} for those outside. */
  readonly of: Uint32Array;
}

/** Marks an event that lies in no step. */
export const noStep = 0xffffffff;

/**
 * Steps of event times. By duration the order of events does not matter; by count it is the order of the stream.
 *
 * @throws E_BIN_OPTION; E_BIN_STEPS where more than 10 million steps would be needed
 */
export function timeSteps(
  t: Float64Array,
  options: Pick<BinOptions, "by" | "start" | "steps" | "tail">,
): TimeSteps {
  const { by, steps } = options;
  if (steps !== undefined) assertPositive("steps", steps, maxSteps);
  if ("us" in by) {
    if (!(by.us > 0 && Number.isFinite(by.us)))
      throw eventsError("E_BIN_OPTION", "by.us", {
        why: `A step of ${by.us} us`,
        hint: "It is a positive number",
      });
    return byDuration(t, startOf(t, options.start ?? "zero"), by.us, options);
  }
  if ("events" in by) {
    assertPositive("by.events", by.events);
    return byPosition(t, Math.ceil(t.length / by.events), by.events, options);
  }
  assertPositive("by.frames", by.frames, maxSteps);
  if (by.by === "count") return byPosition(t, by.frames, Math.floor(t.length / by.frames), options);
  return byEqualTime(t, by.frames, options);
}

function startOf(t: Float64Array, start: "zero" | "first" | number): number {
  if (typeof start === "number") return start;
  return start === "zero" ? 0 : (t[0] ?? 0);
}

/** Step floor((t - start) / us); nothing is rounded. */
function byDuration(
  t: Float64Array,
  start: number,
  us: number,
  { steps, tail = "drop" }: Pick<BinOptions, "steps" | "tail">,
): TimeSteps {
  let last = start - 1;
  for (let i = 0; i < t.length; i++) if ((t[i] as number) > last) last = t[i] as number;
  const total = steps ?? Math.max(1, Math.floor((last - start) / us) + 1);
  if (total > maxSteps) throw eventsError("E_BIN_STEPS", "by.us", { steps: total, limit: maxSteps });
  const of = new Uint32Array(t.length);
  const beyond = tail === "last" ? total - 1 : noStep;
  for (let i = 0; i < t.length; i++) {
    const k = Math.floor(((t[i] as number) - start) / us);
    of[i] = k < 0 ? noStep : k < total ? k : beyond;
  }
  return { steps: total, of };
}

/** Frame i holds the events i * each … (i + 1) * each - 1; the last one takes the rest. */
function byPosition(
  t: Float64Array,
  frames: number,
  each: number,
  { steps, tail = "drop" }: Pick<BinOptions, "steps" | "tail">,
): TimeSteps {
  const total = steps ?? Math.max(1, frames);
  if (total > maxSteps) throw eventsError("E_BIN_STEPS", "by", { steps: total, limit: maxSteps });
  const of = new Uint32Array(t.length);
  const beyond = tail === "last" ? total - 1 : noStep;
  for (let i = 0; i < t.length; i++) {
    const k = each === 0 ? frames - 1 : Math.min(frames - 1, Math.floor(i / each));
    of[i] = k < total ? k : beyond;
  }
  return { steps: total, of };
}

/** Frames of floor((last - first) / frames) us from the first event; the last one is open at its end. */
function byEqualTime(
  t: Float64Array,
  frames: number,
  { steps, tail = "drop" }: Pick<BinOptions, "steps" | "tail">,
): TimeSteps {
  const [first, last] = [t[0] ?? 0, t.at(-1) ?? 0];
  const us = Math.floor((last - first) / frames);
  const total = steps ?? frames;
  const of = new Uint32Array(t.length);
  const beyond = tail === "last" ? total - 1 : noStep;
  for (let i = 0; i < t.length; i++) {
    const k = us === 0 ? frames - 1 : Math.min(frames - 1, Math.floor(((t[i] as number) - first) / us));
    of[i] = k < 0 ? noStep : k < total ? k : beyond;
  }
  return { steps: total, of };
}
