/** Spike rasters: step to the right, neuron upward, one dash per spike; two recordings can be laid over each other. */
import type { Events, Tensor } from "@nirkit/graph";
import { scaleLinear } from "d3-scale";
import { axisBelow, axisLeft, formatNumber, integerTicks, legend, type PlotArea } from "./axis.ts";
import { type FigureText, figure } from "./figure.ts";
import { compareGrids, type SpikeGrid, spikeGrid } from "./spike-grid.ts";
import { element, label, type Svg } from "./svg.ts";

/** What a raster shows. */
export interface RasterData extends FigureText {
  /** Recording `[T, ...shape]`; any entry that is not 0 is a spike. */
  readonly spikes: Tensor | Events;
  /** A second recording of the same size, such as the float simulation of the same layer. */
  readonly reference?: Tensor | Events;
  /** Words of the legend for the two recordings. */
  readonly names?: { readonly spikes: string; readonly reference: string };
  /** Name of the vertical axis. */
  readonly axis?: string;
}

// A figure beyond this many dashes is megabytes of text; the first neurons are drawn and the figure says so.
const maxDashes = 120_000;

/** One path for many cells: a horizontal dash per spike, in a grid whose unit is one step by one neuron. */
function dashes(cells: Uint32Array, neurons: number, drawn: number, length: number): string {
  let path = "";
  for (const cell of cells) {
    const neuron = cell % neurons;
    if (neuron < drawn) path += `M${(cell - neuron) / neurons} ${drawn - neuron - 0.5}h${length}`;
  }
  return path;
}

function drawCells(
  cells: Uint32Array,
  look: string,
  thickness: number,
  grid: SpikeGrid,
  drawn: number,
  area: PlotArea,
): Svg {
  const cellWidth = area.width / Math.max(grid.steps, 1);
  // Shorter than the cell so that neighbors in time stay apart; never below 1.2 units on screen, or it fades.
  const wish = cellWidth >= 4 ? Math.min(0.72, 9 / cellWidth) : 1;
  const length = Number(Math.max(wish, 1.2 / cellWidth).toFixed(2));
  const rowHeight = area.height / Math.max(drawn, 1);
  return element("path", {
    class: look,
    d: dashes(cells, grid.neurons, drawn, length),
    "stroke-width": Math.max(thickness, 1.3 / rowHeight),
    transform: `translate(${area.left} ${area.top}) scale(${cellWidth.toFixed(5)} ${rowHeight.toFixed(5)})`,
  });
}

function neuronsToDraw(grid: SpikeGrid, spikes: number): number {
  return spikes <= maxDashes ? grid.neurons : Math.max(1, Math.floor((grid.neurons * maxDashes) / spikes));
}

/**
 * A spike raster. With `reference`, spikes in both are drawn in the accent color, those of one recording alone in
 * the alert color (thick: only in `spikes`; thin: only in `reference`), and the description counts them.
 *
 * @throws RangeError when the two recordings differ in size
 * @example rasterSvg({ title: "hidden layer", spikes: trace.records.get("lif1/out") })
 */
export function rasterSvg(data: RasterData): Svg {
  const { names = { spikes: "integer", reference: "float" }, axis = "neuron" } = data;
  const grid = spikeGrid(data.spikes);
  const reference = data.reference === undefined ? undefined : spikeGrid(data.reference);
  if (reference !== undefined && (reference.steps !== grid.steps || reference.neurons !== grid.neurons))
    throw new RangeError(
      `rasterSvg: spikes are ${grid.steps} × ${grid.neurons}, reference ${reference.steps} × ${reference.neurons}`,
    );
  const drawn = neuronsToDraw(grid, Math.max(grid.cells.length, reference?.cells.length ?? 0));
  const top = reference === undefined ? 12 : 34;
  const area: PlotArea = { left: 64, top, width: 640, height: Math.min(420, Math.max(72, drawn * 12)) };
  const x = scaleLinear([0, grid.steps], [area.left, area.left + area.width]);
  const y = scaleLinear([0, drawn], [area.top + area.height, area.top]);
  const half = area.height / Math.max(drawn, 1) / 2;
  const parts: Svg[] = [
    ...axisLeft(
      y.copy().range([area.top + area.height - half, area.top - half]),
      area,
      axis,
      integerTicks(y, Math.min(drawn, 6)).filter((n) => n < drawn),
      false,
    ),
    element("path", { class: "line", d: `M${area.left} ${area.top}v${area.height}` }),
    ...axisBelow(x, area, "step", integerTicks(x, 10)),
  ];
  let description = `${formatNumber(grid.cells.length)} spikes of ${formatNumber(grid.neurons)} neurons in ${formatNumber(grid.steps)} steps.`;
  if (reference === undefined) parts.push(drawCells(grid.cells, "l0", 0.8, grid, drawn, area));
  else {
    const { both, onlyA, onlyB } = compareGrids(grid, reference);
    parts.push(drawCells(both, "l0", 0.8, grid, drawn, area));
    parts.push(drawCells(onlyA, "alert-line", 0.95, grid, drawn, area));
    parts.push(drawCells(onlyB, "alert-line", 0.35, grid, drawn, area));
    const swatch = (look: string, width: number): Svg =>
      element("path", { class: look, d: "M0 0h12", "stroke-width": width });
    parts.push(
      ...legend(area.left, 16, [
        { name: `both (${formatNumber(both.length)})`, swatch: swatch("l0", 8) },
        { name: `${names.spikes} only (${formatNumber(onlyA.length)})`, swatch: swatch("alert-line", 9) },
        { name: `${names.reference} only (${formatNumber(onlyB.length)})`, swatch: swatch("alert-line", 3) },
      ]),
    );
    description += ` ${formatNumber(both.length)} also in ${names.reference}; ${formatNumber(onlyA.length)} only in ${names.spikes}, ${formatNumber(onlyB.length)} only in ${names.reference}.`;
  }
  const height = area.top + area.height + 44;
  if (drawn < grid.neurons) {
    const words = `The first ${formatNumber(drawn)} of ${formatNumber(grid.neurons)} neurons are drawn.`;
    parts.push(label(area.left, height + 10, words, { class: "soft" }));
    description += ` ${words}`;
  }
  return figure(
    720,
    drawn < grid.neurons ? height + 20 : height,
    { title: data.title ?? "Spike raster", description: data.description ?? description },
    parts,
  );
}
