/** The wasm builds: which of them run here, and how they start. */
import { KernelError } from "./kernel-error.ts";

/** Builds of the kernels, fastest last: TypeScript, 128-bit SIMD, SIMD with fused multiply-adds. */
export type Build = "plain" | "simd" | "relaxed";

/** A module with one function: (v128) -> v128, whose body is given. */
function probe(body: readonly number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...[0x01, 0x06, 0x01, 0x60, 0x01, 0x7b, 0x01, 0x7b],
    ...[0x03, 0x02, 0x01, 0x00],
    ...[0x0a, body.length + 4, 0x01, body.length + 2, 0x00, ...body, 0x0b],
  ]);
}

/** f32x4.add of the argument with itself. */
const simdProbe = probe([0x20, 0x00, 0x20, 0x00, 0xfd, 0xe4, 0x01]);
/** f32x4.relaxed_madd of the argument. */
const relaxedProbe = probe([0x20, 0x00, 0x20, 0x00, 0x20, 0x00, 0xfd, 0x85, 0x02]);

/** True where `build` runs in this engine. */
export function supportsBuild(build: Build): boolean {
  if (build === "plain") return true;
  return (
    typeof WebAssembly !== "undefined" && WebAssembly.validate(build === "simd" ? simdProbe : relaxedProbe)
  );
}

/**
 * The build to load: the one that was asked for, or with `auto` the fastest that gives the same bits everywhere.
 *
 * @throws E_KERNEL_BUILD
 */
export function chooseBuild(asked: "auto" | Build): Build {
  if (asked === "auto") return supportsBuild("simd") ? "simd" : "plain";
  if (supportsBuild(asked)) return asked;
  throw new KernelError("E_KERNEL_BUILD", {
    build: asked,
    why: "this engine does not validate its instructions",
  });
}

/** Starts a module on `memory`. Compiling takes a few milliseconds and needs no fetch and no promise. */
export function instantiate<K>(base64: string, memory: WebAssembly.Memory): K {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  return { ...instance.exports } as unknown as K;
}
