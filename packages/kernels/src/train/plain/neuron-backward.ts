/** Backward pass of float neurons, one neuron after the other. */
import { floatFlagsWord, resetCode } from "../../float-neuron.ts";
import type { Heap, HeapViews } from "../../heap.ts";
import { type NeuronConstants, type NeuronFlags, readFlags, readNeuron } from "../../plain/float-neuron.ts";
import type { TrainKernels } from "../train-kernels.ts";
import { type Derivative, isNormalized, readSurrogate } from "./surrogate.ts";

const { fround } = Math;

/** What is known of one neuron at one step of the forward pass. */
interface Moment {
  readonly x: number;
  readonly u: number;
  /** v after the reset of the step before. */
  readonly vBefore: number;
  readonly i: number;
  readonly iBefore: number;
  readonly dSpike: number;
  readonly dMembrane: number;
}

/** How the gradient passes the spike. */
interface Manner {
  readonly derivative: Derivative;
  /** The threshold scales h too. */
  readonly normalized: boolean;
  /** Not through the reset. */
  readonly detach: boolean;
}

/** Sums of one neuron over the steps, in the order of the slots; and what is carried back in time. */
interface Carried {
  readonly sums: Float32Array;
  lambda: number;
  mu: number;
}

/** The backward kernels on `heap`. */
export function plainNeuronBackward(
  heap: Heap,
): Pick<TrainKernels, "neuronBackward" | "surrogateDerivative"> {
  return {
    neuronBackward: (
      neuron,
      surrogate,
      gradients,
      detach,
      steps,
      batch,
      n,
      x,
      u,
      i,
      v0,
      i0,
      dSpikes,
      dMembrane,
      dx,
      lambda,
      mu,
    ) => {
      const views = heap.views();
      const { f32 } = views;
      const flags = readFlags(views.i32[(neuron >>> 2) + floatFlagsWord] as number);
      const derivative = readSurrogate(views, surrogate);
      const normalized = isNormalized(views, surrogate);
      const at = (ptr: number, place: number): number => (ptr ? (f32[(ptr >>> 2) + place] as number) : 0);
      for (let b = 0; b < batch; b++)
        for (let k = 0; k < n; k++) {
          const p = readNeuron(views, neuron, k);
          const first = b * n + k;
          const carried: Carried = {
            sums: new Float32Array(8),
            lambda: at(lambda, first),
            mu: at(mu, first),
          };
          for (let t = steps - 1; t >= 0; t--) {
            const here = t * batch * n + first;
            const before = here - batch * n;
            const moment = {
              x: at(x, here),
              u: at(u, here),
              vBefore: t === 0 ? at(v0, first) : afterReset(p, flags, at(u, before)),
              i: at(i, here),
              iBefore: t === 0 ? at(i0, first) : at(i, before),
              dSpike: at(dSpikes, here),
              dMembrane: at(dMembrane, here),
            };
            const how = { derivative, normalized, detach: detach !== 0 };
            f32[(dx >>> 2) + here] = stepBack(p, flags, how, moment, carried);
          }
          if (lambda) f32[(lambda >>> 2) + first] = carried.lambda;
          if (mu) f32[(mu >>> 2) + first] = carried.mu;
          addSums(views, neuron, gradients, k, carried.sums);
        }
    },
    surrogateDerivative: (surrogate, n, u, theta, out) => {
      const views = heap.views();
      const derivative = readSurrogate(views, surrogate);
      for (let k = 0; k < n; k++)
        views.f32[(out >>> 2) + k] = derivative(
          views.f32[(u >>> 2) + k] as number,
          views.f32[(theta >>> 2) + k] as number,
        );
    },
  };
}

function fires(p: NeuronConstants, flags: NeuronFlags, u: number): boolean {
  return flags.spiking && (flags.ge ? u >= p.threshold : u > p.threshold);
}

/** True where a subtract reset is applied in the step after. */
function subtractsLate(flags: NeuronFlags): boolean {
  return flags.resetDelay && flags.reset === resetCode.subtract;
}

function afterReset(p: NeuronConstants, flags: NeuronFlags, u: number): number {
  if (!fires(p, flags, u) || subtractsLate(flags)) return u;
  if (flags.reset === resetCode.value) return p.vReset;
  return flags.reset === resetCode.subtract ? fround(u - p.threshold) : u;
}

/** One step back; returns ∂L/∂x and moves λ, μ and the sums. */
function stepBack(
  p: NeuronConstants,
  flags: NeuronFlags,
  { derivative, normalized, detach }: Manner,
  m: Moment,
  carried: Carried,
): number {
  const { sums } = carried;
  const next = carried.lambda;
  const delta = fround(p.decay * next);
  const fired = fires(p, flags, m.u);
  const h = flags.spiking ? derivative(m.u, p.threshold) : 0;
  const kept = flags.reset === resetCode.subtract ? (flags.resetDelay ? next : delta) : 0;
  let q = m.dSpike;
  if (!detach && flags.reset === resetCode.subtract) q = fround(q - fround(p.threshold * kept));
  if (!detach && flags.reset === resetCode.value) q = fround(q + fround(fround(p.vReset - m.u) * delta));
  const through = flags.reset === resetCode.value && fired ? 0 : delta;
  const hq = fround(h * q);
  const lambda = fround(fround(m.dMembrane + through) + hq);
  add(sums, 0, lambda * fround(m.vBefore - p.target));
  add(sums, 2, lambda * fround(1 - p.decay));
  add(sums, 3, lambda);
  const slid = normalized ? fround(fround(hq * m.u) / p.threshold) : hq;
  add(sums, 4, -fround(slid + (fired ? kept : 0)));
  if (flags.reset === resetCode.value) add(sums, 5, fired ? delta : 0);
  carried.lambda = lambda;
  if (!flags.synapse) {
    add(sums, 1, lambda * m.x);
    return fround(p.gain * lambda);
  }
  add(sums, 1, lambda * (flags.old ? m.iBefore : m.i));
  const mu = fround(fround(p.gain * (flags.old ? next : lambda)) + fround(p.synDecay * carried.mu));
  add(sums, 6, mu * m.iBefore);
  add(sums, 7, mu * m.x);
  carried.mu = mu;
  return fround(p.synGain * mu);
}

function add(sums: Float32Array, slot: number, term: number): void {
  sums[slot] = (sums[slot] as number) + fround(term);
}

function addSums(
  { i32, f32 }: HeapViews,
  neuron: number,
  gradients: number,
  k: number,
  sums: Float32Array,
): void {
  for (let slot = 0; slot < 8; slot++) {
    const to = i32[(gradients >>> 2) + slot] as number;
    if (to === 0) continue;
    const step = i32[(neuron >>> 2) + 2 * slot + 1] as number;
    const at = (to >>> 2) + (step ? k : k & 15);
    f32[at] = (f32[at] as number) + (sums[slot] as number);
  }
}
