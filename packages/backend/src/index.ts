export {
  type Backend,
  type BackendSimulateOptions,
  type BackendTrace,
  type CostFigure,
  type CostReport,
  type Deployment,
  defineBackend,
  type Mismatch,
  type ToolResult,
  type ToolRunner,
  type ToolWorkspace,
  type VerifyReport,
  type VerifyRun,
  type VerifyVectors,
} from "./backend.ts";
export {
  checkDeploymentFiles,
  contentSha256,
  type DeploymentDocument,
  type DeploymentParts,
  deploymentFile,
  deploymentJson,
  deploymentSchema,
  readDeployment,
} from "./deployment.ts";
export { assertSafePaths, checkPaths, type VirtualFile } from "./virtual-file.ts";
export { zipFiles } from "./zip-files.ts";
