/** Events of a camera as sparse steps, the input of a simulator or of training. */
import type { Events, Shape, Tensor } from "@nirkit/graph";
import { sizeOf } from "@nirkit/graph";
import { eventsError } from "../diagnostics.ts";
import type { EventStream, SpikeStream } from "../event-stream.ts";
import { accumulate, type Counting } from "./accumulate.ts";
import { assertPositive, type BinOptions, maxCells } from "./bin-options.ts";
import { cellShape, noCell, pixelCells } from "./pixel-cells.ts";
import { timeSteps } from "./time-steps.ts";

/** Sparse steps, and how many events of the stream lie in none of them. */
export interface BinnedEvents extends Events {
  readonly dropped: number;
}

/**
 * Bins a stream into steps of shape [C, H, W]: channel 0 is OFF, channel 1 is ON, position
 * ((c * H) + y) * W + x. Times are floored, never rounded.
 *
 * @param stream need not be sorted for steps of fixed duration
 * @returns `value` is absent where every cell holds 1; cells are ascending within a step; int16 where counts fit
 * @throws E_BIN_OPTION, E_BIN_STEPS, E_BIN_SIZE
 * @example binEvents(stream, { by: fixedDuration(1000), steps: 300 }) // 1 ms steps from time zero
 * @see events.md section 13
 */
export function binEvents(stream: EventStream, options: BinOptions): BinnedEvents {
  const { clip } = options;
  if (clip !== undefined) assertPositive("clip", clip);
  const { downsample, clip: _clip, ...fine } = options;
  if (downsample?.mode === "max" && options.accumulate !== "binary") {
    if (options.accumulate === "signed")
      throw eventsError("E_BIN_OPTION", "downsample.mode", {
        why: "The largest of signed cells is not defined",
        hint: "Use mode sum",
      });
    return coarseMax(binEvents(stream, fine), stream, options);
  }
  const times = timeSteps(stream.t, options);
  const cells = pixelCells(stream, options);
  const counting: Counting = { ...options, sign: options.accumulate === "signed" ? stream.p : undefined };
  return accumulate(times, cells, counting);
}

/** Cells of the coarse grid take the largest of the fine ones. */
function coarseMax(fine: BinnedEvents, stream: EventStream, options: BinOptions): BinnedEvents {
  const shape = cellShape(stream, options);
  const sensor = options.crop ?? stream;
  const { downsample } = options;
  const [channels, height, width] = shape;
  const axis = (place: number, side: number, cells: number): number =>
    downsample !== undefined && "factor" in downsample
      ? Math.floor(place / downsample.factor)
      : Math.floor((place * cells) / side);
  const plane = sensor.width * sensor.height;
  const scratch = new Map<number, number>();
  const start = new Uint32Array(fine.steps + 1);
  const [index, value]: [number[], number[]] = [[], []];
  for (let step = 0; step < fine.steps; step++) {
    scratch.clear();
    for (let e = fine.start[step] as number; e < (fine.start[step + 1] as number); e++) {
      const cell = fine.index[e] as number;
      const [channel, place] = [Math.floor(cell / plane), cell % plane];
      const y = axis(Math.floor(place / sensor.width), sensor.height, height);
      const x = axis(place % sensor.width, sensor.width, width);
      const to = (channel * height + y) * width + x;
      scratch.set(to, Math.max(scratch.get(to) ?? 0, fine.value?.[e] ?? 1));
    }
    for (const to of [...scratch.keys()].sort((a, b) => a - b)) {
      index.push(to);
      value.push(Math.min(scratch.get(to) ?? 0, options.clip ?? Number.POSITIVE_INFINITY));
    }
    start[step + 1] = index.length;
  }
  const sparse = {
    steps: fine.steps,
    shape: [channels, height, width],
    start,
    index: Uint32Array.from(index),
  };
  const ones = value.every((v) => v === 1);
  return ones
    ? { ...sparse, dropped: fine.dropped }
    : { ...sparse, value: Int16Array.from(value), dropped: fine.dropped };
}

/** Options of {@link binSpikes}. */
export interface BinSpikesOptions extends Pick<BinOptions, "by" | "start" | "steps" | "tail" | "clip"> {
  /** `binary` keeps one spike of a channel and step; `count`, the default, adds them. */
  readonly accumulate?: "count" | "binary";
  /** Fewer channels: unit u becomes floor(u * channels / all). */
  readonly channels?: number;
}

/**
 * Bins spikes of audio or touch into steps of shape [channels].
 *
 * @throws E_BIN_OPTION, E_BIN_STEPS
 */
export function binSpikes(stream: SpikeStream, options: BinSpikesOptions): BinnedEvents {
  const { channels = stream.channels, clip } = options;
  assertPositive("channels", channels, stream.channels);
  if (clip !== undefined) assertPositive("clip", clip);
  const of = new Uint32Array(stream.unit.length);
  for (let i = 0; i < of.length; i++) {
    const unit = stream.unit[i] as number;
    of[i] = unit < stream.channels ? Math.floor((unit * channels) / stream.channels) : noCell;
  }
  return accumulate(timeSteps(stream.t, options), { shape: [channels], of }, options);
}

/**
 * Sparse steps as a dense tensor [T, ...shape]: int16, or float32 where the values are.
 *
 * @throws E_BIN_SIZE for more than 2^26 values
 */
export function eventsToTensor(events: Events): Tensor<"int16"> | Tensor<"float32"> {
  const cells = sizeOf(events.shape);
  const total = events.steps * cells;
  if (total > maxCells) throw eventsError("E_BIN_SIZE", "", { cells: total, limit: maxCells });
  const shape: Shape = [events.steps, ...events.shape];
  const { value } = events;
  const data = value instanceof Float32Array ? new Float32Array(total) : new Int16Array(total);
  for (let step = 0; step < events.steps; step++)
    for (let e = events.start[step] as number; e < (events.start[step + 1] as number); e++)
      data[step * cells + (events.index[e] as number)] = value === undefined ? 1 : (value[e] as number);
  return data instanceof Float32Array ? { dtype: "float32", shape, data } : { dtype: "int16", shape, data };
}
