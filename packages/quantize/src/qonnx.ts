/** QONNX: the weights of a quantised graph for ONNX tools, with the operators of the QONNX project. */
export { type QonnxOptions, toQonnx } from "./qonnx/to-qonnx.ts";
