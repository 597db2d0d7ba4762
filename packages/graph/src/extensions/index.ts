export { type Conv3dOptions, conv3d, conv3dNode } from "./conv3d.ts";
export type { Triple } from "./conv3d-params.ts";
export {
  type LowerExtensionsOptions,
  type LoweredGraph,
  type LoweredNode,
  lowerExtensions,
  lowerExtensionsPass,
} from "./lower-extensions.ts";
