/** Toggles of an array of lanes on xc7, for streams and for fixed weights. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { VirtualFile } from "@nirkit/backend";
import { philox } from "@nirkit/integer";
import { type LaneArray, laneArrayFiles, laneArrayTop } from "../../src/compare/lane-array.ts";
import { readNetlist } from "../../src/compare/netlist.ts";
import { synthesisFlow } from "../../src/compare/synthesize.ts";
import { weighNets } from "../../src/compare/weighted-toggles.ts";
import { readVcdToggles } from "../../src/index.ts";
import { encodeWeight } from "../../src/weight-code.ts";
import { runTool } from "../outside.ts";
import { xc7Models } from "./xc7-cells.ts";

export interface ArrayActivity {
  /** Weighted toggles per cycle, data nets only. */
  readonly perCycle: number;
  readonly unmapped: number;
  readonly dumped: number;
}

/** Kinds of values: uniform 0 … 127, half-normal with half zeros, uniform −127 … 127. */
export type Values = "pix" | "relu" | "uni";

const cycles = 200;
const warmUp = 10;

type Draw = () => number;

function gaussian(draw: ReturnType<typeof philox>): Draw {
  return () => {
    const u = (draw.integer(2 ** 30) + 1) / 2 ** 30;
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * (draw.integer(2 ** 30) / 2 ** 30));
  };
}

function valueDrawn(kind: Values, random: ReturnType<typeof philox>, normal: Draw): number {
  if (kind === "pix") return random.integer(128);
  if (kind === "uni") return random.integer(255) - 127;
  if (random.integer(2) === 0) return 0;
  return Math.min(127, Math.trunc(Math.abs(normal()) * 42));
}

/** Weights of one network in every scheme: w / alpha in levels of the scheme, alpha the largest of many. */
function quantized(w: number, alpha: number, { code, bits }: LaneArray): number {
  const x = Math.min(1, Math.abs(w) / alpha);
  const sign = w < 0 ? -1 : 1;
  if (code === "integer") {
    const top = 2 ** (bits - 1) - 1;
    return sign * Math.trunc(x * top + 0.5);
  }
  const levels = 2 ** (bits - 1) - 1;
  if (x < 2 ** -levels) return 0;
  const exponent = Math.max(1 - levels, Math.trunc(Math.log2(x * Math.SQRT2) + 64) - 64);
  return sign * 2 ** (Math.min(0, exponent) + levels - 1);
}

/** Words of codes and values, and the sum that has to come out. */
function vectors(
  array: LaneArray,
  values: Values,
  isStream: boolean,
  seed: number,
): { lines: string[]; sum: number } {
  const random = philox(seed, "array");
  const normal = gaussian(random);
  const alpha = 3;
  const { lanes, bits, valueBits } = array;
  let weights = Array.from({ length: lanes }, normal);
  let sum = 0;
  const lines = Array.from({ length: cycles + warmUp }, () => {
    if (isStream) weights = Array.from({ length: lanes }, normal);
    let [codes, word] = [0n, 0n];
    weights.forEach((w, k) => {
      const weight = quantized(w, alpha, array);
      const value = valueDrawn(values, random, normal);
      sum += weight * value;
      codes |= BigInt.asUintN(bits, BigInt(encodeWeight(weight, array))) << BigInt(k * bits);
      word |= BigInt.asUintN(valueBits, BigInt(value)) << BigInt(k * valueBits);
    });
    return `${codes.toString(16)} ${word.toString(16)}`;
  });
  return { lines, sum };
}

