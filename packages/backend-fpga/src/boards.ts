/** Devices that a design is counted against. Capacities are those of the vendors' product tables. */

/** One device. */
export interface Board {
  readonly name: string;
  readonly vendor: "amd" | "lattice" | "generic";
  readonly family: "xcup" | "xc7" | "ice40" | "ecp5" | "generic";
  readonly part: string;
  readonly lut: number;
  readonly ff: number;
  /** Blocks of the family's memory: RAMB36, 4 kbit (iCE40) or 18 kbit (ECP5). */
  readonly bram: number;
  readonly dsp: number;
}

/** Names of the presets. */
export const boardNames = [
  "generic",
  "zcu104",
  "kv260",
  "pynq-z2",
  "arty-a7-35",
  "hx8k",
  "up5k",
  "ulx3s-85",
] as const;

/** The presets. */
export const boards: readonly Board[] = [
  board("generic", "generic", "generic", "none", [Infinity, Infinity, Infinity, Infinity]),
  board("zcu104", "amd", "xcup", "xczu7ev-ffvc1156-2-e", [230400, 460800, 312, 1728]),
  board("kv260", "amd", "xcup", "xck26-sfvc784-2LV-c", [117120, 234240, 144, 1248]),
  board("pynq-z2", "amd", "xc7", "xc7z020clg400-1", [53200, 106400, 140, 220]),
  board("arty-a7-35", "amd", "xc7", "xc7a35ticsg324-1L", [20800, 41600, 50, 90]),
  board("hx8k", "lattice", "ice40", "iCE40HX8K-CT256", [7680, 7680, 32, 0]),
  board("up5k", "lattice", "ice40", "iCE40UP5K-SG48", [5280, 5280, 30, 8]),
  board("ulx3s-85", "lattice", "ecp5", "LFE5U-85F-6CABGA381", [83640, 83640, 208, 156]),
];

function board(
  name: (typeof boardNames)[number],
  vendor: Board["vendor"],
  family: Board["family"],
  part: string,
  [lut, ff, bram, dsp]: readonly [number, number, number, number],
): Board {
  return { name, vendor, family, part, lut, ff, bram, dsp };
}

/** The preset of a name; `generic` has no limits. */
export function boardNamed(name: (typeof boardNames)[number]): Board {
  return boards.find((b) => b.name === name) as Board;
}
