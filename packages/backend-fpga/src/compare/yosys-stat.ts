/** Resources in the report of Yosys' `stat -json`. */
import * as z from "zod";

const cellsSchema = z.record(z.string(), z.number());
const statSchema = z.object({ design: z.object({ num_cells_by_type: cellsSchema }) });

/** Cells of a synthesised design by what they are. */
export interface SynthesizedArea {
  readonly lut: number;
  readonly ff: number;
  readonly carry: number;
  readonly dsp: number;
  /** Block memories: RAMB18E1, RAMB36E1, SB_RAM40_4K, DP16KD. */
  readonly memory: number;
  /** LUTs used as memories: RAM32M and the like. */
  readonly lutMemory: number;
}

/** Cell types by resource, over the families that Yosys knows here. */
const kinds: readonly (readonly [keyof SynthesizedArea, RegExp])[] = [
  ["lut", /^(LUT[1-6]|SB_LUT4|LUT4|INV)$/],
  ["ff", /^(FD[A-Z0-9]*|SB_DFF\w*|TRELLIS_FF)$/],
  ["carry", /^(CARRY4|CARRY8|SB_CARRY|CCU2C)$/],
  ["dsp", /^(DSP48\w*|SB_MAC16|MULT18X18D)$/],
  ["memory", /^(RAMB\w*|SB_RAM\w*|DP16KD|URAM288)$/],
  ["lutMemory", /^(RAM(16|32|64|128|256)\w*|TRELLIS_DPR16X4)$/],
];

/**
 * Resources of one design.
 *
 * @example parseYosysStat('{"design":{"num_cells_by_type":{"LUT3":2,"LUT6":5,"FDRE":4}}}') // lut 7, ff 4
 */
export function parseYosysStat(json: string): SynthesizedArea {
  // Old versions print a line before the object.
  return areaOf(statSchema.parse(JSON.parse(json.slice(json.indexOf("{")))).design.num_cells_by_type);
}

/** Cells of a selection: Yosys leaves a comma behind, so that the list of cells alone is read. */
export function parseSelectedStat(text: string): SynthesizedArea {
  const list = text.lastIndexOf('"num_cells_by_type"');
  if (list < 0) return areaOf({});
  const start = text.indexOf("{", list);
  return areaOf(cellsSchema.parse(JSON.parse(text.slice(start, text.indexOf("}", start) + 1))));
}

function areaOf(cells: Readonly<Record<string, number>>): SynthesizedArea {
  const area = { lut: 0, ff: 0, carry: 0, dsp: 0, memory: 0, lutMemory: 0 };
  for (const [type, count] of Object.entries(cells))
    for (const [resource, pattern] of kinds) if (pattern.test(type)) area[resource] += count;
  return area;
}
