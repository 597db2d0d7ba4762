/** The simd build of the inference kernels, made by scripts/build-wasm.ts from assembly/. */
export const simdBase64: string = "";
