/** Delay as tfjs operations: shifts in time, one per distinct number of steps. */
import * as tf from "@tensorflow/tfjs-core";
import type { PlanNode } from "../../model/plan.ts";
import type { ExecutorInput } from "../executor.ts";
import { type CompositeCell, carriedTensor } from "./carried.ts";

/** y[t] = x[t − d] per element; before the start what the state says, else 0. */
export function delayCell(at: PlanNode, steps: Int32Array, input: ExecutorInput): CompositeCell {
  const longest = steps.reduce((a, b) => Math.max(a, b), 0);
  const distinct = [...new Set(steps)];
  const { batch } = input;
  const shape = at.outputShape;
  const history = carriedTensor(at.name, input.state.get(at.name)?.history, [longest, batch, ...shape]);
  const masks = new Map(
    distinct.map((d) => [
      d,
      tf.tensor(
        Float32Array.from(steps, (own) => (own === d ? 1 : 0)),
        [...shape],
        "float32",
      ),
    ]),
  );
  const masked = (d: number, x: tf.Tensor): tf.Tensor =>
    distinct.length === 1 ? x : tf.mul(x, masks.get(d) as tf.Tensor);
  const added = (parts: tf.Tensor[]): tf.Tensor => parts.reduce((sum, part) => tf.add(sum, part));
  let inputAt: ((step: number) => tf.Tensor) | undefined;
  let whole: tf.Tensor | undefined;
  const earlier = (t: number): tf.Tensor => tf.reshape(tf.slice(history, longest + t, 1), [batch, ...shape]);
  return {
    rows: undefined,
    membranes: [],
    currents: [],
    step: (t, xAt) => {
      inputAt = xAt;
      return added(distinct.map((d) => masked(d, t < d ? earlier(t - d) : xAt(t - d))));
    },
    sequence: (x) => {
      whole = x;
      const all = longest === 0 ? x : tf.concat([history, x], 0);
      return added(distinct.map((d) => masked(d, tf.slice(all, longest - d, input.steps))));
    },
    state: () => {
      if (longest === 0) return undefined;
      const read = inputAt;
      const x =
        whole ??
        (read &&
          tf.stack(
            Array.from({ length: input.steps }, (_, t) => read(t)),
            0,
          ));
      if (x === undefined) return undefined;
      return { history: tf.slice(tf.concat([history, x], 0), input.steps, longest) };
    },
  };
}
