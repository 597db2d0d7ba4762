/** Builds the site when it is missing or older than what it is made from. */
import { execFile } from "node:child_process";
import { mkdir, readdir, rmdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { siteRoot } from "./site.ts";

const docs = fileURLToPath(new URL("../", import.meta.url));
const packages = fileURLToPath(new URL("../../packages/", import.meta.url));

/** A folder that is there while somebody builds. */
const lock = fileURLToPath(new URL("../.vitepress/cache/building", import.meta.url));

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

/** True when it had to be built; test files that ask at the same time wait for one build. */
export async function buildSite(): Promise<boolean> {
  await mkdir(dirname(lock), { recursive: true });
  while (!(await locked())) await new Promise((resolve) => setTimeout(resolve, 500));
  try {
    return await buildIfOld();
  } finally {
    await rmdir(lock);
  }
}

/** False while another process builds; what a killed one left behind counts for five minutes. */
async function locked(): Promise<boolean> {
  const taken = await stat(lock).catch(() => undefined);
  if (taken !== undefined && Date.now() - taken.mtimeMs > 300_000) await rmdir(lock).catch(() => {});
  return mkdir(lock).then(
    () => true,
    () => false,
  );
}

async function buildIfOld(): Promise<boolean> {
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
