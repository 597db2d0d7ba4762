/** Files of a data set, wherever they are: a folder, an archive, or memory. */
import { NpyError, readZipDirectory, unzipEntry, type ZipEntry } from "@nirkit/npy";
import { eventsError } from "../diagnostics.ts";

/** Files by relative path with `/`. */
export interface FileTree {
  /** Shown in diagnostics. */
  readonly name: string;
  /** Paths of all files, with / between names. */
  list(): Promise<readonly string[]>;
  /** Bytes of one file. */
  read(path: string): Promise<Uint8Array>;
}

/** Files in memory, for a browser or a test. */
export function memoryFiles(files: ReadonlyMap<string, Uint8Array>, name = "memory"): FileTree {
  return {
    name,
    list: async () => [...files.keys()],
    read: async (path) => {
      const bytes = files.get(path);
      if (bytes === undefined)
        throw eventsError("E_DATASET_EMPTY", `${name}/${path}`, { why: "there is no such file" });
      return bytes;
    },
  };
}

/** Most bytes that one member of an archive may declare; deflate could make gigabytes of megabytes. */
const maxMemberBytes = 2 ** 28;
const maxMembers = 2 ** 20;

/**
 * The members of a zip archive. Each is unpacked when it is read, into the size it declares, and checked.
 *
 * @throws E_ARCHIVE, E_EVENTS_LIMIT
 */
export function zipFiles(bytes: Uint8Array, name = "archive.zip"): FileTree {
  const entries = new Map<string, ZipEntry>();
  const all = checked(name, () => readZipDirectory(bytes));
  if (all.length > maxMembers)
    throw eventsError("E_EVENTS_LIMIT", name, { what: "members", found: all.length, limit: maxMembers });
  for (const entry of all) if (!entry.name.endsWith("/")) entries.set(entry.name, entry);
  return {
    name,
    list: async () => [...entries.keys()],
    read: async (path) => {
      const entry = entries.get(path);
      if (entry === undefined)
        throw eventsError("E_ARCHIVE", `${name}/${path}`, { why: "There is no such member" });
      if (entry.bytes > maxMemberBytes)
        throw eventsError("E_EVENTS_LIMIT", `${name}/${path}`, {
          what: "bytes in one member",
          found: entry.bytes,
          limit: maxMemberBytes,
        });
      return checked(`${name}/${path}`, () => unzipEntry(bytes, entry));
    },
  };
}

function checked<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof NpyError) throw eventsError("E_ARCHIVE", path, { why: error.message });
    throw error;
  }
}

/** A tree in which archives are folders: `Test.zip` holds `Test.zip/Test/7/00001.bin`. One is opened at a time. */
export function openArchives(tree: FileTree): FileTree {
  let opened: { readonly path: string; readonly files: FileTree } | undefined;
  const open = async (path: string): Promise<FileTree> => {
    if (opened?.path !== path)
      opened = { path, files: zipFiles(await tree.read(path), `${tree.name}/${path}`) };
    return opened.files;
  };
  return {
    name: tree.name,
    list: async () => {
      const paths: string[] = [];
      for (const path of await tree.list()) {
        paths.push(path);
        if (path.endsWith(".zip"))
          for (const inner of await (await open(path)).list()) paths.push(`${path}/${inner}`);
      }
      return paths;
    },
    read: async (path) => {
      const cut = path.indexOf(".zip/");
      if (cut < 0) return tree.read(path);
      return (await open(path.slice(0, cut + 4))).read(path.slice(cut + 5));
    },
  };
}
