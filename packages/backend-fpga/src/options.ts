/** Options of the FPGA back end: every one changes what is emitted or estimated. */
import * as z from "zod";
import { boardNames } from "./boards.ts";
import { type ReadoutName, readoutNames } from "./readout.ts";

/** Schema of {@link FpgaOptions}; the descriptions are the help texts of the command line. */
export const fpgaOptionsSchema: z.ZodType<FpgaOptions> = z
  .object({
    design: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9_]{0,39}$/, "letters, digits and _, starting with a letter, at most 40")
      .default("snn")
      .describe("Name of the design: the top module is <design>_top"),
    pe: z
      .number()
      .int()
      .min(1)
      .max(1024)
      .optional()
      .describe("Lanes per layer (P): neurons updated in one cycle; default 8"),
    reuse: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe("Instead of pe: words per weight row, P = ceil(neurons / reuse)"),
    lanes: z
      .string()
      .optional()
      .describe("Lanes of single layers, NODE=P separated by commas; wins over pe and reuse"),
    targetFps: z
      .number()
      .positive()
      .optional()
      .describe("Samples per second that every layer has to keep up with, in place of pe and reuse"),
    activity: z
      .string()
      .optional()
      .describe("Steps and events per sample as JSON, for targetFps; measured where --data is given"),
    memStyle: z
      .enum(["auto", "block", "distributed", "registers"])
      .default("auto")
      .describe(
        "State memories in block RAM (weights too), LUT RAM or registers; auto leaves it to synthesis",
      ),
    mul: z
      .enum(["lut", "dsp"])
      .optional()
      .describe("Multipliers of multi-bit inputs and of leaks in LUTs or DSP blocks; default lut"),
    bac: z
      .enum(["auto", "off"])
      .default("auto")
      .describe("Weights that are powers of two: shift and add (auto), or multiply like any other (off)"),
    fifoDepth: z
      .number()
      .int()
      .min(0)
      .max(4096)
      .refine((n) => n === 0 || (n >= 2 && (n & (n - 1)) === 0), "0 or a power of two from 2 on")
      .default(16)
      .describe("Beats buffered between two layers, a power of two; 0 connects them directly"),
    holdInput: z
      .boolean()
      .default(false)
      .describe("The input is the same in every step: send its events once per sample"),
    weights: z
      .enum(["rom", "ram"])
      .default("rom")
      .describe("Weights and parameters fixed in the bitstream, or loadable over the AXI4-Lite registers"),
    sparse: z
      .enum(["none", "bitmask", "rle"])
      .default("none")
      .describe(
        "Dense weight rows without their words of zeros, which then take no cycle: a bit per word, or run lengths",
      ),
    skipZeroRows: z
      .boolean()
      .default(false)
      .describe("One bit per dense weight row: an event whose row has no weight takes one cycle"),
    streamWidth: z
      .union([z.literal(32), z.literal(64)])
      .default(32)
      .describe("Bits of the AXI4-Stream words; a readout of states always leaves in 64"),
    clockMhz: z
      .number()
      .positive()
      .max(1000)
      .default(100)
      .describe("Clock that latencies and synthesis scripts assume"),
    board: z.enum(boardNames).default("generic").describe("Device that resources are counted against"),
    axiLite: z
      .boolean()
      .optional()
      .describe("AXI4-Lite registers and counters; by default on AMD boards, which have a master for them"),
    readout: z
      .enum(readoutNames)
      .optional()
      .describe(
        "Result per class in registers; by default with axiLite spikeCount of spikes, lastMembrane of states",
      ),
  })
  .strict();

/** What can be chosen about a design. */
export interface FpgaOptions {
  readonly design: string;
  readonly pe?: number | undefined;
  readonly reuse?: number | undefined;
  readonly lanes?: string | undefined;
  readonly targetFps?: number | undefined;
  readonly activity?: string | undefined;
  readonly memStyle: "auto" | "block" | "distributed" | "registers";
  readonly mul?: "lut" | "dsp" | undefined;
  readonly bac: "auto" | "off";
  readonly fifoDepth: number;
  readonly holdInput: boolean;
  readonly weights: "rom" | "ram";
  readonly sparse: "none" | "bitmask" | "rle";
  readonly skipZeroRows: boolean;
  readonly streamWidth: 32 | 64;
  readonly clockMhz: number;
  readonly board: (typeof boardNames)[number];
  readonly axiLite?: boolean | undefined;
  readonly readout?: ReadoutName | undefined;
}

/** Options with every default filled in. */
export function parseFpgaOptions(options: Partial<FpgaOptions> = {}): FpgaOptions {
  return fpgaOptionsSchema.parse(options);
}
