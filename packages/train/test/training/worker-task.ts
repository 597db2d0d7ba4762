/** The toy task, built in a worker thread. */
import type { TrainingTask } from "../../src/index.ts";
import { toyModel, toyOptions } from "./toy-task.ts";

export default async (data: { readonly broken?: boolean }): Promise<TrainingTask> => {
  if (data.broken === true) throw new Error("the task cannot be built");
  return { model: await toyModel(), objective: toyOptions() };
};
