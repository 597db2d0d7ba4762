/**
 * The area estimate against stored runs of Yosys, design by design: what the estimate's own words on its error rest on.
 *
 * Usage: node --conditions=@nirkit/source bench/fpga-area.ts. The runs are made anew, for minutes, by
 * NIRKIT_DEEP=1 NIRKIT_WRITE_AREA=1 npx vitest run --project node packages/backend-fpga/test/area/stored-runs.test.ts
 */
import { readFileSync } from "node:fs";
import { estimateFpga, planFpga } from "../packages/backend-fpga/src/index.ts";
import { areaDesigns } from "../packages/backend-fpga/test/area/designs.ts";

interface Cells {
  readonly lut: number;
  readonly ff: number;
  readonly ramb36: number;
}

const file = new URL("../packages/backend-fpga/test/area/yosys.json", import.meta.url);
const stored = JSON.parse(readFileSync(file, "utf8")) as {
  readonly tool: string;
  readonly flow: string;
  readonly designs: Readonly<Record<string, Cells>>;
};

const worst = { fit: { lut: 0, ff: 0 }, others: { lut: 0, ff: 0 } };
console.log(`${stored.tool}, ${stored.flow}\n`);
console.log(`${"design".padEnd(36)}   LUT   est.        FF   est.      RAMB36   est.`);
for (const { name, network, options } of areaDesigns()) {
  const found = stored.designs[name] as Cells;
  const { figures } = estimateFpga(planFpga(network, { ...options, mul: "lut" }), new Map());
  const sum = (wanted: string): number =>
    figures.reduce((total, figure) => total + (figure.name === wanted ? figure.value : 0), 0);
  const [lut, ff] = [sum("LUT"), sum("FF")];
  const group = name.startsWith("check-") ? worst.others : worst.fit;
  group.lut = Math.max(group.lut, Math.abs(lut / found.lut - 1));
  group.ff = Math.max(group.ff, Math.abs(ff / found.ff - 1));
  const columns = [
    `${cell(found.lut)} ${cell(lut)} ${percent(lut / found.lut - 1)}`,
    `${cell(found.ff)} ${cell(ff)} ${percent(ff / found.ff - 1)}`,
    `${cell(found.ramb36)} ${cell(sum("memory blocks"))}`,
  ];
  console.log(`${name.padEnd(36)} ${columns.join("  ")}`);
}
for (const [group, { lut, ff }] of Object.entries(worst))
  console.log(`\nworst of the ${group}: LUT ${percent(lut)}, FF ${percent(ff)}`);

function cell(value: number): string {
  return String(value).padStart(5);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1).padStart(5)} %`;
}
