/** Surrogate derivatives, every operation rounded to float32 in the order of the vector kernels. */
import type { HeapViews } from "../../heap.ts";
import { surrogateKind } from "../surrogate.ts";

const { abs, fround } = Math;

/** h as a function of u and the threshold. */
export type Derivative = (u: number, theta: number) => number;

/** True where d is in units of the threshold, which then moves h too. */
export function isNormalized({ i32 }: HeapViews, ptr: number): boolean {
  return i32[(ptr >>> 2) + 4] === 1;
}

/** Reads the surrogate at `ptr`. */
export function readSurrogate({ i32, f32 }: HeapViews, ptr: number): Derivative {
  const at = ptr >>> 2;
  const kind = i32[at] as number;
  const [a, b] = [f32[at + 1] as number, f32[at + 2] as number];
  const levels = i32[at + 3] as number;
  const normalize = isNormalized({ i32, f32 } as HeapViews, ptr);
  const table = (i32[at + 5] as number) >>> 2;
  const reach = f32[at + 7] as number;
  const span = fround(((i32[at + 6] as number) - 1) / (levels + 2 * reach));
  const last = (i32[at + 6] as number) - 1;
  const base = (d: number, theta: number): number => {
    if (kind === surrogateKind.multiGaussian) {
      const [c, e, away] = [f32[at + 7] as number, f32[at + 8] as number, f32[at + 9] as number];
      const sides = fround(bump(c, e, fround(d - away)) + bump(c, e, fround(d + away)));
      return fround(bump(a, b, d) - sides);
    }
    if (kind !== surrogateKind.table) return derivative(kind, a, b, d, normalize ? 1 : theta);
    // The table runs over d/θ; with `normalize` d is that already.
    const ratio = normalize ? d : fround(d / theta);
    const place = Math.min(last, Math.max(0, fround(fround(ratio + reach) * span)));
    const entry = Math.min(last - 1, Math.trunc(place));
    const low = f32[table + entry] as number;
    return fround(low + fround(fround((f32[table + entry + 1] as number) - low) * fround(place - entry)));
  };
  return (u, theta) => {
    let sum = 0;
    for (let level = 1; level <= levels; level++) {
      const d = fround(u - fround(level * theta));
      const h = base(normalize ? fround(d / theta) : d, theta);
      sum = fround(sum + (normalize ? fround(h / theta) : h));
    }
    return sum;
  };
}

function derivative(kind: number, a: number, b: number, d: number, theta: number): number {
  const size = abs(d);
  switch (kind) {
    case surrogateKind.fastSigmoid:
      return fastSigmoid(a, size);
    case surrogateKind.atan: {
      const x = fround(b * d);
      return fround(a / fround(1 + fround(x * x)));
    }
    case surrogateKind.sigmoid: {
      const e = expNegative(fround(a * size));
      const sum = fround(1 + e);
      return fround(fround(a * e) / fround(sum * sum));
    }
    case surrogateKind.triangular:
      return fround(a * Math.max(0, fround(1 - fround(size * b))));
    case surrogateKind.exponential: {
      const width = fround(theta * a);
      return fround(fround(b / width) * expNegative(fround(size / width)));
    }
    case surrogateKind.gaussian:
      return bump(a, b, d);
    case surrogateKind.periodicExponential: {
      const place = fround(fround(d / theta) + 0.5);
      const part = fround(fround(place - Math.floor(place)) - 0.5);
      const p = d < 0 ? size : abs(fround(theta * part));
      return fround(expNegative(fround(p * a)) / theta);
    }
    case surrogateKind.boxcar:
      return size <= b ? a : 0;
    case surrogateKind.sparseFastSigmoid:
      return size < b ? fastSigmoid(a, size) : 0;
    default:
      return 1;
  }
}

/** height·exp(−rate·x²). */
function bump(height: number, rate: number, x: number): number {
  return fround(height * expNegative(fround(fround(x * x) * rate)));
}

function fastSigmoid(k: number, size: number): number {
  const sum = fround(1 + fround(k * size));
  return fround(1 / fround(sum * sum));
}

/**
 * exp(−z) of z >= 0 within 2e-7 of its size, as the vector kernels compute it: −z = n·ln 2 + r with ln 2 in two parts,
 * a polynomial of degree 6 in r, times 2^n. Beyond z = 87 it stays at exp(−87).
 */
function expNegative(z: number): number {
  const y = -Math.min(z, 87);
  const n = Math.floor(fround(fround(y * fround(Math.LOG2E)) + 0.5));
  const high = fround(y - fround(n * 0.693359375));
  const r = fround(high + fround(n * fround(2.1219444e-4)));
  let p = fround(1 / 720);
  for (const c of [fround(1 / 120), fround(1 / 24), fround(1 / 6), 0.5, 1, 1]) p = fround(fround(p * r) + c);
  return fround(p * 2 ** n);
}
