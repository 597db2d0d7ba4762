export { type CheckpointFolderOptions, checkpointFolder } from "./checkpoint-folder.ts";
export { gradientThread } from "./gradient-threads.ts";
export {
  type MetricsLog,
  type MetricsLogOptions,
  metricsLog,
  type RunRecord,
  type StepRecord,
} from "./metrics-log.ts";
