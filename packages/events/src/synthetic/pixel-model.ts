/**
 * Pixels of an event camera: low-pass, thresholds, refractory time, leak and shot noise (events.md 15.1, 15.3; model
 * after Hu, Liu, Delbruck, arXiv 2006.07722).
 *
 * Only + - * / on doubles and integer operations, so that the same input gives the same events in every engine.
 */
import type { EventColumns } from "../event-columns.ts";
import { extendHash, mix, sceneHash } from "./scene-hash.ts";
import { logTable } from "./scene-tables.ts";

/** One natural logarithm is this many units. */
const unit = 65536;
/** Crossings of one pixel and step that are looked at. */
const maxRounds = 8;

/** Constants of the pixels; thresholds in natural logarithm of luminance. */
export interface PixelOptions {
  readonly thetaOn?: number;
  readonly thetaOff?: number;
  /** Spread of the thresholds between pixels. */
  readonly sigma?: number;
  /** Cut-off of the photoreceptor in Hz. */
  readonly cutoffHz?: number;
  readonly refractoryUs?: number;
  /** Thresholds per second that the reference falls by. */
  readonly leak?: number;
  /** Noise events per pixel and second, before the factor of the light. */
  readonly shotRate?: number;
}

/** What a sensor of pixels is made of. */
export interface PixelSetup {
  readonly width: number;
  readonly height: number;
  /** Seeds the thresholds, which belong to the sensor. */
  readonly sensorSeed: number;
  /** Seeds the shot noise, which belongs to the trial. */
  readonly noiseKeys: readonly number[];
  readonly noiseFactor: number;
  readonly stepUs: number;
  readonly startUs: number;
}

const tags = { on: 501, off: 502, leak: 503, noise: 99 } as const;

/** A sensor that turns frames into events, step by step. */
export class PixelArray {
  readonly #setup: PixelSetup;
  readonly #thetaOn: Float64Array;
  readonly #thetaOff: Float64Array;
  readonly #leak: Float64Array;
  readonly #low: Float64Array;
  readonly #before: Float64Array;
  readonly #reference: Float64Array;
  readonly #last: Float64Array;
  readonly #smoothing: number;
  readonly #refractoryUs: number;
  readonly #noiseHash: number;
  readonly #noiseBelow: number;
  #step = 0;
  /** Events of the current step: time, pixel, polarity. */
  readonly #found: StepEvents = new StepEvents();

