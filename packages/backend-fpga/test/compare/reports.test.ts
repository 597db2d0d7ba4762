import { describe, expect, test } from "vitest";
import { readNetlist } from "../../src/compare/netlist.ts";
import { parseNextpnrReport } from "../../src/compare/place.ts";
import { assertMapped } from "../../src/compare/simulate-gates.ts";
import { weighNets } from "../../src/compare/weighted-toggles.ts";
import { parseVivadoPower, parseYosysStat, readVcdToggles } from "../../src/index.ts";

const dump = `$timescale 1ps $end
$scope module dut $end
$var wire 1 ! \\u_l1.ready $end
$var wire 4 " \\u_l1.a_new [5:2] $end
$var wire 1 ! \\u_l1.copy $end
$upscope $end
$enddefinitions $end
#0
x!
bx "
#1
0!
b0 "
#2
1!
b101 "
#3
0!
b1110 "
#4
bx1 "
`;

describe("readVcdToggles", () => {
  test("counts 0 to 1 and 1 to 0 per bit: 2 for the wire, 2 1 2 1 for the vector; x to a value is none", async () => {
    const [ready, sum, copy] = await readVcdToggles([dump]);
    expect(ready).toMatchObject({ name: "u_l1.ready", low: 0, toggles: Float64Array.of(2) });
    // 0000 -> 0101 -> 1110 -> xxx1: bits 0 and 2 up, then 0 down, 1 and 3 up, then 0 up.
    expect(sum).toMatchObject({ name: "u_l1.a_new", low: 2, toggles: Float64Array.of(3, 1, 1, 1) });
    expect(copy?.toggles).toEqual(Float64Array.of(2));
  });

  test("a dump in pieces of 1 character reads as the whole", async () => {
    expect(await readVcdToggles([...dump])).toEqual(await readVcdToggles([dump]));
  });
});

const netlist = readNetlist(
  JSON.stringify({
    modules: {
      top: {
        ports: {
          aclk: { direction: "input", bits: [2] },
          out: { direction: "output", bits: [3] },
        },
        cells: {
          a: { type: "NK_LUT4", connections: { I0: [5], I1: [5], I2: ["0"], O: [3] } },
          ff: { type: "SB_DFF", connections: { C: [2], D: [3], Q: [5] } },
        },
        netnames: {
          aclk: { bits: [2] },
          out: { bits: [3] },
          "u_l1.a_new": { bits: [3, "0", 5, 5] },
          "u_l1.state": { bits: [5] },
        },
      },
    },
  }),
  "top",
);

describe("weighted toggles", () => {
  test("fan-out counts pins and outputs: the LUT drives 2, the flip-flop 2, the clock is a clock", () => {
    expect(netlist.nets.get(3)).toMatchObject({ fanOut: 2, driver: "NK_LUT4", isClock: false });
    expect(netlist.nets.get(5)).toMatchObject({ fanOut: 2, driver: "SB_DFF" });
    expect(netlist.nets.get(2)?.isClock).toBe(true);
  });

  test("a net with two names counts once, constants and the clock not at all: 7 * 3 + 4 * 3", () => {
    const found = weighNets(
      [
        { name: "aclk", low: 0, toggles: Float64Array.of(100) },
        { name: "u_l1.a_new", low: 0, toggles: Float64Array.of(7, 9, 4, 4) },
        { name: "u_l1.state", low: 0, toggles: Float64Array.of(4) },
      ],
      netlist,
      ["l1"],
    );
    expect(found.byLayer.get("l1")).toMatchObject({ adders: 33, control: 0 });
    expect(found).toMatchObject({ dumped: 6, unmapped: 0 });
  });

  test("2 of 100 names without a net is refused, 1 of 100 is not", () => {
    expect(() => assertMapped({ dumped: 100, unmapped: 1 })).not.toThrow();
    expect(() => assertMapped({ dumped: 100, unmapped: 2 })).toThrow(/2 of 100 bits/);
  });
});

describe("reports of tools", () => {
  test("stat -json: LUTs with inverters 9, FF 5, carry 2, block memories 1, LUT memories 3", () => {
    const cells = {
      LUT1: 1,
      LUT6: 7,
      INV: 1,
      FDRE: 4,
      FDSE: 1,
      CARRY4: 2,
      RAMB36E1: 1,
      RAM32M: 3,
      DSP48E1: 2,
    };
    expect(parseYosysStat(`\n${JSON.stringify({ design: { num_cells_by_type: cells } })}`)).toEqual({
      lut: 9,
      ff: 5,
      carry: 2,
      dsp: 2,
      memory: 1,
      lutMemory: 3,
    });
  });

  test("nextpnr: the slowest of two clocks", () => {
    expect(parseNextpnrReport('{"fmax":{"a":{"achieved":120.5},"b":{"achieved":98}}}')).toBe(98);
    expect(parseNextpnrReport('{"fmax":{}}')).toBeUndefined();
  });

  test("report_power: tool, device, 0.231 W of which 0.125 W dynamic; other text is none", () => {
    const text = [
      "| Tool Version     : Vivado v.2023.2",
      "| Device           : xc7z020clg400-1",
      "| Total On-Chip Power (W)  | 0.231        |",
      "| Dynamic (W)              | 0.125        |",
    ].join("\n");
    expect(parseVivadoPower(text)).toEqual({
      tool: "Vivado v.2023.2",
      device: "xc7z020clg400-1",
      totalW: 0.231,
      dynamicW: 0.125,
    });
    expect(parseVivadoPower("no report")).toBeUndefined();
  });
});
