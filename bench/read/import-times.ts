/** How long a fresh Node takes to import each package, without and with what it loads on first use. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { median } from "./median.ts";

export interface ImportTime {
  readonly name: string;
  readonly ms: number;
}

/** Medians over fresh processes; packages that have no entry (nothing built) are left out. */
export function importTimes(root: string, repeats: number): ImportTime[] {
  const names = readdirSync(join(root, "packages")).flatMap((folder) => {
    const manifest = join(root, "packages", folder, "package.json");
    if (!existsSync(manifest)) return [];
    const { name, exports } = JSON.parse(readFileSync(manifest, "utf8")) as {
      name: string;
      exports?: object;
    };
    const entries = Object.keys(exports ?? {}).filter((entry) => entry === "." || entry === "./node");
    return entries.map((entry) => `${name}${entry.slice(1)}`);
  });
  return names.flatMap((name) => {
    const runs = Array.from({ length: repeats }, () => importOnce(root, name));
    const times = runs.filter((ms) => ms !== undefined);
    return times.length === 0 ? [] : [{ name, ms: median(times) }];
  });
}

function importOnce(root: string, name: string): number | undefined {
  const program = `const start = performance.now(); await import(${JSON.stringify(name)}); console.log(performance.now() - start)`;
  const { status, stdout } = spawnSync(
    process.execPath,
    [...process.execArgv, "--input-type=module", "--eval", program],
    { cwd: root, encoding: "utf8" },
  );
  return status === 0 ? Number(stdout.trim().split("\n").at(-1)) : undefined;
}
