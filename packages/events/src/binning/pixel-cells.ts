/** The cell of every event within a step: crop, flip, down-sample, channel. */
import { eventsError } from "../diagnostics.ts";
import type { EventStream } from "../event-stream.ts";
import { assertPositive, type BinOptions, maxCells } from "./bin-options.ts";

/** Cells of a step. */
export interface PixelCells {
  /** [C, H, W]. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** Row-major position in `shape` of each event; {@link noCell} for those that are left out. */
  readonly of: Uint32Array;
}

/** Marks an event that lies in no cell. */
export const noCell = 0xffffffff;

type CellOptions = Pick<BinOptions, "crop" | "flip" | "downsample" | "polarity" | "accumulate">;

/** The grid that a sensor becomes. @throws E_BIN_OPTION, E_BIN_SIZE */
export function cellShape(
  sensor: Pick<EventStream, "width" | "height">,
  options: CellOptions,
): PixelCells["shape"] {
  const { width, height } = options.crop ?? sensor;
  const channels = channelsOf(options);
  const grid = gridOf(width, height, options);
  const shape = [channels, grid.height, grid.width] as const;
  const cells = channels * grid.height * grid.width;
  if (cells > maxCells) throw eventsError("E_BIN_SIZE", "", { cells, limit: maxCells });
  return shape;
}

function channelsOf({ polarity = "two", accumulate = "count" }: CellOptions): 1 | 2 {
  if (accumulate !== "signed") return polarity === "two" ? 2 : 1;
  if (polarity !== "two")
    throw eventsError("E_BIN_OPTION", "polarity", {
      why: `Signed cells with polarity ${polarity}`,
      hint: "Signed cells hold ON less OFF: leave polarity out",
    });
  return 1;
}

function gridOf(
  width: number,
  height: number,
  { downsample }: CellOptions,
): { width: number; height: number } {
  if (downsample === undefined) return { width, height };
  if ("factor" in downsample) {
    assertPositive("downsample.factor", downsample.factor);
    return { width: Math.ceil(width / downsample.factor), height: Math.ceil(height / downsample.factor) };
  }
  assertPositive("downsample.width", downsample.width, width);
  assertPositive("downsample.height", downsample.height, height);
  return { width: downsample.width, height: downsample.height };
}

/** Cell of each event on the full grid of pixels that crop and flip leave, and on the coarser one. */
export function pixelCells(stream: EventStream, options: CellOptions): PixelCells {
  const shape = cellShape(stream, options);
  const columns = axisCells(stream.width, "x", options);
  const rows = axisCells(stream.height, "y", options);
  const [channels, height, width] = shape;
  const plane = height * width;
  const onlyOn = options.polarity === "on";
  const { x, y, p } = stream;
  const of = new Uint32Array(x.length);
  for (let i = 0; i < of.length; i++) {
    const column = columns[x[i] as number];
    const row = rows[y[i] as number];
    const on = p[i] as number;
    of[i] =
      column === undefined || row === undefined || column < 0 || row < 0 || (onlyOn && on === 0)
        ? noCell
        : (channels === 2 ? on * plane : 0) + row * width + column;
  }
  return { shape, of };
}

/** Cell of every coordinate of one axis, -1 outside the crop. */
function axisCells(side: number, axis: "x" | "y", options: CellOptions): Int32Array {
  const { crop, flip, downsample } = options;
  const from = crop?.[axis] ?? 0;
  const length = crop === undefined ? side : axis === "x" ? crop.width : crop.height;
  if (!Number.isInteger(from) || from < 0 || !Number.isInteger(length) || length < 1 || from + length > side)
    throw eventsError("E_BIN_OPTION", `crop.${axis}`, {
      why: `A crop of ${length} from ${from} on a side of ${side}`,
      hint: "The crop lies inside the sensor",
    });
  return Int32Array.from({ length: side }, (_, place) => {
    const inside = place - from;
    if (inside < 0 || inside >= length) return -1;
    const turned = flip?.[axis] === true ? length - 1 - inside : inside;
    if (downsample === undefined) return turned;
    if ("factor" in downsample) return Math.floor(turned / downsample.factor);
    return Math.floor((turned * (axis === "x" ? downsample.width : downsample.height)) / length);
  });
}
