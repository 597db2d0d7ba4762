/** The picture of a person who gestures, as luminance 0 … 4095 (events.md 15.3). */
import { gestureMotion, type Hands, handsAt, type Motion } from "./gesture-motion.ts";
import { sceneHash, sceneRange, sceneUniform } from "./scene-hash.ts";
import { sineOf } from "./scene-tables.ts";

/** Side of the sensor in the coordinates of the scene. */
export const sceneSide = 128;
/** Pixels between two nodes of the background. */
const lattice = 16;
const armLink = 19.5;
const armReach = 2 * armLink * 0.999;

/** One person; lengths in pixels, colours in luminance. */
export interface SceneUser {
  readonly scale: number;
  readonly ox: number;
  readonly oy: number;
  readonly sleeve: number;
  readonly skin: number;
  readonly torso: number;
  readonly tempo: number;
  readonly amp: number;
  readonly bg: number;
}

/** The person `user` of data set `seed`. @example sceneUser(2024, 1).scale // 1.010724107 */
export function sceneUser(seed: number, user: number): SceneUser {
  const keys = [seed, 1000 + user];
  const q = sceneUniform(...keys, 1);
  return {
    scale: sceneRange(0.88, 1.12, ...keys, 2),
    ox: sceneRange(-5, 5, ...keys, 3),
    oy: sceneRange(-4, 4, ...keys, 4),
    sleeve: q < 0.5 ? 450 + 500 * q : 2300 + 900 * q,
    skin: sceneRange(2500, 3300, ...keys, 5),
    torso: sceneRange(600, 2600, ...keys, 6),
    tempo: sceneRange(0.85, 1.15, ...keys, 7),
    amp: sceneRange(0.85, 1.15, ...keys, 8),
    bg: sceneHash(...keys, 9),
  };
}

/** The five illuminations of the data set, by index. */
export const sceneLights: readonly string[] = ["fluorescent", "fluorescent_led", "lab", "led", "natural"];
/** Gain, flicker and noise factor of each. */
const lightConstants: readonly (readonly [gain: number, flicker: number, noise: number])[] = [
  [1, 0.01, 1],
  [1.15, 0.006, 1],
  [0.7, 0.004, 1.5],
  [0.85, 0, 1.2],
  [1.25, 0, 0.7],
];

/** Which trial of which data set. */
export interface SceneTrial {
  readonly seed: number;
  readonly user: number;
  /** Index into {@link sceneLights}. */
  readonly light: number;
  readonly label: number;
  readonly repetition: number;
}

/** Draws the frames of one trial. */
export class GestureScene {
  /** (seed, user, light, class, repetition): everything random of the trial hangs on it. */
  readonly keys: readonly number[];
  /** Factor of the shot noise. */
  readonly noise: number;
  readonly #user: SceneUser;
  readonly #gain: number;
  readonly #flicker: number;
  readonly #motion: Motion;
  /** Background, torso and head: they do not move. */
  readonly #still: Float64Array;
  readonly #offsetX: number;
  readonly #offsetY: number;
  readonly #side: number;
  /** Pixels per unit of the scene: 1, or 1/2 on a sensor of half the side. */
  readonly #factor: number;

  constructor({ seed, user, light, label, repetition }: SceneTrial, side: number = sceneSide) {
    this.#side = side;
    this.#factor = side / sceneSide;
    this.keys = [seed, user, light, label, repetition];
    const [gain, flicker, noise] = lightConstants[light] as readonly [number, number, number];
    this.#user = sceneUser(seed, user);
    this.#gain = gain;
    this.#flicker = flicker;
    this.noise = noise;
    this.#motion = gestureMotion(this.keys, label, this.#user.tempo, this.#user.amp);
    this.#offsetX = this.#user.ox + sceneRange(-2, 2, ...this.keys, 4);
    this.#offsetY = this.#user.oy + sceneRange(-2, 2, ...this.keys, 5);
    this.#still = background(this.#user.bg, side);
    this.#paintCapsule(this.#still, [64, 62, 64, 110], 15, this.#user.torso);
    this.#paintCapsule(this.#still, [64, 34, 64, 38], 9, this.#user.skin);
  }

