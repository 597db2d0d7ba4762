/** The chip's grid with the load of every PE. */
import { qpes } from "../map/machine.ts";
import type { S2Mapping, S2Slice } from "../map/mapping.ts";
import { memoryLayout } from "../map/memory.ts";
import { box, heat, label, svg } from "./svg.ts";

const cell = 44;
const half = 20;
const gridWidth = 8 * cell;
const gridHeight = 7 * cell;

/** One grid per chip that is used; a PE is as dark as its data memory is full. */
export function drawMachine(mapping: S2Mapping): string {
  const placed = mapping.populations.flatMap((population) =>
    population.slices.map((slice) => ({ population, slice })),
  );
  const chips = [...new Set(placed.map(({ slice }) => slice.chip))].sort((a, b) => a - b);
  const parts = chips.flatMap((chip, k) => {
    const [left, top] = [(k % 4) * gridWidth, 24 + Math.floor(k / 4) * (gridHeight + 20)];
    const own = placed.filter(({ slice }) => slice.chip === chip);
    return [
      label(left + 12, top + 4, `chip ${chip}: ${own.length} of 148 PEs`, 'font-size="11"'),
      ...qpes.flatMap(([x, y]) =>
        Array.from({ length: 4 }, (_, pe) => box(placeOf(left, top, [x, y, pe]), "#f0f0f0")),
      ),
      ...legend(left + 12, top + gridHeight - cell + 14),
      ...own.map(({ population, slice }) => {
        const share = usedShare(mapping, population.model, slice);
        const tip = `core ${slice.core}, slice ${slice.id}: ${population.name} ${slice.start} to ${slice.stop - 1} (${population.model}), memory ${Math.floor(share * 100)} %`;
        return box(placeOf(left, top, slice.qpe), heat(share), tip);
      }),
    ];
  });
  const rows = Math.max(1, Math.ceil(chips.length / 4));
  return svg(
    Math.max(1, Math.min(4, chips.length)) * gridWidth,
    24 + rows * (gridHeight + 20),
    "Load per PE",
    parts,
  );
}

/** What the shades mean. */
function legend(left: number, top: number): string[] {
  const shades = [0, 0.25, 0.5, 0.75, 1];
  return [
    label(left, top + 8, "memory in use"),
    ...shades.flatMap((share, k) => {
      const x = left + 92 + k * 48;
      return [
        box({ x, y: top, width: 10, height: 10 }, heat(share)),
        label(x + 13, top + 8, `${100 * share} %`),
      ];
    }),
  ];
}

/** Share of the data area of a slice's PE that is used. */
function usedShare(
  { profile }: S2Mapping,
  model: Parameters<typeof memoryLayout>[1],
  slice: S2Slice,
): number {
  const { data, end } = memoryLayout(profile, model, slice.stop - slice.start);
  return 1 - slice.freeBytes / (end - data);
}

function placeOf(
  left: number,
  top: number,
  [x, y, pe]: readonly [number, number, number],
): { x: number; y: number; width: number; height: number } {
  return {
    x: left + 12 + (x - 1) * cell + (pe % 2) * half,
    y: top + 10 + (6 - y) * cell + Math.floor(pe / 2) * half,
    width: half - 1,
    height: half - 1,
  };
}
