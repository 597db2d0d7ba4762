/** An evaluation as a person reads it. */
import { roundHalfEven } from "@nirkit/integer";
import type { Evaluation } from "./evaluation.ts";
import { type Cell, grouped, percent, table } from "./table.ts";

/** Accuracy, confusion and activity as a person reads them. */
export function evaluationText(result: Evaluation): string {
  const { correct, samples, layers } = result;
  const how = result.dialect === undefined ? result.engine : `${result.engine}, ${result.dialect}`;
  const rows = layers.map((layer): readonly Cell[] => [
    layer.name,
    layer.neurons === 0 ? "" : layer.neurons,
    grouped(layer.eventsIn),
    grouped(layer.eventsOut),
    grouped(layer.synapticOps),
    layer.rate === undefined ? "" : layer.rate.toFixed(4),
  ]);
  const lines = [
    `${correct}/${samples} correct (${percent(correct, samples)}), engine ${how}, dt ${result.dt}`,
    `${grouped(roundHalfEven(result.synopsPerSample))} synaptic operations per sample, sparsity ${percent(result.sparsity, 1)}`,
    ...(result.cycles === undefined
      ? []
      : [`${grouped(roundHalfEven(result.cycles / Math.max(samples, 1)))} clock cycles per sample`]),
    "",
    table(["layer", "neurons", "events in", "events out", "synaptic ops", "rate"], rows),
    "",
    confusionText(result.confusion),
  ];
  return lines.join("\n");
}

function confusionText(confusion: readonly (readonly number[])[]): string {
  if (confusion.length > 40) return `confusion of ${confusion.length} classes: see --json`;
  const head = ["label \\ class", ...confusion.map((_, k) => String(k))];
  return table(
    head,
    confusion.map((row, label) => [label, ...row.map((count) => (count === 0 ? "." : count))]),
  );
}
