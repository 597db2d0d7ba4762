import type { VirtualFile } from "@nirkit/backend";
import { describe, expect, test } from "vitest";
import { benchFiles } from "../src/bench.ts";
import { emitFpga } from "../src/emit.ts";
import { planFpga } from "../src/plan.ts";
import { acceptanceDesigns, convolutionDesigns, type Design } from "./designs.ts";
import { hasTool, icarus, isDeep, verilator } from "./outside.ts";
import { randomMaps } from "./random-maps.ts";
import { randomNetwork } from "./random-network.ts";

function designFiles({ network, inputs, options }: Design): { files: VirtualFile[]; expected: string } {
  const plan = planFpga(network, options);
  const bench = benchFiles(plan, inputs);
  return {
    files: [...emitFpga(plan), ...bench.files],
    expected: `NIRKIT_SEED 4e49524b\nNIRKIT_PASS beats=${bench.beats.length} cycles=${bench.cycles}\n`,
  };
}

/** The read of a memory that is written at run time. */
const collision = /(q <=) (mem\[raddr\])/;

describe.runIf(hasTool("iverilog"))(
  "emitted RTL in Icarus: every beat, every cycle, and again under back-pressure",
  () => {
    for (const design of [...acceptanceDesigns(), ...convolutionDesigns()])
      test(design.name, () => {
        const { files, expected } = designFiles(design);
        expect(icarus(files)).toBe(expected);
      });

    test(`a word read while it is written is never used: unknown bits in its place change nothing in ${isDeep ? "all" : 6} designs`, () => {
      const all = [...acceptanceDesigns(), ...convolutionDesigns()];
      const chosen = isDeep ? all : all.filter((_, k) => k % Math.ceil(all.length / 6) === 0);
      for (const design of chosen) {
        const { files, expected } = designFiles(design);
        const strict = files.map((file) =>
          file.path === "rtl/nk_ram.v"
            ? {
                ...file,
                content: (file.content as string).replace(
                  collision,
                  `$1 ((we && waddr == raddr) ? {W{1'bx}} : $2)`,
                ),
              }
            : file,
        );
        expect(strict).not.toEqual(files);
        expect(icarus(strict), design.name).toBe(expected);
      }
    });

    test("a flipped weight bit fails at its beat", () => {
      const { files } = designFiles(acceptanceDesigns()[0] as Design);
      const broken = files.map((file) =>
        file.path === "mem/l1_w.mem" ? { ...file, content: "e0\n4e\na3\n" } : file,
      );
      expect(icarus(broken)).toMatch(/NIRKIT_FAIL first=0 exp=00400000 got=40000000 layer=l1\n$/);
    });

    test("a cycle more or less than expected fails", () => {
      const { files } = designFiles(acceptanceDesigns()[1] as Design);
      const late = files.map((file) =>
        file.path === "tb/cycles.mem"
          ? { ...file, content: `${(Number.parseInt(file.content as string, 16) + 1).toString(16)}\n` }
          : file,
      );
      expect(icarus(late)).toMatch(/NIRKIT_FAIL first=\d+ exp=[0-9a-f]+ got=[0-9a-f]+ layer=cycles\n$/);
    });

    test("a beat too few or too many fails", () => {
      const { files } = designFiles(acceptanceDesigns()[0] as Design);
      const change = (edit: (lines: string[]) => string[]): string =>
        icarus(
          files.map((file) =>
            file.path === "tb/exp.mem"
              ? { ...file, content: `${edit((file.content as string).trimEnd().split("\n")).join("\n")}\n` }
              : file,
          ),
        );
      expect(change((lines) => lines.slice(0, -1))).toMatch(
        /NIRKIT_FAIL first=\d+ exp=none got=80000000 layer=l1\n$/,
      );
      expect(change((lines) => [...lines, "40000000"])).toMatch(
        /NIRKIT_FAIL first=\d+ exp=40000000 got=timeout layer=l1\n$/,
      );
    });

    test("beats that break the rules are dropped and remembered: kind, address, value and TLAST", () => {
      const { files, expected } = designFiles(acceptanceDesigns()[0] as Design);
      const bad = ["c0000000", "00400003", "00800000"];
      const withBad = files
        .map((file) =>
          file.path === "tb/in.mem" ? { ...file, content: `${bad.join("\n")}\n${file.content}` } : file,
        )
        .filter((file) => file.path !== "tb/cycles.mem");
      // Status bits [4:1] are { TLAST, value, address, kind }; the bench drives TLAST right.
      expect(icarus(withBad)).toMatch(/exp=0 got=7 layer=status\n$/);
      const told = withBad.map((file) =>
        file.path === "tb/tb_top.v"
          ? { ...file, content: (file.content as string).replace("want_bad = 4'd0", "want_bad = 4'd7") }
          : file,
      );
      expect(icarus(told).replace(/cycles=\d+/, "")).toBe(expected.replace(/cycles=\d+/, ""));
    });

    test(`${isDeep ? 150 : 12} random chains`, () => {
      for (let seed = 0; seed < (isDeep ? 150 : 12); seed++) {
        const { network, input } = seed % 2 === 1 ? randomMaps(1000 + seed) : randomNetwork(1000 + seed);
        const options = {
          pe: 1 + (seed % 5),
          mul: "lut",
          fifoDepth: [0, 2, 16][seed % 3] as number,
        } as const;
        const { files, expected } = designFiles({ name: "", network, inputs: [input, input], options });
        expect(icarus(files), `seed ${1000 + seed}`).toBe(expected);
      }
    }, 600_000);
  },
);

describe.runIf(hasTool("verilator"))("emitted RTL in Verilator", () => {
  const all = acceptanceDesigns();
  const chosen = isDeep
    ? all
    : all.filter(({ name }) => name.startsWith("recurrent CubaLIF and LI readout, 2"));
  for (const design of chosen)
    test(design.name, () => {
      const { files, expected } = designFiles(design);
      expect(verilator(files)).toContain(expected);
    }, 120_000);

  test.runIf(isDeep)(
    "40 random chains",
    () => {
      for (let seed = 0; seed < 40; seed++) {
        const { network, input } = randomNetwork(2000 + seed);
        const options = {
          pe: 1 + (seed % 9),
          mul: "dsp",
          fifoDepth: [0, 4, 16][seed % 3] as number,
        } as const;
        const { files, expected } = designFiles({ name: "", network, inputs: [input], options });
        expect(verilator(files), `seed ${2000 + seed}`).toContain(expected);
      }
    },
    1_800_000,
  );
});
