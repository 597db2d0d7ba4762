/** Hyperspectral scenes: a cube [rows, columns, bands] and a map of labels. */
import { type DType, type Tensor, toFloat64 } from "@nirkit/graph";
import { NpyError, readNpy } from "@nirkit/npy";
import { eventsError } from "../diagnostics.ts";
import { readMat } from "./mat.ts";
import { gunzip, isGzip } from "./unpack.ts";

/** A scene whose labels are class indices 0 …, -1 for pixels without a class. */
export interface Scene {
  readonly rows: number;
  readonly columns: number;
  readonly bands: number;
  /** [rows, columns, bands], as stored. */
  readonly cube: Tensor;
  /** Class index of each pixel, row-major, -1 for background. */
  readonly labels: Int16Array;
  /** The label that the map holds for each class, ascending: `[1, 10, 11, …]`. */
  readonly classes: readonly number[];
}

/**
 * One array of a `.mat`, `.npy` or `.npy.gz` file, told apart by content.
 *
 * @param options `variable` names one of a `.mat` file; without it the only array of `rank` axes is taken
 * @throws E_MAT, E_MAT_VARIABLE, E_NUMPY, E_GZIP, E_HSI
 */
export function readArray(
  file: Uint8Array,
  options: { readonly path?: string; readonly variable?: string | undefined; readonly rank: number },
): Tensor {
  const { path = "", variable, rank } = options;
  const bytes = isGzip(file) ? gunzip(file, path) : file;
  if (bytes[0] === 0x93 && bytes[1] === 0x4e) return ranked(readNumpy(bytes, path), rank, path);
  const variables = readMat(bytes, { path });
  const arrays = [...variables].filter(([, value]) => value.kind === "numbers");
  const fitting = arrays.filter(([name, { value }]) =>
    variable === undefined ? (value as Tensor).shape.length === rank : name === variable,
  );
  const [only] = fitting;
  if (only === undefined || (variable === undefined && fitting.length > 1))
    throw eventsError("E_MAT_VARIABLE", path, {
      name: variable ?? `(one array of ${rank} axes)`,
      found: [...variables.keys()],
    });
  return ranked(only[1].value as Tensor, rank, path);
}

function readNumpy(bytes: Uint8Array, path: string): Tensor {
  try {
    return readNpy(bytes) as Tensor<DType>;
  } catch (error) {
    if (!(error instanceof NpyError)) throw error;
    throw eventsError("E_NUMPY", path, { why: `${error.message} (${error.code})`, hint: error.hint });
  }
}

function ranked(array: Tensor, rank: number, path: string): Tensor {
  if (array.shape.length === rank) return array;
  throw eventsError("E_HSI", path, { why: `The array has ${array.shape.length} axes, ${rank} are needed` });
}

/**
 * Puts a cube and its map together. Label 0 is background; the others become 0, 1, … in ascending order.
 *
 * @throws E_HSI for sizes that differ, a cube that is not finite, and labels that are negative or above 255
 */
export function makeScene(cube: Tensor, map: Tensor): Scene {
  const [rows = 0, columns = 0, bands = 0] = cube.shape;
  if (cube.shape.length !== 3 || map.shape.length !== 2 || map.shape[0] !== rows || map.shape[1] !== columns)
    throw eventsError("E_HSI", "", {
      why: `The cube is [${cube.shape}], the map is [${map.shape}]`,
      hint: "The map has the rows and columns of the cube",
    });
  const bad = toFloat64(cube).findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw eventsError("E_HSI", `cube[${bad}]`, { why: "The value is not finite" });
  return { rows, columns, bands, cube, ...labelClasses(map) };
}

/**
 * Class index of each pixel of a map, and which label each class is.
 *
 * @throws E_HSI for labels that are no integers of 0 … 255
 */
export function labelClasses(map: Tensor): Pick<Scene, "labels" | "classes"> {
  const values = toFloat64(map);
  const wrong = values.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label <= 255));
  if (wrong >= 0)
    throw eventsError("E_HSI", `map[${wrong}]`, {
      why: `The label is ${values[wrong]}`,
      hint: "Labels are 0 to 255",
    });
  const classes = [...new Set(values)].filter((label) => label !== 0).sort((a, b) => a - b);
  return { labels: Int16Array.from(values, (label) => classes.indexOf(label)), classes };
}

/** Mean and deviation of each band over some pixels; deviations are at least 1e-6. */
export function bandStatistics(
  scene: Scene,
  pixels: Uint32Array,
): { readonly mean: Float64Array; readonly deviation: Float64Array } {
  const { bands } = scene;
  const cube = scene.cube.data as ArrayLike<number>;
  const mean = new Float64Array(bands);
  const deviation = new Float64Array(bands);
  const over = (add: (band: number, value: number) => void): void => {
    for (const pixel of pixels) for (let b = 0; b < bands; b++) add(b, Number(cube[pixel * bands + b]));
  };
  over((b, value) => {
    mean[b] = (mean[b] as number) + value / pixels.length;
  });
  over((b, value) => {
    deviation[b] = (deviation[b] as number) + (value - (mean[b] as number)) ** 2 / pixels.length;
  });
  return { mean, deviation: deviation.map((square) => Math.max(1e-6, Math.sqrt(square))) };
}

/**
 * The normalised neighbourhood of a pixel, float32 [1, bands, patch, patch]; zero beyond the border.
 *
 * @param patch odd
 * @throws E_HSI for an even patch, or one larger than the scene
 */
export function scenePatch(
  scene: Scene,
  pixel: number,
  patch: number,
  { mean, deviation }: ReturnType<typeof bandStatistics>,
): Tensor<"float32"> {
  const { rows, columns, bands } = scene;
  if (!Number.isInteger(patch) || patch < 1 || patch % 2 === 0 || patch > Math.min(rows, columns))
    throw eventsError("E_HSI", "patch", {
      why: `A patch of ${patch} pixels on ${rows} x ${columns}`,
      hint: "It is odd and inside the scene",
    });
  const cube = scene.cube.data as ArrayLike<number>;
  const half = (patch - 1) / 2;
  const [row, column] = [Math.floor(pixel / columns), pixel % columns];
  const data = new Float32Array(bands * patch * patch);
  for (let dy = 0; dy < patch; dy++)
    for (let dx = 0; dx < patch; dx++) {
      const [y, x] = [row + dy - half, column + dx - half];
      if (y < 0 || y >= rows || x < 0 || x >= columns) continue;
      const from = (y * columns + x) * bands;
      for (let b = 0; b < bands; b++)
        data[(b * patch + dy) * patch + dx] =
          (Number(cube[from + b]) - (mean[b] as number)) / (deviation[b] as number);
    }
  return { dtype: "float32", shape: [1, bands, patch, patch], data };
}