  /** Luminance as it falls on the sensor, clamped integers 0 … 4095, into `frame`. */
  draw(seconds: number, frame: Uint16Array, light: Float64Array): void {
    light.set(this.#still);
    const hands: Hands = handsAt(this.#motion, seconds);
    this.#paintArm(light, 50, 56, hands.rightX, hands.rightY, 1);
    this.#paintArm(light, 78, 56, hands.leftX, hands.leftY, -1);
    const factor = 1 + this.#flicker * sineOf(100 * seconds);
    for (let i = 0; i < frame.length; i++) {
      const value = Math.floor((light[i] as number) * this.#gain * factor + 0.5);
      frame[i] = Math.max(0, Math.min(4095, value));
    }
  }

  #x(x: number): number {
    return this.#side / 2 + (x - 64) * this.#user.scale * this.#factor + this.#offsetX * this.#factor;
  }
  #y(y: number): number {
    return this.#side / 2 + (y - 64) * this.#user.scale * this.#factor + this.#offsetY * this.#factor;
  }

  #paintCapsule(
    light: Float64Array,
    [ax, ay, bx, by]: readonly [number, number, number, number],
    radius: number,
    colour: number,
  ): void {
    const segment = segmentOf(this.#x(ax), this.#y(ay), this.#x(bx), this.#y(by));
    this.#paint(light, radius, colour, segment);
  }

  /** Two links of equal length; the elbow lies to the side, the hand is pulled in where it is out of reach. */
  #paintArm(light: Float64Array, sx: number, sy: number, hx: number, hy: number, side: 1 | -1): void {
    let [dx, dy] = [hx - sx, hy - sy];
    let d = Math.sqrt(dx * dx + dy * dy);
    let [handX, handY] = [hx, hy];
    if (d > armReach) {
      const factor = armReach / d;
      handX = sx + dx * factor;
      handY = sy + dy * factor;
      [dx, dy] = [handX - sx, handY - sy];
      d = Math.sqrt(dx * dx + dy * dy);
    }
    const bend = Math.sqrt(Math.max(0, armLink * armLink - (d * d) / 4));
    const elbowX = sx + dx / 2 + side * (-dy / d) * bend;
    const elbowY = sy + dy / 2 + side * (dx / d) * bend;
    const [X, Y] = [this.#x(handX), this.#y(handY)];
    const upper = segmentOf(this.#x(sx), this.#y(sy), this.#x(elbowX), this.#y(elbowY));
    const lower = segmentOf(this.#x(elbowX), this.#y(elbowY), X, Y);
    const { sleeve, skin } = this.#user;
    this.#paint(light, 4.2, sleeve, upper, lower);
    this.#paint(light, 5.2, skin, segmentOf(X, Y, X, Y));
  }

  #paint(light: Float64Array, radius: number, colour: number, ...segments: readonly Segment[]): void {
    paint(light, this.#side, { radius: radius * this.#user.scale * this.#factor, colour }, segments);
  }
}

/** Bilinear noise on a lattice of 16 units. */
function background(hash: number, side: number): Float64Array {
  const nodes = Float64Array.from({ length: 100 }, (_, k) =>
    sceneUniform(hash, 77, Math.floor(k / 10), k % 10),
  );
  const pitch = (lattice * side) / sceneSide;
  const light = new Float64Array(side * side);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const [i, j] = [Math.floor(y / pitch), Math.floor(x / pitch)];
      const [fy, fx] = [y / pitch - i, x / pitch - j];
      const node = (row: number, column: number): number => nodes[row * 10 + column] as number;
      const top = node(i, j) * (1 - fx) + node(i, j + 1) * fx;
      const bottom = node(i + 1, j) * (1 - fx) + node(i + 1, j + 1) * fx;
      light[y * side + x] = 1500 + 600 * (top * (1 - fy) + bottom * fy - 0.5);
    }
  return light;
}

interface Segment {
  readonly ax: number;
  readonly ay: number;
  readonly dx: number;
  readonly dy: number;
  /** Squared length, at least 1e-9. */
  readonly square: number;
}

function segmentOf(ax: number, ay: number, bx: number, by: number): Segment {
  const [dx, dy] = [bx - ax, by - ay];
  return { ax, ay, dx, dy, square: Math.max(1e-9, dx * dx + dy * dy) };
}

function distance({ ax, ay, dx, dy, square }: Segment, x: number, y: number): number {
  const along = ((x - ax) * dx + (y - ay) * dy) / square;
  const part = Math.max(0, Math.min(1, along));
  const [ex, ey] = [x - (ax + part * dx), y - (ay + part * dy)];
  return Math.sqrt(ex * ex + ey * ey);
}

interface Brush {
  readonly radius: number;
  readonly colour: number;
}

/** Paints all pixels within reach of the nearest segment; the work stays inside the bounding box. */
function paint(
  light: Float64Array,
  side: number,
  { radius, colour }: Brush,
  segments: readonly Segment[],
): void {
  const reach = radius + 1;
  const box = boundsOf(segments, reach, side);
  for (let y = box.top; y <= box.bottom; y++)
    for (let x = box.left; x <= box.right; x++) {
      let d = Number.POSITIVE_INFINITY;
      for (const segment of segments) {
        const here = distance(segment, x, y);
        if (here < d) d = here;
      }
      const coverage = radius + 0.5 - d;
      if (coverage <= 0) continue;
      const at = y * side + x;
      const before = light[at] as number;
      light[at] = before + (colour - before) * Math.min(1, coverage);
    }
}

function boundsOf(
  segments: readonly Segment[],
  reach: number,
  side: number,
): { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number } {
  const xs = segments.flatMap((s) => [s.ax, s.ax + s.dx]);
  const ys = segments.flatMap((s) => [s.ay, s.ay + s.dy]);
  return {
    left: Math.max(0, Math.floor(Math.min(...xs) - reach)),
    right: Math.min(side - 1, Math.ceil(Math.max(...xs) + reach)),
    top: Math.max(0, Math.floor(Math.min(...ys) - reach)),
    bottom: Math.min(side - 1, Math.ceil(Math.max(...ys) + reach)),
  };
}