  constructor(setup: PixelSetup, options: PixelOptions = {}) {
    const { thetaOn = 0.15, thetaOff = 0.135, sigma = 0.1, cutoffHz = 200 } = options;
    const { refractoryUs = 500, leak = 0.1, shotRate = 0.1 } = options;
    const pixels = setup.width * setup.height;
    const { sensorSeed, stepUs, noiseFactor } = setup;
    const spread = (tag: number): Float64Array => normals(sensorSeed, tag, pixels);
    this.#setup = setup;
    this.#thetaOn = spread(tags.on).map((g) => threshold(thetaOn, 1 + sigma * g));
    this.#thetaOff = spread(tags.off).map((g) => threshold(thetaOff, 1 + sigma * g));
    this.#leak = spread(tags.leak).map((g, i) => {
      const rate = leak * stepUs * 1e-6 * (1 + 0.2 * g);
      return rate < 0 ? 0 : rate * (this.#thetaOn[i] as number);
    });
    this.#low = new Float64Array(pixels);
    this.#before = new Float64Array(pixels);
    this.#reference = new Float64Array(pixels);
    this.#last = new Float64Array(pixels).fill(Number.NEGATIVE_INFINITY);
    const x = 2 * Math.PI * cutoffHz * stepUs * 1e-6;
    this.#smoothing = x / (1 + x);
    this.#refractoryUs = refractoryUs;
    this.#noiseHash = sceneHash(sceneHash(...setup.noiseKeys, tags.noise));
    this.#noiseBelow = Math.floor(shotRate * noiseFactor * stepUs * 1e-6 * 4294967296);
  }

  /** Takes the frame of the next step (luminance 0 … 4095) and appends its events, sorted by (t, pixel, p). */
  step(frame: Uint16Array, events: EventColumns): void {
    if (this.#step === 0) this.#settle(frame);
    else {
      this.#lowPass(frame);
      const begin = this.#setup.startUs + (this.#step - 1) * this.#setup.stepUs;
      this.#found.clear();
      this.#crossings(begin, 1);
      this.#crossings(begin, 0);
      this.#shotNoise(begin);
      this.#found.appendTo(events, this.#setup.width);
    }
    this.#step++;
  }

  #settle(frame: Uint16Array): void {
    for (let i = 0; i < frame.length; i++) this.#low[i] = logTable[frame[i] as number] as number;
    this.#reference.set(this.#low);
  }

  #lowPass(frame: Uint16Array): void {
    this.#before.set(this.#low);
    const smoothing = this.#smoothing;
    const [lows, references, leaks] = [this.#low, this.#reference, this.#leak];
    for (let i = 0; i < frame.length; i++) {
      const low = lows[i] as number;
      lows[i] = low + ((logTable[frame[i] as number] as number) - low) * smoothing;
      references[i] = (references[i] as number) - (leaks[i] as number);
    }
  }

  /** All crossings of one polarity: a pixel that crosses n thresholds gives n events. */
  #crossings(begin: number, polarity: 0 | 1): void {
    const theta = polarity === 1 ? this.#thetaOn : this.#thetaOff;
    const sign = polarity === 1 ? 1 : -1;
    const { stepUs } = this.#setup;
    const [lows, references] = [this.#low, this.#reference];
    for (let i = 0; i < lows.length; i++) {
      const low = lows[i] as number;
      const width = theta[i] as number;
      // Most pixels of most steps end here.
      if (sign * (low - (references[i] as number)) < width) continue;
      for (let turn = 0; turn < maxRounds; turn++) {
        const reference = this.#reference[i] as number;
        if (sign * (low - reference) < width) break;
        const before = this.#before[i] as number;
        const rise = sign * (low - before);
        const part = rise <= 1e-9 ? 0 : (sign * (reference - before) + width) / rise;
        const place = Math.max(0, Math.min(1, part));
        const t = begin + Math.min(Math.floor(place * stepUs), stepUs - 1);
        if (t - (this.#last[i] as number) < this.#refractoryUs) break;
        this.#last[i] = t;
        this.#reference[i] = reference + sign * width;
        this.#found.push(t, i, polarity);
      }
    }
  }

  /** Noise does not move the reference: if it did, the opposite event would follow at once. */
  #shotNoise(begin: number): void {
    const step = extendHash(this.#noiseHash, this.#step);
    const below = this.#noiseBelow;
    for (let i = 0; i < this.#last.length; i++) {
      const h = extendHash(step, i);
      if (h >= below) continue;
      const h2 = mix(h ^ 0x5bd1e995);
      const t = begin + ((h2 >>> 8) % this.#setup.stepUs);
      if (t - (this.#last[i] as number) < this.#refractoryUs) continue;
      this.#last[i] = t;
      this.#found.push(t, i, h2 & 1);
    }
  }
}

/** Per pixel the sum of twelve uniform numbers less six: normal enough, and exact in every engine. */
function normals(seed: number, tag: number, pixels: number): Float64Array {
  const sums = new Float64Array(pixels);
  for (let j = 0; j < 12; j++) {
    const hash = sceneHash(seed, tag, j);
    for (let i = 0; i < pixels; i++) sums[i] = (sums[i] as number) + extendHash(hash, i) / 4294967296;
  }
  return sums.map((sum) => sum - 6);
}

function threshold(theta: number, spread: number): number {
  return Math.max(0.05 * unit, theta * unit * spread);
}

/** Events of one step, sorted before they are handed on. */
class StepEvents {
  readonly #t: number[] = [];
  readonly #pixel: number[] = [];
  readonly #polarity: number[] = [];

  clear(): void {
    this.#t.length = 0;
    this.#pixel.length = 0;
    this.#polarity.length = 0;
  }

  push(t: number, pixel: number, polarity: number): void {
    this.#t.push(t);
    this.#pixel.push(pixel);
    this.#polarity.push(polarity);
  }

  appendTo(events: EventColumns, width: number): void {
    const { length } = this.#t;
    const order = Uint32Array.from({ length }, (_, k) => k);
    const at = (column: readonly number[], k: number): number => column[k] as number;
    order.sort(
      (a, b) =>
        at(this.#t, a) - at(this.#t, b) ||
        at(this.#pixel, a) - at(this.#pixel, b) ||
        at(this.#polarity, a) - at(this.#polarity, b),
    );
    events.reserve(length);
    for (const k of order) {
      const pixel = at(this.#pixel, k);
      const n = events.length++;
      events.t[n] = at(this.#t, k);
      events.x[n] = pixel % width;
      events.y[n] = Math.floor(pixel / width);
      events.p[n] = at(this.#polarity, k);
    }
  }
}
