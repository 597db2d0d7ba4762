/** Options of the SpiNNaker2 back end: every one changes what is mapped, emitted or estimated. */
import * as z from "zod";

/** Schema of {@link S2Options}; the descriptions are the help texts of the command line. */
export const s2OptionsSchema: z.ZodType<S2Options> = z
  .object({
    board: z
      .enum(["chip", "board48"])
      .default("chip")
      .describe("One chip with 148 PEs, or the board of 48 chips"),
    profile: z
      .enum(["classic", "wide"])
      .default("classic")
      .describe("Memory of a PE: the addresses of the published neuron class, or all 96 kB of data but 8"),
    steps: z
      .number()
      .int()
      .min(1)
      .max(2 ** 20)
      .default(300)
      .describe("Steps of a sample that memory is laid out for"),
    inputRate: z
      .number()
      .min(0)
      .max(1)
      .default(0.1)
      .describe("Spikes per input and step that memory is laid out for"),
    maxAtoms: z.number().int().min(1).max(1024).optional().describe("Most neurons of a population on one PE"),
    atoms: z.string().optional().describe("Most neurons on one PE by node, NODE=N separated by commas"),
    placement: z
      .string()
      .optional()
      .describe("Core of single slices by hand, SLICE=CORE separated by commas; the others follow in order"),
    tickMs: z.number().positive().max(1000).default(1).describe("Milliseconds of a step on the chip"),
    level: z
      .enum(["low", "high", "auto"])
      .default("high")
      .describe("Operating point: 150 MHz at 0.5 V, 300 MHz at 0.8 V, or chosen per PE and step"),
    levelPackets: z
      .number()
      .int()
      .min(0)
      .optional()
      .describe("Packets in a step above which level auto is high; by default 30 for conv, 200 for dense"),
    record: z
      .enum(["outputs", "all", "none"])
      .default("outputs")
      .describe("Populations whose spikes are recorded on the chip"),
    recordVoltage: z
      .enum(["none", "outputs", "all"])
      .default("none")
      .describe(
        "Populations whose membranes are recorded on the chip; they take 4 bytes per neuron and step",
      ),
    readout: z
      .enum(["refuse", "membrane"])
      .default("refuse")
      .describe("LI and CubaLI at the end: refused, or neurons that never fire, read by their membrane"),
    relays: z
      .boolean()
      .default(false)
      .describe("Extra neurons carry spikes over delays that synapses do not have"),
    expandConv: z
      .boolean()
      .default(false)
      .describe("Convolutions that the chip does not run become lists of synapses"),
    encode: z
      .enum(["refuse", "clip"])
      .default("refuse")
      .describe("Several events of one input in one step: refused, or one spike"),
  })
  .strict();

/** What can be chosen about a mapping. */
export interface S2Options {
  readonly board: "chip" | "board48";
  readonly profile: "classic" | "wide";
  readonly steps: number;
  readonly inputRate: number;
  readonly maxAtoms?: number | undefined;
  readonly atoms?: string | undefined;
  readonly placement?: string | undefined;
  readonly tickMs: number;
  readonly level: "low" | "high" | "auto";
  readonly levelPackets?: number | undefined;
  readonly record: "outputs" | "all" | "none";
  readonly recordVoltage: "none" | "outputs" | "all";
  readonly readout: "refuse" | "membrane";
  readonly relays: boolean;
  readonly expandConv: boolean;
  readonly encode: "refuse" | "clip";
}
