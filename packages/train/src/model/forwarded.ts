/** What a forward pass gives: tensors at once, and values that may still be on their way. */
import * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../diagnostics.ts";
import type { ExecutorResult } from "../segment/executor.ts";
import type { ForwardResult, NetworkState } from "./trainable-model.ts";

/** The result of one pass; state and activity are refused until they have been read. */
export class Forwarded implements ForwardResult {
  readonly outputs: ForwardResult["outputs"];
  readonly recorded: ForwardResult["recorded"];
  readonly #values: Pick<ForwardResult, "state" | "activity">;
  readonly #settled: Promise<void>;
  #pending: boolean;

  constructor(
    outputs: ForwardResult["outputs"],
    recorded: ForwardResult["recorded"],
    {
      settled,
      ...values
    }: Pick<ExecutorResult, "state" | "activity"> & {
      readonly settled: Promise<void> | undefined;
    },
  ) {
    this.outputs = outputs;
    this.recorded = recorded;
    this.#values = values;
    this.#pending = settled !== undefined;
    this.#settled = (settled ?? Promise.resolve()).then(() => {
      this.#pending = false;
    });
    this.#settled.catch(() => {});
  }

  get state(): NetworkState {
    return this.#there("The state").state;
  }

  get activity(): ForwardResult["activity"] {
    return this.#there("The activity").activity;
  }

  settled(): Promise<void> {
    return this.#settled;
  }

  #there(what: string): Pick<ForwardResult, "state" | "activity"> {
    if (this.#pending) throw trainError("E_SYNC_READ", "forward", { what, backend: tf.getBackend() });
    return this.#values;
  }
}
