import type { VirtualFile } from "@nirkit/backend";
import { assertSafePaths } from "@nirkit/backend";
import { NirkitError } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { emitFpga } from "../src/emit.ts";
import { fromArtefacts } from "../src/manifest.ts";
import { planFpga } from "../src/plan.ts";
import { acceptanceDesigns, convolutionDesigns, type Design, pattern } from "./designs.ts";
import { hasTool, isDeep, lint, runTool, withFolder } from "./outside.ts";
import { dense, network, population, randomNetwork, workedRows } from "./random-network.ts";
import { lintVerilog, moduleNames } from "./verilog-lint.ts";

const filesOf = ({ network: net, options }: Pick<Design, "network" | "options">): readonly VirtualFile[] =>
  emitFpga(planFpga(net, options));
const text = (files: readonly VirtualFile[], path: string): string =>
  files.find((file) => file.path === path)?.content as string;
const designs = [...acceptanceDesigns(), ...convolutionDesigns()];

const worked = network({
  input: { shape: [3], maxEvents: 2 },
  populations: [
    population("fc/lif 1", 2, {
      theta: Int32Array.of(48),
      stateBits: 8,
      leak: { form: "mul", mul: 3584, shift: 12, round: "zero" },
    }),
  ],
  projections: [dense("fc1", "in", "fc/lif 1", workedRows)],
});

const hostileNames = [
  "x); $finish; //",
  "*/ endmodule /*",
  'é\n`include "/etc/passwd"',
  "module",
  "Module",
  "9",
  "",
  "a".repeat(300),
];
function hostile(): Pick<Design, "network"> {
  const names = hostileNames;
  const populations = names.map((name) => population(name, 2, {}));
  return {
    network: network({
      input: { shape: [2], name: "in`\\\n" },
      populations,
      projections: names.map((name, k) =>
        dense(`w${name}`, names[k - 1] ?? "in`\\\n", name, pattern(2, 2, 3)),
      ),
    }),
  };
}