function bench({ lanes, bits, valueBits, accBits }: LaneArray, sum: number): string {
  const want = BigInt.asUintN(accBits, BigInt(sum)).toString(16);
  return `\`timescale 1ps/1ps
module gate_tb;
  reg clk = 1'b0;
  reg [${lanes * bits - 1}:0] codes = 0;
  reg [${lanes * valueBits - 1}:0] values = 0;
  reg [${lanes * bits - 1}:0] c;
  reg [${lanes * valueBits - 1}:0] v;
  wire [${accBits - 1}:0] acc;
  integer file, cycle = 0;
  ${laneArrayTop} dut (.clk(clk), .codes(codes), .values(values), .acc(acc));
  always #50000 clk = !clk;
  initial begin
    file = $fopen("vectors.txt", "r");
    $dumpfile("gate.vcd");
    $dumpvars(1, dut);
    $dumpoff;
  end
  always @(posedge clk) begin
    cycle = cycle + 1;
    if ($fscanf(file, "%h %h", c, v) == 2) begin codes <= c; values <= v; end
    else begin codes <= 0; values <= 0; end
    if (cycle == ${warmUp}) $dumpon;
    if (cycle == ${warmUp + cycles}) $dumpoff;
    if (cycle == ${warmUp + cycles + 20}) begin
      $display("%s", (acc === ${accBits}'h${want}) ? "ARRAY_PASS" : "ARRAY_FAIL");
      $finish;
    end
  end
endmodule
`;
}

/** One synthesised array, run with several kinds of data. */
export async function arrayToggles(
  array: LaneArray,
  runs: readonly { readonly values: Values; readonly isStream: boolean; readonly seeds: readonly number[] }[],
): Promise<readonly ArrayActivity[]> {
  const files = [...laneArrayFiles(array), { path: "models.v", content: xc7Models() }];
  return withFolderAsync(files, async (folder) => {
    // Shift registers in LUTs would hide what toggles in them.
    const flow = `${synthesisFlow("xc7", laneArrayTop, false)} -nosrl`;
    const script = `read_verilog nk_lane.v ${laneArrayTop}.v; ${flow}; write_verilog -noattr net.v; design -reset; read_verilog net.v; write_json net.json`;
    const made = runTool(folder, "yosys", ["-q", "-p", script]);
    if (made.code !== 0) throw new Error(made.text);
    const netlist = readNetlist(readFileSync(join(folder, "net.json"), "utf8"), laneArrayTop);
    const found: ArrayActivity[] = [];
    for (const { values, isStream, seeds } of runs) {
      let [total, dumped, unmapped] = [0, 0, 0];
      for (const seed of seeds) {
        const { lines, sum } = vectors(array, values, isStream, seed);
        runTool(folder, "sh", ["-c", `cat > vectors.txt <<'E'\n${lines.join("\n")}\nE`]);
        runTool(folder, "sh", ["-c", `cat > gate_tb.v <<'E'\n${bench(array, sum)}\nE`]);
        const built = runTool(folder, "iverilog", [
          "-g2005",
          "-s",
          "gate_tb",
          "-o",
          "a.vvp",
          "gate_tb.v",
          "models.v",
          "net.v",
        ]);
        if (built.code !== 0) throw new Error(built.text);
        const ran = runTool(folder, "timeout", ["300", "vvp", "-n", "a.vvp"]);
        if (!ran.text.includes("ARRAY_PASS")) throw new Error(`${array.code} ${array.bits}: ${ran.text}`);
        const weighed = weighNets(
          await readVcdToggles([readFileSync(join(folder, "gate.vcd"), "utf8")]),
          netlist,
          [],
        );
        total += Object.values(weighed.byLayer.get("") ?? {}).reduce((a, b) => a + b, 0);
        dumped = weighed.dumped;
        unmapped = weighed.unmapped;
      }
      found.push({ perCycle: total / seeds.length / cycles, dumped, unmapped });
    }
    return found;
  });
}

async function withFolderAsync<T>(
  files: readonly VirtualFile[],
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const { mkdtempSync, rmSync, writeFileSync } = await import("node:fs");
  const { tmpdir } = await import("node:os");
  const folder = mkdtempSync(join(tmpdir(), "nirkit-array-"));
  try {
    for (const { path, content } of files) writeFileSync(join(folder, path), content);
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
