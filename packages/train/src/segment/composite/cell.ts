/** One node as tfjs operations: over a whole sequence at once, or step by step inside a loop. */
import * as tf from "@tensorflow/tfjs-core";
import type { NodeSpec } from "../../model/node-spec.ts";
import type { PlanNode } from "../../model/plan.ts";
import { constantTensor } from "../../neuron/neuron-spec.ts";
import type { ExecutorInput } from "../executor.ts";
import { type CompositeCell, carriedTensor } from "./carried.ts";
import { delayCell } from "./delay.ts";
import { extensionCell } from "./extension-cell.ts";
import { carriedSpikes, neuronStep, neuronValues, type StepState } from "./neuron-step.ts";
import { type RowFunction, statelessFunction } from "./stateless.ts";
import { stepsOf } from "./steps.ts";

/** The cell of a node. */
export function compositeCell(
  at: PlanNode,
  spec: NodeSpec,
  input: ExecutorInput,
  spiking: boolean,
): CompositeCell {
  if (spec.kind === "neuron") return neuronCell(at, spec, input, spiking);
  if (spec.kind === "extension") return extensionCell(at, spec, input);
  if (spec.kind === "delay") return delayCell(at, spec.steps, input);
  const rows = statelessFunction(at, spec, input, spiking) as RowFunction;
  return {
    rows,
    step: (t, xAt) => rows(xAt(t)),
    sequence: (x) => {
      const [steps = 0, batch = 0, ...features] = x.shape;
      const y = rows(tf.reshape(x, [steps * batch, ...features]));
      return tf.reshape(y, [steps, batch, ...at.outputShape]);
    },
    state: () => undefined,
    membranes: [],
    currents: [],
  };
}

function neuronCell(
  at: PlanNode,
  { neuron }: Extract<NodeSpec, { kind: "neuron" }>,
  input: ExecutorInput,
  spiking: boolean,
): CompositeCell {
  const values = neuronValues(neuron, spiking, input);
  let state = initialState(at, neuron.constants.synapse, input, () =>
    tf.add(
      tf.zeros([input.batch, ...at.outputShape]),
      constantTensor(neuron.constants.vStart, at.outputShape),
    ),
  );
  state = { ...state, spikes: input.state.has(at.name) ? carriedSpikes(values, state.v) : undefined };
  const membranes: tf.Tensor[] = [];
  const currents: tf.Tensor[] = [];
  const advance = (x: tf.Tensor): tf.Tensor => {
    const result = neuronStep(values, x, state);
    state = result.state;
    membranes.push(result.u);
    if (state.i !== undefined) currents.push(state.i);
    return result.out;
  };
  return {
    rows: undefined,
    membranes,
    currents,
    step: (t, xAt) => advance(xAt(t)),
    sequence: (x) => tf.stack(stepsOf(x).map(advance), 0),
    state: () => ({ v: state.v, ...(state.i === undefined ? {} : { i: state.i }) }),
  };
}

function initialState(
  at: PlanNode,
  synapse: boolean,
  { state, batch }: ExecutorInput,
  rest: () => tf.Tensor,
): StepState {
  const carried = state.get(at.name);
  const shape = [batch, ...at.outputShape];
  const i = synapse ? carriedTensor(at.name, carried?.i, shape) : undefined;
  if (carried?.v !== undefined) return { v: carriedTensor(at.name, carried.v, shape), i, spikes: undefined };
  return { v: rest(), i, spikes: undefined };
}
