/**
 * Lanes side by side as in a dot product: registered operands, registered products, a registered tree of adders and one
 * accumulator. What is left of a design when memories and neurons are taken away, and where the kinds of weights differ
 * most. Every + 1 of a ones' complement goes into the carry of an adder of its own: N lanes, N − 1 adders of the tree and
 * the accumulator.
 */
import type { VirtualFile } from "@nirkit/backend";
import { library } from "../library/library.ts";
import { magnitudeBits, type WeightCode, type WeightCoding } from "../weight-code.ts";

/** An array of lanes. */
export interface LaneArray extends WeightCoding {
  /** A power of two. */
  readonly lanes: number;
  /** Signed bits of a value. */
  readonly valueBits: number;
  readonly accBits: number;
}

/** Name of its module. */
export const laneArrayTop = "nk_array";

const codes: Readonly<Record<WeightCode, number>> = {
  integer: 0,
  pot: 1,
  "pot-nozero": 2,
  shifts: 3,
  "signed-shifts": 4,
};

/** Bits of a product; a power of two leaves its + 1 to an adder. */
function productBits({ code, bits, valueBits }: LaneArray): number {
  return code === "integer" ? bits + valueBits : valueBits + magnitudeBits({ code, bits }) - 1;
}

/** `nk_array.v` and the library module it uses. */
export function laneArrayFiles(array: LaneArray): readonly VirtualFile[] {
  return [
    ...["nk_lane", "nk_shift"].map((name) => ({
      path: `${name}.v`,
      content: library.get(name) as string,
    })),
    { path: `${laneArrayTop}.v`, content: arrayText(array) },
  ];
}

function arrayText(array: LaneArray): string {
  const { lanes, code, bits, valueBits, accBits } = array;
  const pb = productBits(array);
  const levels = Math.log2(lanes);
  const hasCarry = code !== "integer";
  const sum = (a: string, b: string, carry: string, width: number): string =>
    hasCarry ? `carried_${width}(${a}, ${b}, ${carry})` : `${a} + ${b}`;
  const lines: string[] = [
    `module ${laneArrayTop} (`,
    "  input  wire clk,",
    `  input  wire [${lanes * bits - 1}:0] codes,`,
    `  input  wire [${lanes * valueBits - 1}:0] values,`,
    `  output reg  [${accBits - 1}:0] acc`,
    ");",
    `  initial acc = ${accBits}'d0;`,
    `  reg [${lanes * bits - 1}:0] w;`,
    `  reg [${lanes * valueBits - 1}:0] a;`,
    "  always @(posedge clk) begin w <= codes; a <= values; end",
    `  wire [${lanes * pb - 1}:0] terms;`,
    `  wire [${lanes - 1}:0] ones;`,
    "  genvar g;",
    `  generate for (g = 0; g < ${lanes}; g = g + 1) begin : g_lane`,
    `    nk_lane #(.CODE(${codes[code]}), .WB(${bits}), .VALB(${valueBits}), .VW(${valueBits}), .AB(${pb})) lane (`,
    `      .code(w[g*${bits} +: ${bits}]), .val(a[g*${valueBits} +: ${valueBits}]),`,
    `      .term(terms[g*${pb} +: ${pb}]), .one(ones[g])`,
    "    );",
    "  end endgenerate",
    `  reg [${lanes * pb - 1}:0] s0;`,
    `  reg [${lanes - 1}:0] c0;`,
    "  always @(posedge clk) begin s0 <= terms; c0 <= ones; end",
  ];
  const extended = (name: string, k: number, width: number, to: number): string =>
    `{{${to - width}{${name}[${k * width + width - 1}]}}, ${name}[${k * width} +: ${width}]}`;
  const functions: string[] = [];
  for (let level = 1; level <= levels; level++) {
    const count = lanes >> level;
    const from = pb + level - 1;
    const to = from + 1;
    if (hasCarry) functions.push(...carriedSum(to));
    lines.push(`  reg [${count * to - 1}:0] s${level};`, `  reg [${count - 1}:0] c${level};`);
    lines.push("  always @(posedge clk) begin");
    for (let k = 0; k < count; k++) {
      const [a, b] = [2 * k, 2 * k + 1].map((j) => extended(`s${level - 1}`, j, from, to)) as [
        string,
        string,
      ];
      // Of two carries that come along one is used here, the other waits.
      lines.push(
        `    s${level}[${k * to} +: ${to}] <= ${sum(a, b, `c${level - 1}[${2 * k}]`, to)};`,
        `    c${level}[${k}] <= c${level - 1}[${2 * k + 1}];`,
      );
    }
    lines.push("  end");
  }
  if (hasCarry) functions.push(...carriedSum(accBits));
  const last = `{{${accBits - pb - levels}{s${levels}[${pb + levels - 1}]}}, s${levels}}`;
  lines.push(`  always @(posedge clk) acc <= ${sum("acc", last, `c${levels}[0]`, accBits)};`, "endmodule");
  lines.splice(7, 0, ...functions);
  return `${lines.join("\n")}\n`;
}

/** The + 1 through the carry of one adder. */
function carriedSum(width: number): string[] {
  const high = width - 1;
  return [
    `  function [${high}:0] carried_${width};`,
    `    input [${high}:0] a;`,
    `    input [${high}:0] b;`,
    "    input c;",
    `    reg [${width}:0] sum;`,
    "    begin",
    "      sum = {a, 1'b1} + {b, c};",
    `      carried_${width} = sum[${width}:1];`,
    "    end",
    "  endfunction",
  ];
}
