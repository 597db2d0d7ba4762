import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compileWasm, entries, wasmBuilds, wasmModule } from "../scripts/compile-wasm.ts";

const modules = entries.flatMap((entry) => wasmBuilds.map((build) => [entry, build] as const));

function committed(
  entry: string,
  build: string,
): { readonly source: string; readonly wasm: Uint8Array<ArrayBuffer> } {
  const source = readFileSync(new URL(`../src/wasm/${entry}-${build}.ts`, import.meta.url), "utf8");
  const base64 = /"([A-Za-z0-9+/=]+)"/.exec(source)?.[1] ?? "";
  return { source, wasm: new Uint8Array(Buffer.from(base64, "base64")) };
}

/** Sections of a module: number and content. */
function sections(wasm: Uint8Array): { readonly id: number; readonly bytes: Uint8Array }[] {
  const found = [];
  for (let at = 8; at < wasm.length; ) {
    const id = wasm[at++] as number;
    let [size, shift, byte] = [0, 0, 0];
    do {
      byte = wasm[at++] as number;
      size |= (byte & 127) << shift;
      shift += 7;
    } while (byte & 128);
    found.push({ id, bytes: wasm.subarray(at, at + size) });
    at += size;
  }
  return found;
}

describe.each(modules)("%s, %s", (entry, build) => {
  test("the committed module is what the sources compile to, byte for byte", async () => {
    expect(wasmModule(entry, build, await compileWasm(entry, build))).toBe(committed(entry, build).source);
  });

  test("has no data (11, 12), start (8), global (6) or table (4) section", () => {
    const ids = sections(committed(entry, build).wasm).map(({ id }) => id);
    expect(ids.filter((id) => [4, 6, 8, 11, 12].includes(id))).toEqual([]);
    expect(ids).toContain(10);
  });

  test("imports one memory of at least 1 page without a bound, and nothing else", () => {
    const imported = sections(committed(entry, build).wasm).find(({ id }) => id === 2);
    // 1 import, "env", "memory", kind memory, flags 0 (no maximum), at least 1 page.
    expect([...(imported?.bytes ?? [])]).toEqual([
      1,
      3,
      ...Buffer.from("env"),
      6,
      ...Buffer.from("memory"),
      2,
      0,
      1,
    ]);
  });

  test("is below 32 kB", () => {
    expect(committed(entry, build).wasm.length).toBeLessThan(32_000);
  });
});
