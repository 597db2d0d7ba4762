/** `.npz` archives: zip files of `.npy` members. */
import { zipSync } from "fflate";
import type { NpyArray } from "./dtype.ts";
import { readNpy, writeNpy } from "./npy.ts";
import { NpyError, npyError } from "./npy-error.ts";
import { memberError, unzipEntry } from "./zip.ts";
import { readZipDirectory, type ZipEntry } from "./zip-directory.ts";

/** Limits of {@link readNpz}. */
export interface ReadNpzOptions {
  /** Most bytes that all members together may declare; 2 GiB when absent. */
  readonly maxBytes?: number;
  /** Members to read, by key; all when absent. Others may hold what {@link readNpy} refuses, such as text. */
  readonly select?: (key: string) => boolean;
}

/**
 * Reads all arrays of an `.npz` archive, in the order of its directory, by name without `.npy`.
 *
 * Sizes are checked against `maxBytes` before anything is inflated, each member is inflated into exactly the size
 * it declares, and its CRC-32 is checked.
 *
 * @throws NpyError E_NPZ_FORMAT, E_NPZ_SIZE, E_NPZ_MEMBER, and what readNpy throws with `path` set to the member
 */
export function readNpz(bytes: Uint8Array, options: ReadNpzOptions = {}): ReadonlyMap<string, NpyArray> {
  const { maxBytes = 2147483648, select = () => true } = options;
  const entries = readZipDirectory(bytes).filter((entry) => select(memberKey(entry.name)));
  const declared = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (declared > maxBytes) throw npyError("E_NPZ_SIZE", "", { bytes: declared, limit: maxBytes });
  const arrays = new Map<string, NpyArray>();
  for (const entry of entries) {
    const key = memberKey(entry.name);
    if (arrays.has(key)) throw memberError(entry, "occurs twice");
    arrays.set(key, readMember(bytes, entry));
  }
  return arrays;
}

function memberKey(name: string): string {
  if (!name.endsWith(".npy")) throw npyError("E_NPZ_MEMBER", name, { name, why: "is no .npy file" });
  return name.slice(0, -".npy".length);
}

function readMember(file: Uint8Array, entry: ZipEntry): NpyArray {
  const content = unzipEntry(file, entry);
  try {
    return readNpy(content);
  } catch (error) {
    throw error instanceof NpyError ? error.at(entry.name) : error;
  }
}

/**
 * Writes arrays as a deflated `.npz` archive, in the order of the map; the same arrays give the same bytes
 * (the time stamp is 1980-01-01).
 *
 * @throws NpyError as writeNpy, with `path` set to the member; E_NPZ_MEMBER for an empty name
 */
export function writeNpz(arrays: ReadonlyMap<string, NpyArray>): Uint8Array {
  const members: [string, Uint8Array][] = [];
  for (const [key, array] of arrays) {
    if (key === "") throw npyError("E_NPZ_MEMBER", "", { name: "", why: "has no name" });
    try {
      members.push([`${key}.npy`, writeNpy(array)]);
    } catch (error) {
      throw error instanceof NpyError ? error.at(`${key}.npy`) : error;
    }
  }
  // A time without zone is local, and zip stores local time: the bytes do not depend on the time zone.
  return zipSync(Object.fromEntries(members), { level: 9, mtime: "1980-01-01T00:00:00" });
}
