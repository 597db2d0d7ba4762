/** Files and folders that are being written beside their place; none of them survives the process. */
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";

const staged = new Set<string>();
let watching = false;

/** A fresh name beside `target`, on the same file system, so that one rename puts it in place. */
export function stagePath(target: string): string {
  const path = join(dirname(target), `.nirkit-${randomUUID()}.tmp`);
  track(path);
  return path;
}

/** Removes `path` when the process ends before {@link release} is called, Ctrl-C included. */
export function track(path: string): void {
  staged.add(path);
  if (watching) return;
  watching = true;
  process.on("exit", removeStaged);
  process.once("SIGINT", () => process.exit(130));
  process.once("SIGTERM", () => process.exit(143));
}

/** Says that `path` is in place or gone. */
export function release(path: string): void {
  staged.delete(path);
}

function removeStaged(): void {
  for (const path of staged) rmSync(path, { recursive: true, force: true });
  staged.clear();
}
