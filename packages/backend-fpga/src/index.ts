export { fpga as default, fpga } from "./backend.ts";
export { type BenchVectors, benchFiles } from "./bench.ts";
export {
  type ComparedVariant,
  type CompareOptions,
  comparePlans,
} from "./compare/compare-plans.ts";
export type {
  ClassArea,
  ComparedArea,
  ComparedDesign,
  ComparedRatio,
  ComparedToggles,
  ComparisonReport,
  ImportedPower,
} from "./compare/comparison.ts";
export { parseVivadoPower } from "./compare/power-report.ts";
export { readVcdToggles, type VcdVariable } from "./compare/vcd.ts";
export { parseYosysStat, type SynthesizedArea } from "./compare/yosys-stat.ts";
export { emitFpga } from "./emit.ts";
export { estimateFpga } from "./estimate.ts";
export type { RegisterWrite } from "./image-writes.ts";
export { type ReloadedDesign, reloadFpga } from "./loadable.ts";
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
export { type DesignSynthesis, type SynthesizeOptions, synthesizeFpga } from "./synthesize-design.ts";
export { verifyFpga } from "./verify.ts";
export { type YosysModule, yosysTools } from "./yosys-tools.ts";
