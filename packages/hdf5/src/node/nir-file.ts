/** `.nir` files on disk. */
import { randomUUID } from "node:crypto";
import { type FileHandle, link, open, rename, stat, unlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Diagnostic, type NirGraph, NirkitError } from "@nirkit/graph";
import { hdf5Diagnostic } from "../diagnostics.ts";
import type { NirGraphData } from "../observables/nir-data.ts";
import { readNirData } from "../observables/read-nir-data.ts";
import { type WriteDataOptions, writeNirData } from "../observables/write-nir-data.ts";
import { type Inspected, inspect, inspectStored, type ReadOptions, sound } from "../read.ts";
import { type WriteOptions, writeNirWithReport } from "../write.ts";
import { readAhead, type TensorReading } from "./large-arrays.ts";
import { StoredFile } from "./stored-file.ts";

/** How a file is written to disk. */
export interface WriteFileOptions extends WriteOptions {
  /** Replace a file that exists. Default false. */
  readonly force?: boolean;
}

/** How a file is read from disk. */
export interface ReadFileOptions extends ReadOptions {
  /**
   * Where arrays of 1 MiB and more are kept: `eager` in memory (default), `lazy` in the file, from which each is loaded when
   * its `data` are asked for. Both decode and check every element before they return; a lazy graph is of use as long as
   * the file stays what it is (E_FILE_CHANGED), and needs the memory of the arrays in use and 128 MiB.
   */
  readonly tensors?: TensorReading;
}

/**
 * Reads a `.nir` file from disk; see `readNir`.
 *
 * @throws NirkitError E_FILE_ACCESS where the path cannot be read, and the errors of `readNir`
 */
export async function readNirFile(
  path: string,
  options: ReadFileOptions = {},
): Promise<{ graph: NirGraph; diagnostics: readonly Diagnostic[] }> {
  return sound(await inspectNirFile(path, options));
}

/** A smaller file has no array that would be worth the effort, and is read whole. */
const smallestInPieces = 2 ** 20;

/**
 * Reads a `.nir` file from disk and everything there is to say about it; see `inspectNir`.
 *
 * @throws NirkitError E_FILE_ACCESS where the path cannot be read
 */
export async function inspectNirFile(path: string, options: ReadFileOptions = {}): Promise<Inspected> {
  const { tensors = "eager", ...reading } = options;
  const file = openFile(path);
  try {
    if (file.length < smallestInPieces) return await inspect(await bytesOf(path), reading, { owned: true });
    return await inspectStored(file, reading, {
      ahead: (direct) => readAhead(direct, file, tensors),
      whole: () => bytesOf(path),
    });
  } finally {
    file.close();
  }
}

function openFile(path: string): StoredFile {
  try {
    return new StoredFile(path);
  } catch (error) {
    throw refusal("read", path, error);
  }
}

/**
 * Writes a graph as a `.nir` file: whole or not at all. The bytes go to a new file beside the target, which then takes
 * its name in one step.
 *
 * @returns the warnings of `writeNirWithReport`: what the Python package cannot read, among others
 * @throws NirkitError E_FILE_EXISTS without `force`, E_FILE_ACCESS where the folder cannot be written, and the errors
 *   of `writeNir`
 */
export async function writeNirFile(
  path: string,
  graph: NirGraph,
  options: WriteFileOptions = {},
): Promise<{ diagnostics: readonly Diagnostic[] }> {
  const { force = false, ...encoding } = options;
  const { bytes, diagnostics } = await writeNirWithReport(graph, encoding);
  await writeWhole(path, bytes, force);
  return { diagnostics };
}

/** Reads a NIRData file from disk; see `readNirData`. @throws NirkitError E_FILE_ACCESS, and its errors */
export async function readNirDataFile(
  path: string,
): Promise<{ data: NirGraphData; diagnostics: readonly Diagnostic[] }> {
  return readNirData(await bytesOf(path));
}

/** Writes observables as a NIRData file, whole or not at all, as {@link writeNirFile} writes graphs. */
export async function writeNirDataFile(
  path: string,
  data: NirGraphData,
  options: WriteDataOptions & { readonly force?: boolean } = {},
): Promise<void> {
  const { force = false, ...encoding } = options;
  await writeWhole(path, await writeNirData(data, encoding), force);
}

/** The whole file, in as few reads as the system gives: `readFile` takes half a megabyte at a time. */
async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      return await readWhole(file, (await file.stat()).size);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw refusal("read", path, error);
  }
}

async function readWhole(file: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(size); // every byte is read, or the rest cut off
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await file.read(bytes, filled, size - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled === size && size > 0 ? bytes : file.readFile(); // pipes and files that grow or shrink
}

async function writeWhole(path: string, bytes: Uint8Array, force: boolean): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await writeFile(temporary, bytes, { flag: "wx" });
    await (force ? rename(temporary, path) : takeName(temporary, path));
  } catch (error) {
    throw refusal("written", path, error);
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
}

/** A link fails where the name is taken, while a rename would replace the file of someone who was faster. */
async function takeName(temporary: string, path: string): Promise<void> {
  const unsupported = ["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"];
  try {
    await link(temporary, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && unsupported.includes(String(error.code)))) throw error;
    // Some file systems have no links; there the look before the rename has to do.
    if (await exists(path)) throw Object.assign(new Error("the file exists"), { code: "EEXIST" });
    await rename(temporary, path);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function refusal(action: "read" | "written", file: string, error: unknown): NirkitError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "EEXIST") return new NirkitError([hdf5Diagnostic("E_FILE_EXISTS", file, { file })]);
  const reason = {
    ENOENT: "there is no such file or folder",
    EISDIR: "it is a folder",
    EACCES: "access is denied",
  }[code];
  const words = reason ?? (error instanceof Error ? error.message : String(error));
  return new NirkitError([hdf5Diagnostic("E_FILE_ACCESS", file, { action, file, reason: words })]);
}
