/** Moments of an optimizer in the memory of the fused kernels. */
import { type Block, type Kernels, loadKernels } from "@nirkit/kernels";
import { loadTrainKernels, type TrainKernels } from "@nirkit/kernels/train";
import { trainError } from "../diagnostics.ts";
import type { OptimizerState, Update } from "./optimizer.ts";

/** Where values, gradient and moments of one parameter lie. */
export interface Slots {
  readonly length: number;
  readonly values: Block<Float32Array>;
  readonly gradient: Block<Float32Array>;
  readonly moments: readonly Block<Float32Array>[];
}

/** Kernels with one set of blocks per parameter; made when a parameter is first seen. */
export class KernelSlots {
  readonly kernels: TrainKernels;
  readonly #memory: Kernels;
  readonly #names: readonly string[];
  readonly #slots: Map<string, Slots> = new Map();
  #restored: ReadonlyMap<string, Float32Array> = new Map();
  steps = 0;

  constructor(names: readonly string[]) {
    this.#memory = loadKernels();
    this.kernels = loadTrainKernels(this.#memory);
    this.#names = names;
  }

  /** Runs `move` on every parameter with its values and gradient in place; returns copies of the new values. */
  step(updates: readonly Update[], move: (slots: Slots, update: Update) => void): readonly Float32Array[] {
    this.steps += 1;
    const placed = updates.map((update) => this.#of(update));
    return updates.map((update, k) => {
      const slots = placed[k] as Slots;
      slots.values.view.set(update.values);
      slots.gradient.view.set(update.gradient);
      move(slots, update);
      const { mask } = update;
      if (mask !== undefined) for (const moment of slots.moments) multiply(moment.view, mask);
      return slots.values.view.slice();
    });
  }

  state(): OptimizerState {
    const slots = new Map(this.#restored);
    for (const [key, { moments }] of this.#slots)
      moments.forEach((moment, k) => {
        slots.set(`${key}/${this.#names[k]}`, moment.view.slice());
      });
    return { steps: this.steps, slots };
  }

  restore({ steps, slots }: OptimizerState): void {
    for (const key of slots.keys())
      if (!this.#names.some((name) => key.endsWith(`/${name}`)))
        throw trainError("E_CHECKPOINT", "optimizer", { why: `${key} is not a moment of this optimizer` });
    this.steps = steps;
    this.#restored = new Map(slots);
    for (const [key, { moments }] of this.#slots) this.#fill(key, moments);
  }

  #of({ key, values }: Update): Slots {
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const block = (): Block<Float32Array> => this.#memory.f32(values.length);
    const slots = {
      length: values.length,
      values: block(),
      gradient: block(),
      moments: this.#names.map(block),
    };
    this.#fill(key, slots.moments);
    this.#slots.set(key, slots);
    return slots;
  }

  #fill(key: string, moments: readonly Block<Float32Array>[]): void {
    moments.forEach((moment, k) => {
      const saved = this.#restored.get(`${key}/${this.#names[k]}`);
      if (saved !== undefined && saved.length !== moment.length)
        throw trainError("E_CHECKPOINT", `optimizer.${key}`, {
          why: `The moment has ${saved.length} entries, the parameter ${moment.length}`,
        });
      if (saved === undefined) moment.view.fill(0);
      else moment.view.set(saved);
    });
  }
}

function multiply(values: Float32Array, mask: Float32Array): void {
  for (let k = 0; k < values.length; k++) values[k] = (values[k] as number) * (mask[k] as number);
}
