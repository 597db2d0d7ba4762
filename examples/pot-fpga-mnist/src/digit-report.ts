/** One design as a person reads it: measured, estimated and published apart. */
import type { CostFigure, VerifyReport } from "@nirkit/backend";
import type { ComparedArea } from "@nirkit/backend-fpga";
import { clockMhz, type DigitAccuracy, type DigitCycles } from "./digit-design.ts";
import { publishedDesigns } from "./published.ts";

/** Everything that is known of a design. */
export interface DigitFindings {
  readonly lanes: string;
  readonly cycles: DigitCycles;
  readonly proof: VerifyReport;
  /** Undefined where there is no Yosys. */
  readonly area: ComparedArea | undefined;
  readonly estimate: readonly CostFigure[];
}

/** Text for a terminal, with the tool or the method behind every number. */
export function digitReport(accuracy: DigitAccuracy, designs: readonly DigitFindings[]): string {
  const share = `${((100 * accuracy.correct) / accuracy.images).toFixed(2)} %`;
  const [spikes, shown] = [accuracy.hiddenSpikes.toFixed(0), accuracy.pixels.toFixed(0)];
  const method = designs[0]?.estimate.find(({ name }) => name === "LUT")?.method ?? "";
  return [
    row("accuracy", `${share}, ${accuracy.correct} of ${accuracy.images} test images, integer simulator`),
    row("work", `${shown} pixels that are not 0, ${spikes} hidden spikes per image`),
    ...designs.flatMap(measuredLines),
    "",
    "Estimated without any tool",
    ...designs.map(({ lanes, estimate }) => row(lanes, estimatedArea(estimate))),
    row("method", method),
    "",
    "Published, as abstracts state them: other boards, clocks and networks, nothing measured again",
    ...publishedDesigns.map(({ name, area, latency, accuracy: right, source }) =>
      [name.padEnd(34), area.padEnd(22), latency.padEnd(10), right.padEnd(9), source].join(" "),
    ),
  ].join("\n");
}

function measuredLines({ lanes, cycles, proof, area }: DigitFindings): string[] {
  const time = `${(cycles.mean / clockMhz).toFixed(1)} us at ${clockMhz} MHz, a clock that nothing was placed for`;
  return [
    "",
    `Measured, lanes ${lanes}`,
    row(
      "cycles",
      `${cycles.mean.toFixed(0)} per image, at most ${cycles.most}, ${cycles.images} images, exact model`,
    ),
    row("time", time),
    ...proof.runs.map(({ engine, ok, samples, skipped, cycles: clocked, version }) => {
      const equal = `${ok ? "equal" : "DIFFERS"} on ${samples} images`;
      const what =
        clocked === undefined ? "emitted files, loaded again" : `${clocked} cycles, ${version ?? ""}`;
      return row(engine, skipped === undefined ? `${equal}, ${what}` : `skipped: ${skipped}`);
    }),
    ...areaLines(area),
  ];
}

function estimatedArea(figures: readonly CostFigure[]): string {
  const of = (wanted: string): number =>
    figures.filter(({ name }) => name === wanted).reduce((total, { value }) => total + value, 0);
  return `${of("LUT")} LUT, ${of("FF")} FF, ${of("memory blocks")} RAMB36`;
}

function areaLines(area: ComparedArea | undefined): string[] {
  if (area === undefined) return [row("area", "skipped: yosys is not installed")];
  const { lut, ff, memory, lutMemory, dsp, tool, flow } = area;
  return [
    row("area", `${lut} LUT, ${ff} FF, ${memory} RAMB, ${lutMemory} RAM32M, ${dsp} DSP, registers included`),
    row("", `${tool}, ${flow}`),
  ];
}

function row(name: string, text: string): string {
  return `${name.padEnd(14)} ${text}`;
}
