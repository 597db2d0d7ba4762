export { fpga as default, fpga } from "./backend.ts";
export { type BenchVectors, benchFiles } from "./bench.ts";
export { emitFpga } from "./emit.ts";
export { estimateFpga } from "./estimate.ts";
export { fromArtefacts } from "./manifest.ts";
export { manifestSchema } from "./manifest-schema.ts";
export { type FpgaOptions, fpgaOptionsSchema } from "./options.ts";
export { planFpga } from "./plan.ts";
export type { FpgaManifest, FpgaPlan, LayerPlan, MemoryPlan } from "./plan-types.ts";
export { checkFpga } from "./refuse.ts";
export {
  createFpgaSimulator,
  type FpgaSimulateOptions,
  type FpgaSimulator,
  type FpgaTrace,
  simulateFpga,
} from "./simulate.ts";
export { verifyFpga } from "./verify.ts";
