import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { estimateFpga } from "../../src/estimate.ts";
import { planFpga } from "../../src/plan.ts";
import { areaDesigns } from "./designs.ts";

interface Measured {
  readonly lut: number;
  readonly ff: number;
  readonly ramb36: number;
}
const stored = JSON.parse(readFileSync(new URL("yosys.json", import.meta.url), "utf8")) as {
  readonly tool: string;
  readonly flow: string;
  readonly designs: Readonly<Record<string, Measured>>;
};

/** LUT, FF and blocks of a design by the closed form. */
function estimated({ network, options }: ReturnType<typeof areaDesigns>[number]): Measured {
  const { figures } = estimateFpga(planFpga(network, { ...options, mul: "lut" }), new Map());
  const sum = (name: string): number =>
    figures.filter((figure) => figure.name === name).reduce((total, { value }) => total + value, 0);
  return { lut: sum("LUT"), ff: sum("FF"), ramb36: sum("memory blocks") };
}

const rows = areaDesigns().map((design) => {
  const measured = stored.designs[design.name] as Measured;
  const found = estimated(design);
  const off = (key: "lut" | "ff"): number => (found[key] - measured[key]) / measured[key];
  return { name: design.name, lut: off("lut"), ff: off("ff"), blocks: found.ramb36 - measured.ramb36 };
});
const worst = (of: typeof rows, key: "lut" | "ff"): number =>
  Math.max(...of.map((row) => Math.abs(row[key])));
const fitted = rows.filter(({ name }) => !name.startsWith("check-"));
const unseen = rows.filter(({ name }) => name.startsWith("check-"));

describe("the area estimate against stored Yosys runs", () => {
  test("every design is stored, with tool and flow", () => {
    expect(Object.keys(stored.designs).sort()).toEqual(
      areaDesigns()
        .map(({ name }) => name)
        .sort(),
    );
    expect(stored.tool).toMatch(/^Yosys \d/);
    expect(stored.flow).toMatch(/-nodsp -nowidelut/);
  });

  test("25 designs of the fit: LUT within 7 %, FF within 6 %", () => {
    expect(fitted).toHaveLength(25);
    expect(worst(fitted, "lut"), JSON.stringify(fitted)).toBeLessThan(0.07);
    expect(worst(fitted, "ff"), JSON.stringify(fitted)).toBeLessThan(0.06);
  });

  test("6 designs that took no part in it: LUT within 9 %, FF within 6 %", () => {
    expect(unseen).toHaveLength(6);
    expect(worst(unseen, "lut"), JSON.stringify(unseen)).toBeLessThan(0.09);
    expect(worst(unseen, "ff"), JSON.stringify(unseen)).toBeLessThan(0.06);
  });

  test("registers and readout are a part of their own, none where a design has none", () => {
    const [design] = areaDesigns().filter(({ name }) => name === "registers-64-32-10-w4-p2");
    const parts = (axiLite: boolean): readonly (string | undefined)[] => {
      const { network, options } = design as ReturnType<typeof areaDesigns>[number];
      return estimateFpga(planFpga(network, { ...options, axiLite }), new Map()).figures.map(
        ({ part }) => part,
      );
    };
    expect(parts(true)).toContain("registers");
    expect(parts(false)).not.toContain("registers");
  });

  test("memory blocks are exact but for one image of 64 x 4096, which Yosys packs into half a RAMB36 less", () => {
    const different = rows.filter(({ blocks }) => blocks !== 0);
    expect(different.map(({ name, blocks }) => [name, blocks])).toEqual([["lif-mul-256x128-w8-p8", 0.5]]);
  });
});
