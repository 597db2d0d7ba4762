/** A comparison of designs as one table and its ratios. */
import type { ComparedDesign, ComparisonReport } from "@nirkit/backend-fpga";
import { type Cell, grouped, table } from "./table.ts";

/** The report as a person reads it. */
export function comparisonText(report: ComparisonReport): string {
  const isBuilt = report.designs.some(({ area }) => area.length > 0);
  const classes = isBuilt ? ["", classTable(report.designs)] : [];
  const parts = [areaTable(report.designs), ...classes, "", energyTable(report.designs)];
  if (report.ratios.length > 0) parts.push("", `Ratio to ${report.designs[0]?.label}`, ratioTable(report));
  parts.push("", ...Object.values(report.tiers), ...flowsOf(report.designs));
  return parts.join("\n");
}

function areaTable(designs: readonly ComparedDesign[]): string {
  return table(
    [
      "design",
      "accuracy",
      "cycles",
      "weight bits",
      "xc7 LUT",
      "FF",
      "DSP",
      "iCE40 LUT",
      "FF",
      "carry",
      "MHz",
      "memory bits",
    ],
    designs.map((design): readonly Cell[] => {
      const of = (family: string): ComparedDesign["area"][number] | undefined =>
        design.area.find((area) => area.family === family);
      const [xc7, ice40] = [of("xc7"), of("ice40")];
      return [
        design.label,
        design.accuracy === undefined ? "-" : `${(100 * design.accuracy).toFixed(1)} %`,
        grouped(Number(design.cyclesPerSample.toFixed(0))),
        grouped(design.weightBits),
        xc7?.lut ?? "-",
        xc7?.ff ?? "-",
        xc7?.dsp ?? "-",
        ice40?.lut ?? "-",
        ice40?.ff ?? "-",
        ice40?.carry ?? "-",
        ice40?.fmaxMhz?.toFixed(0) ?? "-",
        grouped(design.memoryBits),
      ];
    }),
  );
}

/** Cells by kind of layer. */
function classTable(designs: readonly ComparedDesign[]): string {
  const columns = (["xc7", "ice40"] as const).flatMap((family) =>
    (["multiBitLayers", "spikeLayers"] as const).flatMap((kind) =>
      (["lut", "ff"] as const).map((cell) => ({ family, kind, cell })),
    ),
  );
  const words = { multiBitLayers: "multi-bit", spikeLayers: "spikes", xc7: "xc7", ice40: "iCE40" };
  return table(
    [
      "design",
      ...columns.map(({ family, kind, cell }) => `${words[family]} ${words[kind]} ${cell.toUpperCase()}`),
    ],
    designs.map((design): readonly Cell[] => [
      design.label,
      ...columns.map(
        ({ family, kind, cell }) =>
          design.area.find((area) => area.family === family)?.classes[kind][cell] ?? "-",
      ),
    ]),
  );
}

function energyTable(designs: readonly ComparedDesign[]): string {
  const kilo = (value: number | undefined): string =>
    value === undefined ? "-" : grouped(Number((value / 1000).toFixed(0)));
  return table(
    [
      "design",
      "pJ ops",
      "kwt multi-bit",
      "spikes",
      "other",
      "nets",
      "clock",
      "memory",
      "whole",
      "lanes",
      "adders",
      "neurons",
    ],
    designs.map(({ label, operations, toggles, imported }): readonly Cell[] => [
      imported === undefined ? label : `${label} (${imported.tool}: ${imported.dynamicW} W dynamic)`,
      grouped(Number(operations.whole.toFixed(0))),
      kilo(toggles?.multiBitLayers),
      kilo(toggles?.spikeLayers),
      kilo(toggles?.outside),
      kilo(toggles?.nets),
      kilo(toggles?.clock),
      kilo(toggles?.memoryAccesses),
      kilo(toggles?.whole),
      kilo(toggles?.shares.lanes),
      kilo(toggles?.shares.adders),
      kilo(toggles?.shares["neuron update"]),
    ]),
  );
}

/** Ratios count as those of equal accuracy where the points are within 1. */
function ratioTable({ designs, ratios }: ComparisonReport): string {
  const [first] = designs;
  const points = (label: string): string => {
    const accuracy = designs.find((design) => design.label === label)?.accuracy;
    if (accuracy === undefined || first?.accuracy === undefined) return "-";
    return (100 * (accuracy - first.accuracy)).toFixed(1).replace("-0.0", "0.0");
  };
  const times = (value: number | undefined): string => (value === undefined ? "-" : value.toFixed(2));
  return table(
    [
      "design",
      "points",
      "xc7 LUT",
      "ops",
      "multi-bit nets",
      "with memory",
      "whole nets",
      "with clock, memory",
    ],
    ratios.map((r): readonly Cell[] => [
      r.label,
      points(r.label),
      times(r.lut),
      times(r.operations),
      times(r.multiBitNets),
      times(r.multiBitAll),
      times(r.wholeNets),
      times(r.wholeAll),
    ]),
  );
}

/** Every tool and flow behind the numbers, once. */
function flowsOf(designs: readonly ComparedDesign[]): readonly string[] {
  const flows = designs.flatMap(({ area }) => area.map(({ tool, flow }) => `${tool}: ${flow}`));
  return [...new Set(flows)];
}
