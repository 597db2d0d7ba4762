/** A population with integer state as the golden simulator runs it. */
import type { Signal } from "@nirkit/graph";
import type { PopulationBounds } from "./bounds.ts";
import { createFanOut, type FanOut, type FanOutRequest } from "./fan-out.ts";
import type { LayerState } from "./layer-state.ts";
import type { IntegerNeuron, Population } from "./network.ts";
import { createPopulationState, type PopulationState, resetPopulationState } from "./population-state.ts";
import { createPopulationStep } from "./population-step.ts";

/** State and the fan-outs into its sums. */
export interface IntegerLayer {
  readonly state: LayerState;
  fanOut(request: FanOutRequest): FanOut;
}

/** Prepares a population with integer state. */
export function createIntegerLayer(
  population: Population,
  neuron: IntegerNeuron,
  bounds: PopulationBounds,
): IntegerLayer {
  const state = createPopulationState(population, neuron, bounds);
  const step = createPopulationStep(state);
  return {
    fanOut: createFanOut,
    state: {
      size: state.size,
      acc: state.acc,
      out: state.out,
      get saturations() {
        return state.saturations;
      },
      outBound: neuron.spiking ? 1 : state.range,
      signal: (name) => signalArray(state, name),
      reset: () => resetPopulationState(state),
      step: () => step(state),
    },
  };
}

function signalArray(state: PopulationState, signal: Signal): PopulationState["u"] | undefined {
  const hasState = state.neuron.kind === "lif" || state.neuron.kind === "cuba";
  switch (signal) {
    case "out":
      return state.out;
    case "v":
      return hasState ? state.u : undefined;
    case "vpre":
      return state.neuron.kind === "delay" ? undefined : state.x;
    case "i":
      return state.neuron.kind === "cuba" ? state.j : undefined;
    default:
      return signal satisfies never;
  }
}
