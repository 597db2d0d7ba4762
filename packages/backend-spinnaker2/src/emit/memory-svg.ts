/** The memory of every PE, region by region. */
import type { RegionName, S2Mapping } from "../map/mapping.ts";
import { memoryLayout, regionNames } from "../map/memory.ts";
import { box, label, svg } from "./svg.ts";

const colors: Readonly<Record<RegionName, string>> = {
  parameters: "#4e79a7",
  specification: "#9c9c9c",
  state: "#f28e2b",
  "input buffers": "#e15759",
  "source table": "#76b7b2",
  "row offsets": "#59a14f",
  synapses: "#edc948",
  "conv weights": "#b07aa1",
  "spike input": "#ff9da7",
  "spike record": "#9c755f",
  "voltage record": "#bab0ac",
};

const left = 210;
const width = 560;
const line = 13;

/** One bar per PE, from the first address of its parameters to the end of its data. */
export function drawMemory(mapping: S2Mapping): string {
  const rows = mapping.populations.flatMap((population) =>
    population.slices.map((slice) => ({ population, slice })),
  );
  const parts = rows.flatMap(({ population, slice }, k) => {
    const { start, end } = memoryLayout(mapping.profile, population.model, slice.stop - slice.start);
    const y = 44 + k * line;
    const name = population.name.length > 18 ? `${population.name.slice(0, 17)}~` : population.name;
    const bar = (address: number, bytes: number) => ({
      x: left + ((address - start) / (end - start)) * width,
      y,
      width: Math.max(0.5, (bytes / (end - start)) * width),
      height: line - 3,
    });
    return [
      label(4, y + 8, `PE ${slice.chip}/${slice.core}: ${name} ${slice.start} to ${slice.stop - 1}`),
      box(bar(start, end - start), "#f0f0f0", `${slice.freeBytes} bytes free`),
      ...slice.regions.map((region) =>
        box(
          bar(region.address, region.bytes),
          colors[region.name],
          `${region.name}: ${region.bytes} bytes at 0x${region.address.toString(16)}`,
        ),
      ),
    ];
  });
  const legend = regionNames.flatMap((name, k) => {
    const [x, y] = [left + (k % 6) * 95, 6 + Math.floor(k / 6) * 14];
    return [box({ x, y, width: 9, height: 9 }, colors[name]), label(x + 12, y + 8, name)];
  });
  return svg(left + width + 10, 54 + rows.length * line, "Memory per PE", [...legend, ...parts]);
}
