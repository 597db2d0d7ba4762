/** The table on the terminal, and report.html. */
import { emitS2, simulateS2 } from "@nirkit/backend-spinnaker2";
import { gestureNames } from "@nirkit/events";
import type { Tensor } from "@nirkit/graph";
import { barSvg, confusionSvg, graphSvg, rasterSvg, renderReport, type Svg } from "@nirkit/report";
import { energyOfGesture, type GestureRun, type Row } from "./gesture-run.ts";
import { withTail } from "./samples.ts";

const percent = (correct: number, of: number): string => `${((100 * correct) / of).toFixed(2)} %`;

/** Points that a row loses against the float network. */
const lossOf = ({ float, test }: GestureRun, { chip }: Row): string =>
  ((100 * (float - chip.correct)) / test.length).toFixed(2);

const columns = ["network", "float simulator", "chip", "loss", "PEs", "spikes", "mJ at 0.5 V", "mJ at 0.8 V"];

function cells(run: GestureRun): readonly (readonly string[])[] {
  const of = run.test.length;
  return [
    ["float", percent(run.float, of), "", "", "", "", "", ""],
    ...run.rows.map((row) => {
      const { low, high } = energyOfGesture(row.cost);
      const { chip, quantized, simulated } = row;
      const [right, onChip] = [percent(simulated, of), percent(chip.correct, of)];
      const [pes, spikes] = [String(chip.pes), chip.spikes.toFixed(0)];
      return [quantized.name, right, onChip, lossOf(run, row), pes, spikes, low.toFixed(2), high.toFixed(2)];
    }),
  ];
}

/** The table as text. */
export function gestureTable(run: GestureRun): string {
  const rows = [columns, ...cells(run)];
  const widths = columns.map((_, c) => Math.max(...rows.map((row) => row[c]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0))).join("  ");
  return `${rows.map((row) => line(row).trimEnd()).join("\n")}\n`;
}

/**
 * One self-contained page: accuracies, layers, confusion, the chip's map and memory, spikes of one gesture.
 *
 * @param source where the samples come from, in words
 */
export function gestureReport(run: GestureRun, source: string): string {
  const { chosen, test, graph } = run;
  const { mapping } = chosen.chip;
  const files = new Map(emitS2(mapping).map(({ path, content }) => [path, content]));
  // The back end's drawings are markup that it escaped itself.
  const drawing = (path: string): Svg => String(files.get(path)) as Svg;
  const { low, high } = energyOfGesture(chosen.cost);
  const table = { kind: "table", columns, rows: cells(run) } as const;
  return renderReport({
    title: "Gestures on SpiNNaker2",
    subtitle: `${test.length} gestures of users that training has not seen: ${source}`,
    facts: [
      { label: "float", value: percent(run.float, test.length) },
      {
        label: "simulated chip",
        value: percent(chosen.chip.correct, test.length),
        note: "searched percentiles",
      },
      { label: "PEs", value: chosen.chip.pes },
      {
        label: "energy per gesture",
        value: `${low.toFixed(2)} mJ`,
        note: `estimate; ${high.toFixed(2)} mJ at 0.8 V`,
      },
    ],
    sections: [
      {
        title: "Accuracy",
        blocks: [
          { kind: "text", text: "8-bit weights, one scale per population, clipped at a percentile of |w|." },
          table,
          { kind: "figure", svg: accuracyBars(run), caption: "Correct on the simulated chip." },
          { kind: "figure", svg: confusion(run), caption: "Searched percentiles, simulated chip." },
        ],
      },
      {
        title: "Network",
        blocks: [
          { kind: "figure", svg: graphSvg(graph) },
          { kind: "code", text: String(files.get("layers.txt")), caption: "Layers on the chip." },
        ],
      },
      {
        title: "Chip",
        blocks: [
          { kind: "figure", svg: drawing("machine.svg"), caption: "Load of the PEs." },
          { kind: "figure", svg: drawing("memory.svg"), caption: "Memory of each PE." },
          {
            kind: "table",
            caption: "Estimate per gesture.",
            columns: ["figure", "value", "unit", "how", "source"],
            rows: chosen.cost.figures.map(({ name, value, unit, method, source }) => [
              name,
              Number(value.toPrecision(5)),
              unit,
              method,
              source,
            ]),
          },
        ],
      },
      { title: "Spikes", blocks: [{ kind: "figures", figures: spikeFigures(run) }] },
    ],
    footer: `graph ${mapping.graphHash}`,
  });
}

function accuracyBars({ float, rows, test }: GestureRun): Svg {
  const bar = (label: string, value: number) => ({ label, value, text: percent(value, test.length) });
  return barSvg({
    title: "Correct gestures",
    max: test.length,
    rows: [bar("float", float), ...rows.map(({ quantized, chip }) => bar(quantized.name, chip.correct))],
  });
}

function confusion({ chosen, test }: GestureRun): Svg {
  const matrix = gestureNames.map(() => gestureNames.map(() => 0));
  for (const [k, { label = 0 }] of test.entries()) {
    const row = matrix[label];
    const found = chosen.chip.classes[k] ?? 0;
    if (row !== undefined) row[found] = (row[found] ?? 0) + 1;
  }
  return confusionSvg({ title: "Confusion", matrix, classes: gestureNames });
}

/** Input and every layer of the first sample on the chip. */
function spikeFigures({
  chosen,
  test,
}: GestureRun): readonly { readonly svg: Svg; readonly caption: string }[] {
  const { mapping } = chosen.chip;
  const [sample] = test;
  if (sample === undefined) return [];
  const { input } = withTail(sample, mapping.latency);
  const { records } = simulateS2(mapping, input, { record: { populations: "all", signals: ["out"] } });
  const rasters: [string, Parameters<typeof rasterSvg>[0]["spikes"]][] = [...input];
  for (const [key, tensor] of records) rasters.push([key.replace(/\/out$/, ""), tensor as Tensor]);
  const caption = gestureNames[sample.label ?? 0] ?? "";
  return rasters.map(([name, spikes]) => ({
    svg: rasterSvg({ title: name, spikes }),
    caption: `${caption}, ${name}`,
  }));
}
