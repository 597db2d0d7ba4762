/** Files and folders that are being written beside their place; none of them survives the process. */
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { onEarlyExit } from "@nirkit/backend/node";

const staged = new Map<string, () => void>();

/** A fresh name beside `target`, on the same file system, so that one rename puts it in place; removed on Ctrl-C. */
export function stagePath(target: string): string {
  const path = join(dirname(target), `.nirkit-${randomUUID()}.tmp`);
  staged.set(
    path,
    onEarlyExit(() => rmSync(path, { recursive: true, force: true })),
  );
  return path;
}

/** Says that `path` is in place or gone. */
export function release(path: string): void {
  staged.get(path)?.();
  staged.delete(path);
}

/** True where something can be staged in it: a folder that is there. */
export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
