/** Checkpoints as folders: written beside their place, flushed, then renamed. */
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { CheckpointStore } from "../checkpoint/checkpoint.ts";
import { type CheckpointFiles, verifyCheckpoint } from "../checkpoint/checkpoint-files.ts";
import { trainError } from "../diagnostics.ts";

/** Options of {@link checkpointFolder}. */
export interface CheckpointFolderOptions {
  /** Newest checkpoints of a kind that stay. Default 2. */
  readonly keep?: number;
}

const digits = 10;

/**
 * A folder of checkpoints `last-0000000120`, `best-0000000100`, each a folder of files. A checkpoint that has its name
 * is whole: its files and the folder are flushed to the disk before the rename, so a process that is killed, at any
 * moment, leaves the one before it and perhaps a `tmp-` folder, which the next `save` removes.
 *
 * @throws E_CHECKPOINT where the folder cannot be written or read
 */
export function checkpointFolder(folder: string, options: CheckpointFolderOptions = {}): CheckpointStore {
  const { keep = 2 } = options;
  return {
    save: (kind, number, files) =>
      explained(folder, async () => {
        await mkdir(folder, { recursive: true });
        const name = `${kind}-${String(number).padStart(digits, "0")}`;
        for (const left of await namesOf(folder, "tmp")) await rm(join(folder, left), { recursive: true });
        const temporary = join(folder, `tmp-${name}`);
        await mkdir(temporary);
        for (const [file, bytes] of files) await writeFlushed(join(temporary, file), bytes);
        await flush(temporary);
        await discard(folder, name);
        await rename(temporary, join(folder, name));
        await flush(folder);
        const all = await namesOf(folder, kind);
        for (const old of all.slice(0, Math.max(0, all.length - keep))) await discard(folder, old);
      }),
    load: (kind) =>
      explained(folder, async () => {
        const names = await namesOf(folder, kind);
        const newest = names.at(-1);
        if (newest === undefined) return undefined;
        const files = await readFolder(join(folder, newest));
        verifyCheckpoint(files);
        return files;
      }),
    clear: () =>
      explained(folder, async () => {
        for (const kind of ["tmp", "last", "best"])
          for (const name of await namesOf(folder, kind)) await rm(join(folder, name), { recursive: true });
      }),
  };
}

/** Removes a checkpoint: it loses its name first, so that no half of it is ever found under it. */
async function discard(folder: string, name: string): Promise<void> {
  const dying = join(folder, `tmp-old-${name}`);
  try {
    await rename(join(folder, name), dying);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  await rm(dying, { recursive: true, force: true });
}

/** Checkpoints of a kind, oldest first. */
async function namesOf(folder: string, kind: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names.filter((name) => name.startsWith(`${kind}-`)).sort();
}

async function readFolder(folder: string): Promise<CheckpointFiles> {
  const names = (await readdir(folder)).sort();
  return new Map(
    await Promise.all(
      names.map(async (name) => [name, new Uint8Array(await readFile(join(folder, name)))] as const),
    ),
  );
}

async function writeFlushed(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Flushes the entries of a folder. */
async function flush(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Windows cannot flush folders, and does not need to.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
  } finally {
    await handle.close();
  }
}

async function explained<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw trainError("E_CHECKPOINT", folder, { why: (error as Error).message });
  }
}
