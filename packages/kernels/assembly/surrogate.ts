// Surrogate derivatives of four neurons, in the order of src/train/plain/surrogate.ts.

/** 1/(1 + k·|d|)², of the size |d|. */
@inline
export function fastSigmoid(k: v128, size: v128): v128 {
  const sum = f32x4.add(f32x4.splat(1), f32x4.mul(k, size));
  return f32x4.div(f32x4.splat(1), f32x4.mul(sum, sum));
}

/** a/(1 + (b·d)²). */
@inline
export function atan(a: v128, b: v128, d: v128): v128 {
  const x = f32x4.mul(b, d);
  return f32x4.div(a, f32x4.add(f32x4.splat(1), f32x4.mul(x, x)));
}

/** exp(−z) of z >= 0: −z = n·ln 2 + r, a polynomial in r, times 2^n. */
function expNegative(z: v128): v128 {
  const y = f32x4.neg(f32x4.min(z, f32x4.splat(87)));
  const n = f32x4.floor(f32x4.add(f32x4.mul(y, f32x4.splat(1.4426950408889634)), f32x4.splat(0.5)));
  const high = f32x4.sub(y, f32x4.mul(n, f32x4.splat(0.693359375)));
  const r = f32x4.add(high, f32x4.mul(n, f32x4.splat(2.1219444e-4)));
  let p = f32x4.splat(1.0 / 720.0);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 120.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 24.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 6.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.5));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1));
  return f32x4.mul(p, i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23));
}

/** Linear interpolation in the table over d/θ from −reach to levels + reach. */
function interpolate(surrogate: usize, ratio: v128): v128 {
  const table = <usize>load<u32>(surrogate, 20);
  const last = load<i32>(surrogate, 24) - 1;
  const reach = load<f32>(surrogate, 28);
  const span = <f32>(<f64>last / (<f64>load<i32>(surrogate, 12) + 2 * <f64>reach));
  const scaled = f32x4.mul(f32x4.add(ratio, f32x4.splat(reach)), f32x4.splat(span));
  const place = f32x4.min(f32x4.splat(<f32>last), f32x4.max(f32x4.splat(0), scaled));
  const entry = i32x4.min_s(i32x4.splat(last - 1), i32x4.trunc_sat_f32x4_s(place));
  const at = i32x4.shl(entry, 2);
  const p0 = table + <usize>i32x4.extract_lane(at, 0), p1 = table + <usize>i32x4.extract_lane(at, 1);
  const p2 = table + <usize>i32x4.extract_lane(at, 2), p3 = table + <usize>i32x4.extract_lane(at, 3);
  let low = v128.load_zero<u32>(p0), high = v128.load_zero<u32>(p0, 4);
  low = v128.load_lane<u32>(p1, low, 1);
  high = v128.load_lane<u32>(p1, high, 1, 4);
  low = v128.load_lane<u32>(p2, low, 2);
  high = v128.load_lane<u32>(p2, high, 2, 4);
  low = v128.load_lane<u32>(p3, low, 3);
  high = v128.load_lane<u32>(p3, high, 3, 4);
  return f32x4.add(low, f32x4.mul(f32x4.sub(high, low), f32x4.sub(place, f32x4.convert_i32x4_s(entry))));
}

/** height·exp(−rate·x²). */
@inline
function bump(height: v128, rate: v128, x: v128): v128 {
  return f32x4.mul(height, expNegative(f32x4.mul(f32x4.mul(x, x), rate)));
}

function derivative(surrogate: usize, kind: i32, d: v128, theta: v128, normalize: i32): v128 {
  const a = v128.load_splat<u32>(surrogate, 4), b = v128.load_splat<u32>(surrogate, 8);
  const size = f32x4.abs(d), one = f32x4.splat(1), unit = normalize ? one : theta;
  if (kind === 0) return fastSigmoid(a, size);
  if (kind === 1) return atan(a, b, d);
  if (kind === 2) {
    const e = expNegative(f32x4.mul(a, size));
    const sum = f32x4.add(one, e);
    return f32x4.div(f32x4.mul(a, e), f32x4.mul(sum, sum));
  }
  if (kind === 3) return f32x4.mul(a, f32x4.max(f32x4.splat(0), f32x4.sub(one, f32x4.mul(size, b))));
  if (kind === 4) {
    const width = f32x4.mul(unit, a);
    return f32x4.mul(f32x4.div(b, width), expNegative(f32x4.div(size, width)));
  }
  if (kind === 5) return v128.and(a, f32x4.le(size, b));
  if (kind === 7) return v128.and(fastSigmoid(a, size), f32x4.lt(size, b));
  if (kind === 9) return bump(a, b, d);
  if (kind === 10) {
    const c = v128.load_splat<u32>(surrogate, 28), e = v128.load_splat<u32>(surrogate, 32);
    const away = v128.load_splat<u32>(surrogate, 36);
    const sides = f32x4.add(bump(c, e, f32x4.sub(d, away)), bump(c, e, f32x4.add(d, away)));
    return f32x4.sub(bump(a, b, d), sides);
  }
  if (kind === 11) {
    const place = f32x4.add(f32x4.div(d, unit), f32x4.splat(0.5));
    const part = f32x4.sub(f32x4.sub(place, f32x4.floor(place)), f32x4.splat(0.5));
    const p = v128.bitselect(size, f32x4.abs(f32x4.mul(unit, part)), f32x4.lt(d, f32x4.splat(0)));
    return f32x4.div(expNegative(f32x4.mul(p, a)), unit);
  }
  if (kind === 8) return interpolate(surrogate, normalize ? d : f32x4.div(d, theta));
  return one;
}

/** Σ over levels of h(u − level·θ). */
export function surrogateOf(surrogate: usize, u: v128, theta: v128): v128 {
  const kind = load<i32>(surrogate), levels = load<i32>(surrogate, 12), normalize = load<i32>(surrogate, 16);
  if (kind === 0 && levels === 1 && !normalize)
    return fastSigmoid(v128.load_splat<u32>(surrogate, 4), f32x4.abs(f32x4.sub(u, theta)));
  let sum = f32x4.splat(0);
  for (let level = 1; level <= levels; level++) {
    let d = f32x4.sub(u, f32x4.mul(f32x4.splat(<f32>level), theta));
    if (normalize) d = f32x4.div(d, theta);
    const h = derivative(surrogate, kind, d, theta, normalize);
    sum = f32x4.add(sum, normalize ? f32x4.div(h, theta) : h);
  }
  return sum;
}
