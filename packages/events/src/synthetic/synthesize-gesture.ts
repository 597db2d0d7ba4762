/** Synthetic recordings of the eleven gestures of DVS128 Gesture: a scene seen by a model of the camera. */
import { eventsError } from "../diagnostics.ts";
import { EventColumns } from "../event-columns.ts";
import type { EventStream } from "../event-stream.ts";
import { gestureNames } from "./gesture-motion.ts";
import { GestureScene, sceneLights, sceneSide } from "./gesture-scene.ts";
import { PixelArray, type PixelOptions } from "./pixel-model.ts";

/** Which gesture of whom, and how long. */
export interface GestureOptions {
  /** Seed of the data set. */
  readonly seed: number;
  /** 1 … 29; users 1 to 23 are for training, 24 to 29 for test. */
  readonly user: number;
  /** Name of the illumination, `fluorescent` when absent. */
  readonly light?: string;
  /** 0 … 10, see {@link gestureNames}. */
  readonly label: number;
  readonly repetition?: number;
  /** Steps of the scene, of 1 ms (2 ms in the preset `quick`); 1000 when absent. */
  readonly steps?: number;
  /**
   * `reference`, the default: 128 x 128 pixels, steps of 1 ms. `quick`: 64 x 64, steps of 2 ms, a picture of half the
   * size, for live demonstrations; its events are others.
   */
  readonly preset?: "reference" | "quick";
  /** Microseconds at which the first frame stands; 0 when absent. */
  readonly startUs?: number;
  readonly pixels?: PixelOptions;
}

const presets = { reference: { side: sceneSide, stepUs: 1000 }, quick: { side: 64, stepUs: 2000 } } as const;
const maxSteps = 600_000;

/**
 * Events of one synthetic gesture, sorted by (t, y, x, p). The same options give the same events
 * in every engine: the scene uses the four operations, the square root, and tables.
 *
 * @throws E_SYNTHETIC for a user, light or label that does not exist
 * @example synthesizeGesture({ seed: 2024, user: 1, label: 0, steps: 200 }).t.length // 4863
 * @see events.md section 15
 */
export function synthesizeGesture(options: GestureOptions): EventStream {
  const { seed, user, label, repetition = 0, steps = 1000, startUs = 0, light = "fluorescent" } = options;
  const { side, stepUs } = presets[options.preset ?? "reference"];
  const lightIndex = sceneLights.indexOf(light);
  assertInteger("seed", seed, 0, 0xffffffff);
  assertInteger("user", user, 1, 29);
  assertInteger("label", label, 0, gestureNames.length - 1);
  assertInteger("repetition", repetition, 0, 0xffffffff);
  assertInteger("steps", steps, 1, maxSteps);
  assertInteger("startUs", startUs, 0, Number.MAX_SAFE_INTEGER / 2);
  if (lightIndex < 0)
    throw eventsError("E_SYNTHETIC", "light", {
      why: `There is no light "${light}"`,
      hint: `The lights are ${sceneLights.join(", ")}`,
    });
  const scene = new GestureScene({ seed, user, light: lightIndex, label, repetition }, side);
  const setup = {
    width: side,
    height: side,
    sensorSeed: seed,
    noiseKeys: scene.keys,
    noiseFactor: scene.noise,
    stepUs,
    startUs,
  };
  const camera = new PixelArray(setup, options.pixels);
  const events = new EventColumns(2 ** 27);
  const frame = new Uint16Array(side * side);
  const luminance = new Float64Array(side * side);
  for (let n = 0; n <= steps; n++) {
    scene.draw(n * stepUs * 1e-6, frame, luminance);
    camera.step(frame, events);
  }
  return events.take(side, side);
}

function assertInteger(name: string, value: number, from: number, to: number): void {
  if (!Number.isInteger(value) || value < from || value > to)
    throw eventsError("E_SYNTHETIC", name, {
      why: `${name} is ${value}`,
      hint: `${name} is an integer of ${from} to ${to}`,
    });
}
