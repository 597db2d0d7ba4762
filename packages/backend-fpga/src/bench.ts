/** Vectors for the test bench: what goes in, what must come out, and in how many cycles. */
import type { VirtualFile } from "@nirkit/backend";
import type { SpikeInput } from "@nirkit/graph";
import { appendBeats, BeatList, beatWords } from "./beats.ts";
import { imageWrites } from "./image-writes.ts";
import { inputBeats } from "./input-stream.ts";
import type { FpgaPlan } from "./plan-types.ts";
import { type RegisterCounts, registerCounts, registerScript } from "./register-values.ts";
import { createFpgaSimulator } from "./simulate.ts";

/** Vectors of several samples, sent without a pause. */
export interface BenchVectors {
  readonly files: readonly VirtualFile[];
  /** Where the beats of a sample begin at the exit; one more entry than samples. */
  readonly start: readonly number[];
  readonly beats: BeatList;
  readonly cycles: number;
}

/**
 * `tb/in.mem`, `tb/exp.mem`, `tb/cycles.mem` and, where there are registers, `tb/registers.mem`, with loadable weights `tb/load.mem`, for samples, from the plan's own simulator.
 *
 * @throws E_FPGA_INPUT, E_FPGA_INPUT_VARIES
 */
export function benchFiles(plan: FpgaPlan, samples: readonly SpikeInput[]): BenchVectors {
  const simulator = createFpgaSimulator(plan);
  const sent = new BeatList();
  const beats = new BeatList();
  const start = [0];
  const traces = samples.map((input) => {
    inputBeats(plan, input, sent);
    const trace = simulator.run(input, { level: "step" });
    appendBeats(beats, trace.beats);
    start.push(beats.length);
    return trace;
  });
  const cycles = simulator.streamCycles(samples);
  const counts = registerCounts(plan, traces);
  return { files: vectorFiles(plan, { sent, expected: beats, cycles, counts }), start, beats, cycles };
}

/** What a bench sends and expects. */
interface BenchContent {
  readonly sent: BeatList;
  readonly expected: BeatList;
  readonly cycles: number;
  /** What the registers hold after it. */
  readonly counts: RegisterCounts;
}

/** The files of a bench. */
export function vectorFiles(plan: FpgaPlan, { sent, expected, cycles, counts }: BenchContent): VirtualFile[] {
  const lines = (words: readonly string[]): string => `${words.join("\n")}\n`;
  return [
    { path: "tb/in.mem", content: lines(beatWords(plan.streams.input, sent)) },
    { path: "tb/exp.mem", content: lines(beatWords(plan.streams.output, expected)) },
    { path: "tb/cycles.mem", content: `${cycles.toString(16)}\n` },
    ...(plan.registers === undefined
      ? []
      : [{ path: "tb/registers.mem", content: registerScript(plan, counts, cycles) }]),
    ...(plan.options.weights === "ram" ? [{ path: "tb/load.mem", content: loadScript(plan) }] : []),
  ];
}

/** Register writes that load every image: offset and word, hexadecimal. */
function loadScript(plan: FpgaPlan): string {
  return imageWrites(plan)
    .map(({ offset, word }) => `${offset.toString(16)} ${word.toString(16)}\n`)
    .join("");
}
