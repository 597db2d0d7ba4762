import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commentName, isReservedName, NameLegalizer } from "../src/legalize-name.ts";

describe("NameLegalizer", () => {
  test("names and what they become", () => {
    const names = new NameLegalizer();
    const made = [
      "lif1",
      "LIF1",
      "block/lif",
      "x); $finish; //",
      "wire",
      "entity",
      "logic",
      "42",
      "",
      "__a__b__",
      "nk_ram",
      "tb_top",
    ];
    expect(made.map((name) => names.legalize(name))).toEqual([
      "lif1",
      "LIF1_2",
      "block_lif",
      "x_finish",
      "wire_n",
      "entity_n",
      "logic_n",
      "n42",
      "n",
      "a_b",
      "nk_ram_n",
      "tb_top_n",
    ]);
  });

  test("any names become legal in Verilog and VHDL, unique without regard to case", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { maxLength: 20 }), (given) => {
        const names = new NameLegalizer();
        const made = given.map((name) => names.legalize(name));
        expect(new Set(made.map((name) => name.toLowerCase())).size).toBe(made.length);
        for (const name of made) {
          expect(name).toMatch(/^[A-Za-z](_?[A-Za-z0-9])*$/);
          expect(isReservedName(name)).toBe(false);
        }
      }),
      { seed: 3 },
    );
  });
});

describe("commentName", () => {
  test("nothing in a comment can end it or start a directive", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        expect(commentName(name)).toMatch(/^[\x20-\x7e]{0,60}$/);
        expect(commentName(name)).not.toMatch(/[\\`]|\*\/|\/\*/);
      }),
      { seed: 4 },
    );
    expect(commentName("a\n*/b\\`é")).toBe("a???b???");
  });
});
