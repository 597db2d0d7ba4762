/**
 * One time step of a population in integers.
 *
 *     x  = leak(U) + (ACC << F) + B              cuba: J' = clamp(leak_s(J) + (ACC << F) + B), x = leak_m(U) + J' (or J)
 *     s  = x >= TH                               gt: TH = Theta + 1; ge: TH = Theta
 *     y  = s ? (value: V_r, subtract: x − SUB) : x
 *     U' = clamp(y)                              sat; wrap: the low stateBits bits, sign extended
 *
 * The comparison sees the unclamped x, and the state saturates once, when it is stored: with 8 bits, TH = SUB = 64
 * and x = 300 the state becomes 127, not 63.
 */
import { createLeak, type LeakAll } from "./leak.ts";
import type { PopulationState } from "./population-state.ts";

/** Advances a population by one step: reads and clears `acc`, leaves `x`, `u`, `j` and `out`. */
export type PopulationStep = (state: PopulationState) => void;

/** Chooses the step of a population's kind once. */
export function createPopulationStep(state: PopulationState): PopulationStep {
  const { neuron } = state;
  switch (neuron.kind) {
    case "lif": {
      const leak = createLeak(neuron.leak, state.range);
      return (s) => stepLif(s, leak);
    }
    case "cuba": {
      const leak = createLeak(neuron.leak, state.range);
      const synLeak = createLeak(neuron.synLeak, state.range);
      return neuron.cubaOrder === "new"
        ? (s) => stepCubaNew(s, leak, synLeak)
        : (s) => stepCubaOld(s, leak, synLeak);
    }
    case "threshold":
      return stepThreshold;
    case "sum":
      return stepSum;
    case "delay":
      return stepDelay;
    default:
      return neuron.kind satisfies never;
  }
}

function stepLif(state: PopulationState, leak: LeakAll): void {
  leakMembrane(state, leak);
  addDrive(state, state.x);
  fire(state);
}

function stepCubaNew(state: PopulationState, leak: LeakAll, synLeak: LeakAll): void {
  advanceCurrent(state, synLeak);
  leakMembrane(state, leak);
  addCurrent(state);
  fire(state);
}

function stepCubaOld(state: PopulationState, leak: LeakAll, synLeak: LeakAll): void {
  leakMembrane(state, leak);
  addCurrent(state);
  advanceCurrent(state, synLeak);
  fire(state);
}

/** x = leak(U). A delayed value reset takes place here, before the leak: the neuron starts the step from V_r. */
function leakMembrane(state: PopulationState, leak: LeakAll): void {
  const { neuron, u, fired, vReset } = state;
  if (neuron.resetDelay === 1 && neuron.reset === "value")
    for (let i = 0; i < u.length; i++) if (fired[i] === 1) u[i] = vReset[i] as number;
  leak(u, state.x);
}

/** into += (ACC << F) + B, and ACC = 0. */
function addDrive(state: PopulationState, into: PopulationState["x"]): void {
  const { acc, bias, unit, size } = state;
  for (let i = 0; i < size; i++)
    into[i] = (into[i] as number) + (acc[i] as number) * unit + (bias[i] as number);
  acc.fill(0);
}

/** J' = clamp(leak_s(J) + (ACC << F) + B). */
function advanceCurrent(state: PopulationState, synLeak: LeakAll): void {
  const { j, size, store } = state;
  synLeak(j, j);
  addDrive(state, j);
  for (let i = 0; i < size; i++) {
    const sum = j[i] as number;
    const stored = store(sum);
    if (stored !== sum) state.saturations++;
    j[i] = stored;
  }
}

function addCurrent(state: PopulationState): void {
  const { x, j, size } = state;
  for (let i = 0; i < size; i++) x[i] = (x[i] as number) + (j[i] as number);
}

/** Spike test, reset and storage. */
function fire(state: PopulationState): void {
  const { neuron, x, u, out, fired, threshold, sub, vReset, store, size } = state;
  const isDelayed = neuron.resetDelay === 1;
  const subtracts = neuron.reset === "subtract";
  const setsValue = neuron.reset === "value";
  for (let i = 0; i < size; i++) {
    let before = x[i] as number;
    if (isDelayed && subtracts && fired[i] === 1) {
      before -= sub[i] as number; // the subtraction of the last step's spike; it is not decayed
      x[i] = before;
    }
    const spike = neuron.spiking && before >= (threshold[i] as number);
    let after = before;
    if (spike && !isDelayed) {
      if (subtracts) after -= sub[i] as number;
      else if (setsValue) after = vReset[i] as number;
    }
    const stored = store(after);
    if (stored !== after) state.saturations++;
    u[i] = stored;
    out[i] = neuron.spiking ? (neuron.spikeDelay === 1 ? (fired[i] as number) : Number(spike)) : stored;
    fired[i] = Number(spike);
  }
}

/** No state: x = (ACC << F) + B, out = x >= TH. */
function stepThreshold(state: PopulationState): void {
  const { neuron, x, out, fired, threshold, size } = state;
  x.fill(0);
  addDrive(state, x);
  for (let i = 0; i < size; i++) {
    const spike = Number((x[i] as number) >= (threshold[i] as number));
    out[i] = neuron.spikeDelay === 1 ? (fired[i] as number) : spike;
    fired[i] = spike;
  }
}

/** No state: out = clamp((ACC << F) + B). */
function stepSum(state: PopulationState): void {
  state.x.fill(0);
  addDrive(state, state.x);
  storeOutput(state, state.x);
}

/** out = clamp(ACC of `delaySteps` steps ago), 0 before the first step. */
function stepDelay(state: PopulationState): void {
  const { neuron, acc, x, past, pastRows, size } = state;
  const row = state.cursor;
  past.set(acc, row * size);
  for (let i = 0; i < size; i++) {
    const ago = neuron.delaySteps?.[i] ?? 0;
    x[i] = past[((row + pastRows - ago) % pastRows) * size + i] as number;
  }
  state.cursor = (row + 1) % pastRows;
  acc.fill(0);
  storeOutput(state, x);
}

function storeOutput(state: PopulationState, from: PopulationState["x"]): void {
  const { u, out, store, size } = state;
  for (let i = 0; i < size; i++) {
    const value = from[i] as number;
    const stored = store(value);
    if (stored !== value) state.saturations++;
    u[i] = stored;
    out[i] = stored;
  }
}
