/** The fastest engine that runs a program. */
import type { Schedule } from "@nirkit/graph";
import { KernelError } from "@nirkit/kernels";
import { blockEngine, chunkSteps } from "./block/block-engine.ts";
import { type Engine, plainEngine } from "./engine.ts";
import type { Program, ProgramOptions } from "./program.ts";

/** @param chunk most steps of a chunk, where the kernels run it; what suits the caches when absent */
export function createEngine(
  program: Program,
  schedule: Schedule,
  { dialect, precision }: ProgramOptions,
  asked: "auto" | "plain" = "auto",
  chunk: number = chunkSteps(program),
): Engine {
  const fits = precision === "f32" && dialect.links === "same-step" && dialect.fire === "after";
  // An Input that another node feeds adds its input to what comes from outside; only the plain engine does.
  const fed = program.units.some(({ type, sources }) => type === "Input" && sources.length > 0);
  if (asked === "plain" || !fits || fed) return plainEngine(program, precision);
  try {
    return blockEngine(program, schedule, chunk);
  } catch (error) {
    if (error instanceof KernelError && error.code === "E_KERNEL_MEMORY")
      return plainEngine(program, precision);
    throw error;
  }
}
