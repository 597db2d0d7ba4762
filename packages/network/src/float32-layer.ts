/** A population with float state as the golden simulator runs it. */
import { type Signal, sizeOf } from "@nirkit/graph";
import { createFanOut, type FanOut, type FanOutRequest } from "./fan-out.ts";
import { createFloat32State, type Float32State, resetFloat32State, stepFloat32 } from "./float32-step.ts";
import type { LayerState } from "./layer-state.ts";
import type { Float32Neuron, Population } from "./network.ts";

/** State, input sums and the fan-outs into them. */
export interface Float32Layer {
  readonly state: LayerState;
  /** `lif_curr_exp` counts negative weights apart: they add their magnitude to sums of their own. */
  fanOut(request: FanOutRequest): FanOut;
}

/** Prepares a population with float state. */
export function createFloat32Layer(population: Population, neuron: Float32Neuron): Float32Layer {
  const size = sizeOf(population.shape);
  const inner = createFloat32State(neuron, size);
  const sums = new Int32Array(2 * size);
  const acc = sums.subarray(0, size);
  const inhibiting = sums.subarray(size);
  const signals = new Map<Signal, Float64Array>([
    ["out", new Float64Array(size)],
    ["v", new Float64Array(size)],
    ["vpre", new Float64Array(size)],
  ]);
  if (neuron.model === "lif_curr_exp") signals.set("i", new Float64Array(size));
  const out = signals.get("out") as Float64Array;
  const state: LayerState = {
    size,
    acc,
    out,
    saturations: 0,
    outBound: neuron.spiking ? 1 : Number.POSITIVE_INFINITY,
    signal: (name) => signals.get(name),
    reset() {
      resetFloat32State(inner);
      sums.fill(0);
      for (const values of signals.values()) values.fill(0);
    },
    step() {
      stepFloat32(inner, sums, 0);
      signals.get("v")?.set(inner.v);
      signals.get("vpre")?.set(inner.vpre);
      recordCurrent(inner, signals.get("i"));
      if (!neuron.spiking) {
        out.set(inner.v);
        return;
      }
      out.fill(0);
      for (let k = 0; k < inner.count; k++) out[inner.fired[k] as number] = 1;
    },
  };
  const splits = neuron.model === "lif_curr_exp";
  return {
    state,
    fanOut: (request) => (splits ? splitFanOut(request, inhibiting) : createFanOut(request)),
  };
}

/** Ie − Ii as the membrane sees it: rounded to float32 unless the state is float64. */
function recordCurrent(
  { exciting, inhibiting, neuron }: Float32State,
  current: Float64Array | undefined,
): void {
  if (current === undefined) return;
  for (let i = 0; i < current.length; i++) {
    const difference = (exciting[i] as number) - (inhibiting[i] as number);
    current[i] = neuron.fp === "float64" ? difference : Math.fround(difference);
  }
}

function splitFanOut(request: FanOutRequest, inhibiting: Int32Array): FanOut {
  const part = (sign: 1 | -1): FanOut => {
    const { projection } = request;
    const ints = Int32Array.from(projection.weights.ints, (w) => Math.max(0, sign * w));
    return createFanOut({
      ...request,
      projection: { ...projection, weights: { ...projection.weights, ints } },
    });
  };
  const [plus, minus] = [part(1), part(-1)];
  return {
    synapses: plus.synapses.map((count, s) => count + (minus.synapses[s] as number)),
    add(acc, source, value) {
      plus.add(acc, source, value);
      minus.add(inhibiting, source, value);
    },
  };
}
