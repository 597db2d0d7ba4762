/** Vectors for the test bench: what goes in, what must come out, and in how many cycles. */
import type { VirtualFile } from "@nirkit/backend";
import type { SpikeInput } from "@nirkit/graph";
import { BeatList, beatWords } from "./beats.ts";
import { inputBeats, inputSteps } from "./input-stream.ts";
import type { FpgaPlan } from "./plan-types.ts";
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
 * `tb/in.mem`, `tb/exp.mem` and `tb/cycles.mem` for samples, from the plan's own simulator.
 *
 * @throws E_FPGA_INPUT, E_FPGA_INPUT_VARIES
 */
export function benchFiles(plan: FpgaPlan, samples: readonly SpikeInput[]): BenchVectors {
  const simulator = createFpgaSimulator(plan);
  const sent = new BeatList();
  const beats = new BeatList();
  const start = [0];
  for (const input of samples) {
    inputBeats(plan, inputSteps(plan, input), sent);
    appendBeats(beats, simulator.run(input, { level: "step" }).beats);
    start.push(beats.length);
  }
  const cycles = simulator.streamCycles(samples);
  return { files: vectorFiles(plan, sent, beats, cycles), start, beats, cycles };
}

/** The three files of a bench. */
export function vectorFiles(
  plan: FpgaPlan,
  sent: BeatList,
  expected: BeatList,
  cycles: number,
): VirtualFile[] {
  const lines = (words: readonly string[]): string => `${words.join("\n")}\n`;
  return [
    { path: "tb/in.mem", content: lines(beatWords(plan.streams.input, sent)) },
    { path: "tb/exp.mem", content: lines(beatWords(plan.streams.output, expected)) },
    { path: "tb/cycles.mem", content: `${cycles.toString(16)}\n` },
  ];
}

/** Adds the beats of one list to another. */
function appendBeats(into: BeatList, from: BeatList): void {
  from.kind.forEach((kind, k) => {
    if (kind === 0) into.event(from.address[k] as number, from.value[k] as number);
    else into.tick(kind === 2);
  });
}
