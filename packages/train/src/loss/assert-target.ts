/** Refusals of targets that do not fit the output. */
import { trainError } from "../diagnostics.ts";

/** @throws E_TRAIN_DATA unless there are `rows` labels of 0 … classes − 1 */
export function assertLabels(labels: Int32Array, rows: number, classes: number): void {
  if (labels.length !== rows)
    throw trainError("E_TRAIN_DATA", "labels", { why: `${labels.length} labels for ${rows} samples` });
  const at = labels.findIndex((label) => label < 0 || label >= classes);
  if (at >= 0)
    throw trainError("E_TRAIN_DATA", `labels[${at}]`, {
      why: `The label is ${labels[at]}, the output has ${classes} classes`,
      hint: "Labels count from 0",
    });
}