describe("emitted files", () => {
  test("the top module of the worked layer", () => {
    expect(text(filesOf({ network: worked, options: { pe: 2 } }), "rtl/snn_top.v")).toMatchSnapshot();
  });

  test("manifest, image and file names of the worked layer", () => {
    const files = filesOf({ network: worked, options: { pe: 2, design: "worked" } });
    expect(files.map((file) => file.path)).toMatchSnapshot();
    expect(text(files, "mem/fc_lif_1_w.mem")).toBe("e7\n4e\na3\n");
    expect(text(files, "manifest.json")).toMatchSnapshot();
    assertSafePaths(files);
  });

  test("the library is the same text in every design", () => {
    const library = (files: readonly VirtualFile[]): readonly VirtualFile[] =>
      files.filter(({ path }) => path.startsWith("rtl/nk_"));
    for (const design of designs)
      expect(library(filesOf(design))).toEqual(library(filesOf({ network: worked })));
  });

  test("the same network and options give the same bytes, without dates and absolute paths", () => {
    for (const design of designs) {
      const files = filesOf(design);
      expect(files).toEqual(filesOf(design));
      for (const { content } of files) expect(content).not.toMatch(/\b20\d\d-\d\d|\/(home|tmp|work|usr)\//);
    }
  });

  test("a lint without tools: balanced, declared, known ports, ASCII, at most 100 columns", () => {
    const random = Array.from({ length: 40 }, (_, seed) => ({
      ...randomNetwork(seed),
      options: { mul: "lut" as const, pe: 1 + (seed % 7) },
    }));
    for (const design of [...designs, ...random, hostile()]) {
      const files = filesOf(design).filter(({ path }) => path.endsWith(".v"));
      const library = new Map(
        files.map(({ path, content }) => [
          path.split("/").at(-1)?.slice(0, -2) as string,
          moduleNames(content as string),
        ]),
      );
      for (const { path, content } of files)
        if (path.startsWith("rtl/")) expect(lintVerilog(path, content as string, library)).toEqual([]);
        else
          expect(Math.max(...(content as string).split("\n").map((line) => line.length))).toBeLessThanOrEqual(
            100,
          );
    }
  });

  test("the lint sees what it looks for", () => {
    const library = new Map([["nk_ram", new Set(["clk"])]]);
    const bad =
      "module m(input wire a);\n  logic b;\n  nk_ram r (.clock(a), .clk(c));\n  always @* begin\nendmodule\n";
    expect(lintVerilog("m.v", bad, library)).toEqual([
      "m.v: SystemVerilog word logic",
      "m.v: begin and end do not balance",
      "m.v: nk_ram has no clock",
      "m.v: logic is not declared",
      "m.v: b is not declared",
      "m.v: c is not declared",
    ]);
  });

  test("hostile names become identifiers and harmless comments", () => {
    const files = filesOf(hostile());
    const top = text(files, "rtl/snn_top.v");
    const instances = [...top.matchAll(/\) u_(\w+) \(/g)].map((m) => m[1] as string);
    expect(instances).toEqual([
      "x_finish",
      "endmodule_n",
      "include_etc_passwd",
      "module_n",
      "Module_n_2",
      "n9",
      "n",
      "a".repeat(32),
    ]);
    expect(new Set(instances.map((name) => name.toLowerCase())).size).toBe(hostileNames.length);
    const code = top.replace(/\/\/.*$/gm, "");
    expect(code).not.toMatch(/[$`\\]/);
    expect(top).not.toMatch(/[^\x20-\x7e\n]/);
    expect(top).not.toMatch(/\*\//);
    for (const { path, content } of files)
      if (path !== "manifest.json") expect(content).not.toContain("`include");
  });
});

describe("fromArtefacts", () => {
  const files = filesOf({ network: worked, options: { pe: 2 } });
  const without = (path: string): VirtualFile[] => files.filter((file) => file.path !== path);
  const replaced = (path: string, content: string): VirtualFile[] => [...without(path), { path, content }];

  test("manifest and images give the plan again, and the same files", () => {
    const plan = fromArtefacts(
      files.filter(({ path }) => path === "manifest.json" || path.startsWith("mem/")),
    );
    expect(emitFpga(plan)).toEqual(files);
    const { artefacts, ...bare } = plan;
    expect(bare).toEqual(JSON.parse(JSON.stringify(planFpga(worked, { pe: 2 }))));
    expect(artefacts).toHaveLength(1);
  });

  test("files that are not what is emitted are refused: E_FPGA_ARTEFACT", () => {
    const manifest = text(files, "manifest.json");
    const image = "mem/fc_lif_1_w.mem";
    for (const [bad, why] of [
      [without("manifest.json"), /manifest.json.*missing/],
      [replaced("manifest.json", "{"), /not JSON/],
      [replaced("manifest.json", manifest.replace("nirkit-fpga/1", "nirkit-fpga/9")), /schema/],
      [replaced("manifest.json", manifest.replace('"inputs": 3', '"inputs": 4')), /4 inputs, 3 come in/],
      [replaced("manifest.json", manifest.replace('"depth": 3', '"depth": 2')), /wrong dimensions/],
      [replaced("manifest.json", manifest.replace('"words": 1', '"words": 2')), /wrong words/],
      [replaced("manifest.json", manifest.replace('"bias": 0', '"bias": null')), /no bias memory/],
      [without(image), /missing/],
      [replaced(image, "e7\n4e\n"), /2 lines, expected 3/],
      [replaced(image, "e7\n4e\ng3\n"), /line 3 is no word of 8 bits/],
    ] as const) {
      expect(() => fromArtefacts(bad)).toThrow(NirkitError);
      expect(() => fromArtefacts(bad)).toThrow(/E_FPGA_ARTEFACT/);
      expect(() => fromArtefacts(bad)).toThrow(why);
    }
  });
});

describe.runIf(hasTool("verilator"))("verilator --lint-only -Wall", () => {
  test("says nothing about the acceptance designs and hostile names", () => {
    const chosen = isDeep ? designs : designs.filter((_, k) => k % 3 === 0);
    for (const design of [...chosen, hostile()]) expect(lint(filesOf(design), "snn_top")).toBe("");
  }, 120_000);

  test.runIf(isDeep)(
    "says nothing about 200 random chains",
    () => {
      for (let seed = 0; seed < 200; seed++)
        expect(
          lint(filesOf({ ...randomNetwork(seed), options: { mul: "dsp", pe: 1 + (seed % 9) } }), "snn_top"),
        ).toBe("");
    },
    600_000,
  );

  test("says nothing about the bench", () => {
    const files = filesOf({ network: worked, options: { pe: 2 } });
    const said = withFolder(files, (folder) =>
      runTool(folder, "verilator", [
        "--lint-only",
        "--timing",
        "--top-module",
        "tb_top",
        "-y",
        "rtl",
        "tb/tb_top.v",
      ]),
    );
    expect(said.text).toBe("");
  });
});

describe.runIf(hasTool("yosys"))("Yosys", () => {
  const read = "read_verilog rtl/*.v; hierarchy -check -top snn_top; proc; opt; check -assert";
  const yosys = (files: readonly VirtualFile[], script: string): { code: number; text: string } =>
    withFolder(files, (folder) => runTool(folder, "yosys", ["-q", "-p", script]));

  test("hierarchy, proc, opt, check -assert find nothing wrong", () => {
    const chosen = isDeep
      ? designs
      : designs.filter(({ name }) => /recurrent|neuron|signed/.test(name)).slice(0, 4);
    for (const design of chosen) expect(yosys(filesOf(design), read).code, design.name).toBe(0);
  }, 120_000);

  test("synthesis for iCE40 ends without problems and keeps weights in block memory", () => {
    const design = designs.find(({ name }) =>
      name.startsWith("recurrent CubaLIF and LI readout, 2"),
    ) as Design;
    const files = filesOf({ ...design, options: { pe: 2, memStyle: "block" } });
    const result = withFolder(files, (folder) => runTool(folder, "yosys", ["scripts/yosys_ice40.ys"]));
    expect(result.code, result.text.slice(-2000)).toBe(0);
    expect(result.text).toMatch(/SB_RAM40/);
    expect(result.text).toMatch(/SB_LUT4/);
  }, 120_000);

  test("LUT RAM asked for without a board: the script of iCE40, which has none, still ends without problems", () => {
    const design = designs.find(({ name }) => name.startsWith("K = 2")) as Design;
    const files = filesOf({ ...design, options: { pe: 3, memStyle: "distributed" } });
    const result = withFolder(files, (folder) => runTool(folder, "yosys", ["-q", "scripts/yosys_ice40.ys"]));
    expect(result.code, result.text.slice(-2000)).toBe(0);
    expect(text(files, "scripts/yosys_ecp5.ys")).not.toContain("setattr");
  }, 120_000);

  test.runIf(isDeep)(
    "synthesis for ECP5 and Xilinx ends without problems",
    () => {
      for (const family of ["ecp5", "xilinx"]) {
        const result = withFolder(filesOf(designs[0] as Design), (folder) =>
          runTool(folder, "yosys", ["-q", `scripts/yosys_${family}.ys`]),
        );
        expect(result.code, result.text).toBe(0);
      }
    },
    600_000,
  );
});
