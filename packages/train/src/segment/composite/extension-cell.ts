/** Nodes of third parties, one step after the other. */
import { sizeOf } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import type {
  NodeStep,
  NodeStepResult,
  StatesOf,
  TrainableNodeRules,
} from "../../extension/trainable-node.ts";
import type { ExtensionSpec } from "../../model/node-spec.ts";
import type { PlanNode } from "../../model/plan.ts";
import { valuesNow } from "../../tfjs/read-values.ts";
import type { ExecutorInput } from "../executor.ts";
import { type CompositeCell, carriedTensor } from "./carried.ts";
import { stepsOf } from "./steps.ts";

const names = ["v", "i"] as const;

/** The cell of an extension node. */
export function extensionCell(at: PlanNode, spec: ExtensionSpec, input: ExecutorInput): CompositeCell {
  const { batch } = input;
  const carried = input.state.get(at.name);
  const parameters = Object.fromEntries(
    spec.parameters.map((parameter) => [parameter.name.slice(at.name.length + 1), parameter.value(input)]),
  );
  let state: StatesOf<tf.Tensor> = Object.fromEntries(
    names.flatMap((name) => {
      const shape = spec.states[name];
      return shape === undefined ? [] : [[name, carriedTensor(at.name, carried?.[name], [batch, ...shape])]];
    }),
  );
  const advance = (x: tf.Tensor): tf.Tensor => {
    const step = { node: spec.node, dt: spec.dt, batch, x, state, parameters };
    const { composite } = spec.rules;
    const done = composite === undefined ? typedStep(spec.rules, at, step) : composite(step);
    state = done.state ?? state;
    return tf.reshape(done.y, [batch, ...at.outputShape]);
  };
  return {
    rows: undefined,
    membranes: [],
    currents: [],
    step: (t, xAt) => advance(xAt(t)),
    sequence: (x) => tf.stack(stepsOf(x).map(advance), 0),
    state: () => (Object.keys(state).length === 0 ? undefined : state),
  };
}

/** Forward and backward on typed arrays as one operation; what it gives is packed into one tensor. */
function typedStep(
  rules: TrainableNodeRules,
  at: PlanNode,
  step: NodeStep<tf.Tensor>,
): NodeStepResult<tf.Tensor> {
  const states = names.filter((name) => step.state[name] !== undefined);
  const values = Object.keys(step.parameters);
  const inputs = [
    step.x,
    ...states.map((name) => step.state[name] as tf.Tensor),
    ...values.map((name) => step.parameters[name] as tf.Tensor),
  ];
  const read = (tensors: readonly tf.Tensor[]): NodeStep<Float32Array> => {
    const [x, ...rest] = tensors.map((tensor) => valuesNow(tensor, at.name).slice());
    return {
      ...step,
      x: x as Float32Array,
      state: Object.fromEntries(states.map((name, k) => [name, rest[k]])),
      parameters: Object.fromEntries(
        values.map((name, k) => [name, rest[states.length + k] as Float32Array]),
      ),
    };
  };
  const sizes = [
    step.batch * sizeOf(at.outputShape),
    ...inputs.slice(1, 1 + states.length).map(({ size }) => size),
  ];
  const whole = tf.customGrad((...given) => {
    const save = given.pop() as tf.GradSaveFunc;
    const tensors = given as tf.Tensor[];
    save(tensors);
    const { y, state = {} } = (rules.forward as NonNullable<typeof rules.forward>)(read(tensors));
    const parts = [y, ...states.map((name, k) => state[name] ?? new Float32Array(sizes[1 + k] as number))];
    return {
      value: tf.concat1d(parts.map((part) => tf.tensor1d(part, "float32"))),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [back, ...later] = cut(valuesNow(dy, at.name), sizes);
        const dState = Object.fromEntries(states.map((name, k) => [name, later[k]]));
        const gradient = { dy: back as Float32Array, dState };
        const found = (rules.backward as NonNullable<typeof rules.backward>)(read(saved), gradient);
        const each = [
          found.dx,
          ...states.map((name) => found.dState?.[name]),
          ...values.map((name) => found.parameters?.[name]),
        ];
        return inputs.map(({ shape }, k) => {
          const own = each[k];
          return own === undefined ? tf.zeros(shape) : tf.tensor(own, shape, "float32");
        });
      },
    };
  })(...inputs);
  const [y, ...after] = tf.split(whole, sizes);
  return {
    y: y as tf.Tensor,
    state: Object.fromEntries(
      states.map((name, k) => [
        name,
        tf.reshape(after[k] as tf.Tensor, (step.state[name] as tf.Tensor).shape),
      ]),
    ),
  };
}

function cut(values: Float32Array, sizes: readonly number[]): Float32Array[] {
  let from = 0;
  return sizes.map((size) => {
    from += size;
    return values.slice(from - size, from);
  });
}
