/** The relaxed build of the inference kernels, made by scripts/build-wasm.ts from assembly/. */
export const relaxedBase64: string = "";
