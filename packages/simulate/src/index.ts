export { type ChooseOptions, chooseDialect, type DialectChoice } from "./choose-dialect.ts";
export {
  type CompareOptions,
  compareDialects,
  type DialectComparison,
  type DialectDifference,
  type OptionDifference,
} from "./compare-dialects.ts";
export { argmax, firstSpike, lastMembrane, maxMembrane, meanRate, spikeCount } from "./decode.ts";
export {
  type Dialect,
  type DialectLine,
  type DialectOption,
  type DialectOptions,
  describeDialect,
  dialectOptions,
} from "./dialect.ts";
export { dialects, parseDialect } from "./dialects.ts";
export type { SimulatorState } from "./engine.ts";
export type { Precision } from "./float-array.ts";
export { type FrameworkSupport, frameworkSupport } from "./framework-support.ts";
export {
  type FiringStatistics,
  type LayerStatistics,
  layerStatistics,
} from "./layer-statistics.ts";
export {
  createSimulatorPool,
  type PoolWorker,
  type SimulatorPool,
  serveSimulator,
  type WorkerPort,
} from "./pool.ts";
export type { ProbeSink, ProbeSpec, ProbeStream } from "./recorder.ts";
export type { BatchOptions, RecordOptions, RunOptions, SimulationTrace } from "./run-sample.ts";
export { createSimulator, type Simulator, type SimulatorOptions, simulate } from "./simulator.ts";
