export { clipValue, lsqInit, sawb } from "./clip.ts";
export { lsqDerivatives } from "./gradient.ts";
export { quantizeUniform, quantizeUniformPass, type UniformOptions } from "./quantize-uniform.ts";
export { uniform } from "./uniform.ts";
export { type ClipMode, type UniformParams, uniformParams, uniformRange } from "./uniform-params.ts";
