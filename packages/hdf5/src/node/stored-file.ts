/** A file on disk that is read in pieces, and can be read again as long as it stays what it was. */
import { closeSync, fstatSync, openSync, read, readSync } from "node:fs";
import { NirkitError } from "@nirkit/graph";
import { hdf5Diagnostic } from "../diagnostics.ts";
import { giveUp, type StoredBytes } from "../direct/file-bytes.ts";

export class StoredFile implements StoredBytes {
  readonly path: string;
  readonly length: number;
  /** Which file this is, and when it was changed last. */
  readonly #identity: string;
  readonly #descriptor: number;

  /** Opens it; errors of the system are thrown as they are. */
  constructor(path: string) {
    this.path = path;
    this.#descriptor = openSync(path, "r");
    const { dev, ino, size, mtimeNs } = fstatSync(this.#descriptor, { bigint: true });
    this.length = Number(size);
    this.#identity = [dev, ino, size, mtimeNs].join();
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  read(at: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = fresh(length);
    this.readInto(bytes, at);
    return bytes;
  }

  /** Fills `bytes` from `at` on; gives up where the file ends before. */
  readInto(bytes: Uint8Array, at: number): void {
    for (let filled = 0; filled < bytes.length; ) {
      const count = readSync(this.#descriptor, bytes, filled, bytes.length - filled, at + filled);
      if (count === 0) giveUp("the file was cut");
      filled += count;
    }
  }

  /** As {@link readInto}, while this thread does other things. */
  async readLater(bytes: Uint8Array, at: number): Promise<void> {
    for (let filled = 0; filled < bytes.length; ) {
      const count = await this.#readSome(bytes.subarray(filled), at + filled);
      if (count === 0) giveUp("the file was cut");
      filled += count;
    }
  }

  #readSome(bytes: Uint8Array, at: number): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.#descriptor, bytes, 0, bytes.length, at, (error, count) =>
        error === null ? resolve(count) : reject(error),
      );
    });
  }

  /**
   * Opens the file again, for as long as `use` takes.
   *
   * @throws NirkitError E_FILE_CHANGED where it is not the same file any more, or not there
   */
  again<T>(use: (file: StoredFile) => T): T {
    let file: StoredFile;
    try {
      file = new StoredFile(this.path);
    } catch {
      throw this.#changed();
    }
    try {
      if (file.#identity !== this.#identity) throw this.#changed();
      return use(file);
    } finally {
      file.close();
    }
  }

  #changed(): NirkitError {
    return new NirkitError([hdf5Diagnostic("E_FILE_CHANGED", this.path, { file: this.path })]);
  }
}

/** Memory that is about to be filled. */
export function fresh(length: number): Uint8Array<ArrayBuffer> {
  const { buffer } = Buffer.allocUnsafeSlow(length);
  return new Uint8Array(buffer, 0, length);
}
