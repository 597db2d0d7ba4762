/** The optimizers of tfjs: one instance per learning-rate multiplier, as theirs know no groups. */
import * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../diagnostics.ts";
import { valuesNow } from "../tfjs/read-values.ts";
import type { Optimizer, OptimizerState, Update } from "./optimizer.ts";

/**
 * Any optimizer of tfjs (`tf.train.momentum(rate, 0.9)`, …). Give an epsilon where it takes one: its default is the
 * backend's.
 *
 * @param make an instance for a learning rate; called once per multiplier
 * @example tfjsOptimizer("rmsprop", 1e-3, (rate) => tf.train.rmsprop(rate, 0.9, 0, 1e-8))
 */
export function tfjsOptimizer(name: string, lr: number, make: (rate: number) => tf.Optimizer): Optimizer {
  const groups = new Map<number, tf.Optimizer>();
  const shadows = new Map<string, tf.Variable>();
  let steps = 0;
  const groupOf = (multiplier: number): tf.Optimizer => {
    const known = groups.get(multiplier);
    if (known !== undefined) return known;
    const made = make(lr * multiplier);
    groups.set(multiplier, made);
    return made;
  };
  const order = new Map<number, Set<string>>();
  const placesOf = (multiplier: number, keys: Iterable<string>): readonly string[] => {
    const places = order.get(multiplier) ?? new Set<string>();
    order.set(multiplier, places);
    for (const key of keys) places.add(key);
    return [...places];
  };
  return {
    name,
    lr,
    apply: (updates, rate) => {
      steps += 1;
      for (const update of updates) place(shadows, name, update);
      for (const multiplier of new Set(updates.map((update) => update.multiplier))) {
        const members = updates.filter((update) => update.multiplier === multiplier);
        const group = groupOf(multiplier);
        const known = new Map(members.map((update) => [update.key, update]));
        const places = placesOf(multiplier, known.keys());
        setRate(group, rate * multiplier);
        tf.tidy(() => {
          // tfjs knows moments by place: who has no gradient in a step keeps its place, with zeros.
          const gradients = places.map((key) => {
            const shadow = shadows.get(key) as tf.Variable;
            const gradient = known.get(key)?.gradient;
            const tensor =
              gradient === undefined ? tf.zerosLike(shadow) : tf.tensor(gradient, shadow.shape, "float32");
            return { name: shadow.name, tensor };
          });
          group.applyGradients(gradients);
        });
      }
      return updates.map(({ key, mask }) => {
        const values = valuesNow(shadows.get(key) as tf.Variable, "tfjsOptimizer");
        return mask === undefined ? values.slice() : values.map((value, k) => value * (mask[k] as number));
      });
    },
    state: async () => {
      const states = await Promise.all([...groups].map(([m, group]) => groupState(group, m)));
      return { steps, slots: new Map(states.flat()) };
    },
    restore: async (state) => {
      ({ steps } = state);
      for (const key of state.slots.keys()) groupOf(Number(key.split("/")[0]));
      for (const [multiplier, group] of groups) await restoreGroup(group, multiplier, state);
    },
  };
}

let instances = 0;

/** The variable that stands for a parameter, with its present values. */
function place(shadows: Map<string, tf.Variable>, name: string, { key, values, shape }: Update): void {
  const known = shadows.get(key);
  const fresh = tf.tensor(values.slice(), [...shape], "float32");
  if (known === undefined) shadows.set(key, tf.variable(fresh, true, `${name}-${instances++}/${key}`));
  else known.assign(fresh);
  fresh.dispose();
}

/** The field is protected in all but SGD, and the only way to a schedule. */
function setRate(optimizer: tf.Optimizer, rate: number): void {
  const open = optimizer as unknown as { learningRate: number };
  open.learningRate = rate;
  if (open.learningRate !== rate)
    throw trainError("E_TRAIN_OPTION", "optimizer.lr", {
      why: "This optimizer does not take a learning rate",
      hint: "Use adam, adamW or sgd of this package",
    });
}

// Keys hold place and shape: tfjs names its moments with counters of its own, which a new process starts again.
async function groupState(group: tf.Optimizer, multiplier: number): Promise<[string, Float32Array][]> {
  const weights = await group.getWeights().catch(() => {
    throw trainError("E_CHECKPOINT", "optimizer", {
      why: `${group.getClassName()} of tfjs does not give its state away`,
      hint: "Use the optimizer of that name of this package",
    });
  });
  return Promise.all(
    weights.map(
      async ({ tensor }, k): Promise<[string, Float32Array]> => [
        `${multiplier}/${k}/${tensor.shape.join("x")}`,
        Float32Array.from(await tensor.data()),
      ],
    ),
  );
}

async function restoreGroup(group: tf.Optimizer, multiplier: number, state: OptimizerState): Promise<void> {
  const weights: { place: number; name: string; tensor: tf.Tensor }[] = [];
  for (const [key, data] of state.slots) {
    const [of, place, shape = ""] = key.split("/");
    if (Number(of) !== multiplier) continue;
    const sizes = shape === "" ? [] : shape.split("x").map(Number);
    weights.push({ place: Number(place), name: key, tensor: tf.tensor(data, sizes, "float32") });
  }
  await group.setWeights(weights.sort((a, b) => a.place - b.place));
}
