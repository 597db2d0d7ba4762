/** Files and folders that are being written beside their place; none of them survives the process. */
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";

const staged = new Set<string>();

/** A fresh name beside `target`, on the same file system, so that one rename puts it in place. */
export function stagePath(target: string): string {
  const path = join(dirname(target), `.nirkit-${randomUUID()}.tmp`);
  track(path);
  return path;
}

/** Removes `path` when the process ends before {@link release} is called, Ctrl-C included. */
export function track(path: string): void {
  if (staged.size === 0) {
    process.on("exit", removeStaged);
    process.on("SIGINT", interrupted);
    process.on("SIGTERM", terminated);
  }
  staged.add(path);
}

/** Says that `path` is in place or gone. With the last one the process is left as it was. */
export function release(path: string): void {
  staged.delete(path);
  if (staged.size > 0) return;
  process.off("exit", removeStaged);
  process.off("SIGINT", interrupted);
  process.off("SIGTERM", terminated);
}

// 128 + the number of the signal, as shells report it.
const interrupted = (): never => process.exit(130);
const terminated = (): never => process.exit(143);

function removeStaged(): void {
  for (const path of staged) rmSync(path, { recursive: true, force: true });
}
