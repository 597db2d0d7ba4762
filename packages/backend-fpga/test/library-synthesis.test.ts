import { describe, expect, test } from "vitest";
import { library } from "../src/library/library.ts";
import { hasTool, isDeep, runTool, withFolder } from "./outside.ts";

const families = {
  xc7: "synth_xilinx -family xc7 -nodsp -nowidelut -flatten -noiopad -noclkbuf",
  xcup: "synth_xilinx -family xcup -nodsp -nowidelut -flatten -noiopad -noclkbuf",
  ice40: "synth_ice40",
  ecp5: "synth_ecp5 -nodsp",
} as const;

/** Parameters under which a module does what its defaults leave out. */
const settings: readonly (readonly [module: string, parameters: Readonly<Record<string, number>>])[] = [
  ["nk_sparse", { FORM: 1, NI: 12, K: 5, KW: 3, IAW: 4, WAW: 6 }],
  ["nk_sparse", { FORM: 2, NI: 12, K: 5, KW: 3, IAW: 4, WAW: 6 }],
  ["nk_sparse", { FORM: 3, NI: 12, K: 5, KW: 3, IAW: 4, WAW: 6, RUNB: 2 }],
  ["nk_grid", { VB: 10, SB: 8, STEP: 4 }],
  ["nk_grid", { VB: 10, SB: 8, STEP: 3 }],
  ["nk_level", { VB: 10, SB: 8, STEP: 3 }],
  ["nk_shift", { VALB: 9, MB: 3, TOP: 6, AB: 20 }],
  ["nk_lane", { CODE: 3, WB: 6, VALB: 9, VW: 9, AB: 20, T: 2, E1: 3, E2: 1 }],
  ["nk_lane", { CODE: 4, WB: 14, VALB: 9, VW: 9, AB: 24, T: 3, E1: 7, E2: 5, E3: 3 }],
  ["nk_image", { W: 72, DEPTH: 300, AW: 9, LOAD: 1, ID: 3 }],
  ["nk_store", { W: 36, DEPTH: 1024, AW: 10 }],
];

const files = [...library].map(([name, content]) => ({ path: `${name}.v`, content }));

function synthesized(module: string, parameters: Readonly<Record<string, number>>, flow: string): string {
  const set = Object.entries(parameters)
    .map(([name, value]) => `-set ${name} ${value}`)
    .join(" ");
  const chosen = set === "" ? "" : `chparam ${set} ${module}; `;
  return withFolder(files, (folder) => {
    const script = `read_verilog ${files.map(({ path }) => path).join(" ")}; ${chosen}${flow} -top ${module}; check -assert`;
    const { code, text } = runTool(folder, "yosys", ["-q", "-p", script]);
    return code === 0 ? "" : `${module} ${set}: ${text.slice(-500)}`;
  });
}

describe.runIf(hasTool("yosys"))("every module of the library in Yosys", () => {
  test("iCE40: sparse rows, grids, several shifts and loaded images", () => {
    const chosen = isDeep ? settings : settings.filter((_, k) => k % 4 === 2);
    for (const [module, parameters] of chosen)
      expect(synthesized(module, parameters, families.ice40)).toBe("");
  }, 600_000);

  for (const [family, flow] of Object.entries(families))
    test.runIf(isDeep)(
      `${family}: ${library.size} modules as they are, ${settings.length} with parameters`,
      () => {
        const all = [...[...library.keys()].map((module) => [module, {}] as const), ...settings];
        for (const [module, parameters] of all) expect(synthesized(module, parameters, flow)).toBe("");
      },
      3_600_000,
    );
});
