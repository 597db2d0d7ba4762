/** Yosys for synthesis: the one on the PATH, or the WebAssembly of the optional package `@yowasp/yosys`. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ToolRunner } from "@nirkit/backend";
import { processTools } from "@nirkit/backend/node";
import { type YosysModule, yosysTools } from "@nirkit/backend-fpga";
import { NirkitError } from "@nirkit/graph";
import { cliDiagnostic } from "./diagnostics.ts";

/** Which Yosys: `auto` takes the installed one, and the package where there is none. */
export type YosysChoice = "auto" | "native" | "wasm";

const yosysPackage = "@yowasp/yosys";

/**
 * The installed tools, with Yosys as chosen. It may still be missing, unless it is `wasm`.
 *
 * @param folder the user's, whose packages are looked at after nirkit's own
 * @param name of the package
 * @throws NirkitError `E_YOSYS_PACKAGE` where `wasm` is chosen and the package is not there
 */
export async function toolsWithYosys(
  choice: YosysChoice,
  folder: string,
  name: string = yosysPackage,
): Promise<ToolRunner> {
  const native = processTools();
  const installed = choice === "wasm" ? undefined : await native.version("yosys");
  if (installed !== undefined) return native;
  const module = choice === "native" ? undefined : await loadYosys(name, folder);
  if (module !== undefined) return yosysTools(module, native);
  if (choice !== "wasm") return native;
  throw new NirkitError([cliDiagnostic("E_YOSYS_PACKAGE", "--yosys", { package: name })]);
}

async function loadYosys(name: string, folder: string): Promise<YosysModule | undefined> {
  for (const base of [import.meta.url, pathToFileURL(join(folder, "nirkit.js"))]) {
    const file = located(name, base);
    if (file !== undefined) return (await import(pathToFileURL(file).href)) as YosysModule;
  }
  return undefined;
}

function located(name: string, base: string | URL): string | undefined {
  try {
    return createRequire(base).resolve(name);
  } catch {
    return undefined;
  }
}
