/** Back ends that can be asked: nirkit's own, and those that are installed in the user's project. */
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ownPlugins } from "./plugin.ts";

const prefix = "nirkit-backend-";

/** Names for `--target`: nirkit's own first, then packages `nirkit-backend-NAME` of the folder and those above it. */
export async function installedBackends(folder: string): Promise<readonly string[]> {
  const found = new Set<string>();
  for (let at = folder; ; at = dirname(at)) {
    const names = await readdir(join(at, "node_modules")).catch(() => []);
    for (const name of names) if (name.startsWith(prefix)) found.add(name.slice(prefix.length));
    if (at === dirname(at)) break;
  }
  return [
    ...ownPlugins("backend"),
    ...[...found].sort().filter((name) => !ownPlugins("backend").includes(name)),
  ];
}
