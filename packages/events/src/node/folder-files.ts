/** Files of a folder, or of one archive. */
import { lstat, open, readdir, readFile, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { type FileTree, memoryFiles, zipFiles } from "../dataset/file-tree.ts";
import { eventsError } from "../diagnostics.ts";

const maxFiles = 2 ** 20;
const maxFileBytes = 2 ** 32;

/**
 * The files below a folder; a path to a `.zip` gives the members of it, a path to another file that file alone. Links
 * are not followed.
 *
 * @throws E_DATASET_EMPTY where there is nothing at the path; E_EVENTS_LIMIT
 */
export async function folderFiles(path: string): Promise<FileTree> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined)
    throw eventsError("E_DATASET_EMPTY", path, { why: "there is no such file or folder" });
  if (!found.isDirectory()) {
    const bytes = await readWhole(path);
    const name = path.split(sep).at(-1) ?? path;
    return path.endsWith(".zip") ? zipFiles(bytes, path) : memoryFiles(new Map([[name, bytes]]), path);
  }
  const files: string[] = [];
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files.push(relative(path, join(entry.parentPath, entry.name)).split(sep).join("/"));
    if (files.length > maxFiles)
      throw eventsError("E_EVENTS_LIMIT", path, { what: "files", found: files.length, limit: maxFiles });
  }
  files.sort();
  const known = new Set(files);
  return {
    name: path,
    list: async () => files,
    read: async (file) => {
      if (!known.has(file))
        throw eventsError("E_DATASET_EMPTY", `${path}/${file}`, { why: "there is no such file" });
      return readWhole(join(path, file));
    },
  };
}

async function readWhole(path: string): Promise<Uint8Array> {
  const { size } = await lstat(path);
  if (size > maxFileBytes)
    throw eventsError("E_EVENTS_LIMIT", path, {
      what: "bytes in one file",
      found: size,
      limit: maxFileBytes,
    });
  const bytes = await readFile(path);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A file in pieces, for `streamEvents`; the handle is closed when the last one was taken, or nobody asks for more. */
export async function* filePieces(path: string, pieceBytes: number = 2 ** 20): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    for (;;) {
      const piece = new Uint8Array(pieceBytes);
      const { bytesRead } = await file.read(piece, 0, pieceBytes);
      if (bytesRead === 0) return;
      yield piece.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
