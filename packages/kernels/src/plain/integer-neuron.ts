/** Integer neurons over many steps, one neuron after the other. */
import { leakMul, saturate, wrap } from "@nirkit/integer";
import { resetCode } from "../float-neuron.ts";
import type { Heap, HeapViews } from "../heap.ts";
import type { NeuronKernels } from "../inference-kernels.ts";
import { integerWord, leakForm, type leakRound, overflowCode } from "../integer-neuron.ts";
import { type NeuronFlags, readFlags } from "./float-neuron.ts";

const roundings = ["floor", "zero", "rne"] as const satisfies readonly (keyof typeof leakRound)[];

/** What all neurons of the struct share. */
interface Shared {
  readonly flags: NeuronFlags;
  readonly leak: (u: number, mul: number) => number;
  readonly synLeak: (j: number, mul: number) => number;
  readonly fracBits: number;
  /** True where nothing is stored: a stateless spike test. */
  readonly stateless: boolean;
  readonly store: (value: number) => number;
}

/** The parameters of one neuron. */
interface Constants {
  readonly bias: number;
  readonly theta: number;
  readonly sub: number;
  readonly vReset: number;
  readonly mul: number;
  readonly synMul: number;
}

interface IntegerState {
  u: number;
  j: number;
  x: number;
  fired: boolean;
  saturations: number;
}

/** The integer neurons on `heap`. */
export function plainIntegerNeuron(heap: Heap): Pick<NeuronKernels, "integerNeuronForward"> {
  return {
    integerNeuronForward: (neuron, steps, n, acc, clear, u, j, fired, mask, maskStride, pre, post) => {
      const views = heap.views();
      const { i32, u8 } = views;
      const shared = readShared(views, neuron);
      let saturations = 0;
      if (mask) u8.fill(0, mask, mask + steps * maskStride);
      for (let k = 0; k < n; k++) {
        const p = readConstants(views, neuron, k);
        const state: IntegerState = {
          u: i32[(u >>> 2) + k] as number,
          j: shared.flags.synapse ? (i32[(j >>> 2) + k] as number) : 0,
          x: 0,
          fired: u8[fired + k] === 1,
          saturations: 0,
        };
        for (let t = 0; t < steps; t++) {
          const here = t * n + k;
          const before = state.fired;
          stepNeuron(shared, p, state, i32[(acc >>> 2) + here] as number);
          if (clear) i32[(acc >>> 2) + here] = 0;
          if (mask && (shared.flags.spikeDelay ? before : state.fired)) {
            const byte = mask + t * maskStride + (k >> 3);
            u8[byte] = (u8[byte] as number) | (1 << (k & 7));
          }
          if (pre) i32[(pre >>> 2) + here] = state.x;
          if (post) i32[(post >>> 2) + here] = state.u;
        }
        i32[(u >>> 2) + k] = state.u;
        if (shared.flags.synapse) i32[(j >>> 2) + k] = state.j;
        u8[fired + k] = Number(state.fired);
        saturations += state.saturations;
      }
      return saturations;
    },
  };
}

function stepNeuron(shared: Shared, p: Constants, state: IntegerState, acc: number): void {
  const { flags } = shared;
  const wasFired = flags.resetDelay && state.fired;
  let drive = ((acc << shared.fracBits) + p.bias) | 0;
  if (flags.synapse) {
    const before = state.j;
    state.j = stored(shared, state, (shared.synLeak(before, p.synMul) + drive) | 0);
    drive = flags.old ? before : state.j;
  }
  const start = wasFired && flags.reset === resetCode.value ? p.vReset : state.u;
  let x = (shared.leak(start, p.mul) + drive) | 0;
  if (wasFired && flags.reset === resetCode.subtract) x = (x - p.sub) | 0;
  state.x = x;
  state.fired = flags.spiking && (flags.ge ? x >= p.theta : x > p.theta);
  if (shared.stateless) return;
  if (state.fired && !flags.resetDelay) {
    if (flags.reset === resetCode.value) x = p.vReset;
    else if (flags.reset === resetCode.subtract) x = (x - p.sub) | 0;
  }
  state.u = stored(shared, state, x);
}

function stored(shared: Shared, state: IntegerState, value: number): number {
  const kept = shared.store(value);
  if (kept !== value) state.saturations++;
  return kept;
}

function readShared(views: HeapViews, neuron: number): Shared {
  const { i32 } = views;
  const word = (name: keyof typeof integerWord): number => i32[(neuron >>> 2) + integerWord[name]] as number;
  const flags = readFlags(word("flags"));
  return {
    flags,
    leak: leakOf(word("leakForm"), word("leakShift"), word("leakRound")),
    synLeak: leakOf(word("synForm"), word("synShift"), word("synRound")),
    fracBits: word("fracBits"),
    stateless: flags.spiking && word("leakForm") === leakForm.forget,
    store: storeOf(views, word),
  };
}

function readConstants({ i32 }: HeapViews, neuron: number, k: number): Constants {
  const at = neuron >>> 2;
  const value = (word: number): number =>
    i32[((i32[at + word] as number) >>> 2) + (i32[at + word + 1] ? k : k & 15)] as number;
  return {
    bias: value(integerWord.bias),
    theta: value(integerWord.theta),
    sub: value(integerWord.sub),
    vReset: value(integerWord.vReset),
    mul: value(integerWord.mul),
    synMul: value(integerWord.synMul),
  };
}

function leakOf(form: number, shift: number, round: number): (u: number, mul: number) => number {
  if (form === leakForm.none) return (u) => u;
  if (form === leakForm.forget) return () => 0;
  if (form === leakForm.shift) return (u) => u - (u >> shift);
  const rounding = roundings[round] ?? "floor";
  return (u, mul) => leakMul(u, mul, shift, rounding) | 0;
}

function storeOf(
  { i32 }: HeapViews,
  word: (name: keyof typeof integerWord) => number,
): (value: number) => number {
  const [low, high, bits] = [word("vMin"), word("vMax"), word("stateBits")];
  if (word("overflow") === overflowCode.wrap) return (value) => wrap(value, bits);
  if (word("overflow") === overflowCode.sat) return (value) => saturate(value, low, high);
  const at = word("levelsPtr") >>> 2;
  const count = word("levels");
  return (value) => {
    const clamped = saturate(value, low, high);
    let level = i32[at] as number;
    for (let k = 1; k < count; k++)
      if (clamped > (i32[at + 2 * k - 1] as number)) level += i32[at + 2 * k] as number;
    return level;
  };
}
