/** Per-layer report of a quantization as a person reads it: weights, then neurons, then what calibration showed. */
import type { NeuronReport, QuantizeReport, WeightReport } from "@nirkit/quantize";
import { type Cell, grouped, percent, table } from "../table.ts";

/** One column: its title, its cell, and whether a report has it at all. */
interface Column<R> {
  readonly title: string;
  readonly cell: (row: R) => Cell;
  readonly shown?: (row: R) => boolean;
}

const weightColumns: readonly Column<WeightReport>[] = [
  { title: "weights", cell: (w) => w.path },
  { title: "scheme", cell: (w) => `${w.scheme}:${w.bits}${w.axis === null ? "" : "/channel"}` },
  { title: "count", cell: (w) => grouped(w.weights) },
  { title: "alpha", cell: (w) => span(w.alpha) },
  { title: "scale", cell: (w) => span(w.scale) },
  { title: "SQNR dB", cell: (w) => (Number.isFinite(w.sqnrDb) ? w.sqnrDb.toFixed(1) : "exact") },
  { title: "clipped", cell: (w) => percent(w.clippedFraction, 1) },
  { title: "zero", cell: (w) => percent(w.zeroFraction, 1) },
  { title: "pruned", cell: (w) => percent(w.prunedFraction, 1), shown: (w) => w.prunedFraction > 0 },
  { title: "percentile", cell: (w) => w.percentile ?? "-", shown: (w) => w.percentile !== undefined },
];

const neuronColumns: readonly Column<NeuronReport>[] = [
  { title: "neurons", cell: (n) => n.path },
  { title: "type", cell: (n) => n.type },
  { title: "count", cell: (n) => grouped(n.neurons) },
  { title: "threshold", cell: (n) => span(n.theta) },
  { title: "factor", cell: (n) => number(n.thetaFactor ?? 1), shown: (n) => n.thetaFactor !== undefined },
  { title: "state bits", cell: (n) => n.stateBits },
  { title: "stored", cell: (n) => n.storedBits, shown: (n) => n.storedBits !== n.stateBits },
  { title: "frac", cell: (n) => n.fracBits },
  { title: "sum bits", cell: (n) => n.accumulatorBits },
  { title: "tau error", cell: (n) => percent(n.tauError, 1) },
  {
    title: "rate",
    cell: (n) =>
      n.rateBefore === undefined ? "-" : `${n.rateBefore.toFixed(4)} -> ${(n.rateAfter ?? 0).toFixed(4)}`,
    shown: (n) => n.rateBefore !== undefined,
  },
  {
    title: "cosine",
    cell: (n) => n.countCosine?.toFixed(4) ?? "-",
    shown: (n) => n.countCosine !== undefined,
  },
  {
    title: "saturates",
    cell: (n) => (n.saturates === true ? "yes" : "-"),
    shown: (n) => n.saturates === true,
  },
];

/** The tables; columns that say nothing for this report are left out. */
export function quantizationText(report: QuantizeReport): string {
  return [
    columnsTable(weightColumns, report.weights),
    "",
    columnsTable(neuronColumns, report.neurons),
    ...calibrationLines(report),
  ].join("\n");
}

function columnsTable<R>(columns: readonly Column<R>[], rows: readonly R[]): string {
  const kept = columns.filter(({ shown }) => shown === undefined || rows.some(shown));
  return table(
    kept.map(({ title }) => title),
    rows.map((row) => kept.map(({ cell }) => cell(row))),
  );
}

function calibrationLines({
  samples,
  accuracyBefore: before,
  accuracyAfter: after,
  scalingFellBack,
}: QuantizeReport): readonly string[] {
  const correct = (share: number): string => percent(share, 1);
  const accuracy =
    before === undefined || after === undefined
      ? []
      : [
          `accuracy on the ${samples} calibration samples: float ${correct(before)}, with rounded weights ${correct(after)}`,
        ];
  const fellBack =
    scalingFellBack === true
      ? ["the search found nothing better than plain scales on the whole network, which were taken"]
      : [];
  const lines = [...accuracy, ...fellBack];
  return lines.length === 0 ? [] : ["", ...lines];
}

function number(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function span([least, most]: readonly [number, number]): string {
  return least === most ? number(least) : `${number(least)} … ${number(most)}`;
}
