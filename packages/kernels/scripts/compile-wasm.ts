/** Compiles one entry of assembly/ to wasm. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import asc from "assemblyscript/asc";

/** Entries of assembly/ and the builds of each. */
export const entries = ["inference", "train"] as const;
export const wasmBuilds = ["simd", "relaxed"] as const;

const folder = join(import.meta.dirname, "../assembly");

/** The wasm of `assembly/<entry>.ts`: memory imported with at least one page and no bound, no data, no start. */
export async function compileWasm(entry: string, build: (typeof wasmBuilds)[number]): Promise<Uint8Array> {
  let wasm: Uint8Array | undefined;
  const options = [
    ...[`${entry}.ts`, "--outFile", "kernels.wasm", "-O3", "--converge", "--noAssert", "--runtime", "stub"],
    ...["--disableWarning", "112", "--importMemory", "--initialMemory", "1", "--enable", "simd"],
    ...(build === "relaxed" ? ["--enable", "relaxed-simd"] : []),
  ];
  const { error, stderr } = await asc.main(options, {
    readFile: (name) => {
      try {
        // The compiler adds its extension to imports that name theirs, as the sources here do.
        return readFileSync(join(folder, name.replace(/\.ts\.ts$/, ".ts")), "utf8");
      } catch {
        return null;
      }
    },
    writeFile: (_name, contents) => {
      if (typeof contents !== "string") wasm = contents;
    },
    listFiles: () => [],
  });
  const warned = stderr.toString().includes("WARNING");
  if (error !== null || wasm === undefined || warned)
    throw new Error(`assembly/${entry}.ts: ${stderr.toString()}`);
  return wasm;
}

/** The module that carries the wasm as base64. */
export function wasmModule(entry: string, build: string, wasm: Uint8Array): string {
  const base64 = Buffer.from(wasm).toString("base64");
  return `/** The ${build} build of assembly/${entry}.ts, written by scripts/build-wasm.ts. */\nexport const ${build}Base64: string =\n  "${base64}";\n`;
}
