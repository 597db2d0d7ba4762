/** Builds the site when it is missing or older than what it is made from. */
import { execFile } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { siteRoot } from "./site.ts";

const docs = fileURLToPath(new URL("../", import.meta.url));
const packages = fileURLToPath(new URL("../../packages/", import.meta.url));

/** The two steps of the package's own build script. */
const steps: readonly (readonly string[])[] = [
  ["--conditions=@nirkit/source", "scripts/prepare-pages.ts"],
  ["node_modules/vitepress/bin/vitepress.js", "build"],
];

async function newest(folder: string, take: (path: string) => boolean): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => `${entry.parentPath}/${entry.name}`);
  const times = await Promise.all(files.filter(take).map(async (file) => (await stat(file)).mtimeMs));
  return Math.max(0, ...times);
}

/** True when it had to be built. */
export async function buildSite(): Promise<boolean> {
  const made = await stat(`${siteRoot}live/inspect.html`).then(
    (found) => found.mtimeMs,
    () => 0,
  );
  // Generated and built things are not sources; node_modules holds links to packages that are looked at anyway.
  const isSource = (path: string): boolean =>
    !/node_modules|\.vitepress\/(dist|cache|shots)|\/(api|generated|test)\/|\.(nir|npz)$/.test(path);
  const sources = [
    await newest(docs, isSource),
    await newest(packages, (path) => /\/src\/.*\.ts$/.test(path) && isSource(path)),
  ];
  if (made > Math.max(...sources)) return false;
  for (const words of steps)
    await promisify(execFile)(process.execPath, words, { cwd: docs, maxBuffer: 2 ** 26 });
  return true;
}
