/** `nirkit train`: a network from a configuration. */
import { resolve } from "node:path";
import type { Invocation } from "../invocation.ts";
import { runTraining } from "../training/run-training.ts";
import { readTrainConfig } from "../training/train-config.ts";

/** Flags of the command. */
export interface TrainFlags {
  readonly out?: string;
  readonly epochs?: number;
  readonly resume?: boolean;
  readonly force?: boolean;
}

/** Trains as a configuration says; paths in it start at the current folder. */
export async function train(invocation: Invocation, file: string, flags: TrainFlags): Promise<number> {
  const read = await readTrainConfig(resolve(invocation.terminal.cwd, file));
  const { out = read.out, epochs = read.epochs, resume = false, force = false } = flags;
  return runTraining(invocation, { ...read, out, epochs }, { resume, force });
}
