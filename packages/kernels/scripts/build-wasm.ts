/** Writes src/wasm/ anew: `node packages/kernels/scripts/build-wasm.ts` after a change in assembly/. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileWasm, entries, wasmBuilds, wasmModule } from "./compile-wasm.ts";

for (const entry of entries)
  for (const build of wasmBuilds) {
    const wasm = await compileWasm(entry, build);
    const file = join(import.meta.dirname, `../src/wasm/${entry}-${build}.ts`);
    writeFileSync(file, wasmModule(entry, build, wasm));
    process.stdout.write(`${entry}-${build}: ${wasm.length} bytes\n`);
  }
