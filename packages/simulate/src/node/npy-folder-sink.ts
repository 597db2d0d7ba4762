/** Records of long runs as `.npy` files that grow while the run goes on. */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { ProbeSink, ProbeStream } from "../recorder.ts";

/** One file that is being written. */
interface OpenFile {
  readonly descriptor: number;
  readonly name: string;
  readonly stream: ProbeStream;
  rows: number;
}

/** Bytes of a header; the shape is known only at the end, so that room is kept for it. */
const headerBytes = 256;

/**
 * A sink that writes each stream to a file of its own, `[steps, ...shape]` in NumPy's format, and on `close` an
 * `index.json` that says which key went into which file, from which step and how densely.
 *
 * Files are numbered: node names come from files and name no file here. A run that breaks off leaves headers of 0 rows.
 *
 * @param folder made when it is not there; files of an earlier run are overwritten
 * @example simulator.run(input, { nodes: ["lif"], signals: ["v"], every: 10, sink: npyFolderSink("membranes") })
 */
export function npyFolderSink(folder: string): ProbeSink {
  const files = new Map<string, OpenFile>();
  const opened = (stream: ProbeStream): OpenFile => {
    const name = `record-${files.size}.npy`;
    const descriptor = openSync(join(folder, name), "w");
    writeSync(descriptor, header(stream, 0));
    const file = { descriptor, name, stream, rows: 0 };
    files.set(stream.key, file);
    return file;
  };
  return {
    write: (stream, _, rows) => {
      if (files.size === 0) mkdirSync(folder, { recursive: true });
      const file = files.get(stream.key) ?? opened(stream);
      const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
      for (let at = 0; at < bytes.length; ) at += writeSync(file.descriptor, bytes, at);
      const size = stream.shape.reduce((product, n) => product * n, 1);
      file.rows += size === 0 ? 0 : rows.length / size;
    },
    close: () => {
      for (const { descriptor, stream, rows } of files.values()) {
        writeSync(descriptor, header(stream, rows), 0, headerBytes, 0);
        closeSync(descriptor);
      }
      if (files.size === 0) return;
      const index = [...files.values()].map(({ name, stream: { key, from, every }, rows }) => ({
        key,
        file: name,
        from,
        every,
        rows,
      }));
      writeFileSync(join(folder, "index.json"), `${JSON.stringify(index, undefined, 2)}\n`);
      files.clear();
    },
  };
}

/** Header of NumPy's format 1.0, padded with blanks. */
function header({ shape, dtype }: ProbeStream, rows: number): Uint8Array {
  const sizes = [rows, ...shape].join(", ");
  const text = `{'descr': '${dtype === "float32" ? "<f4" : "<f8"}', 'fortran_order': False, 'shape': (${sizes},), }`;
  const bytes = new Uint8Array(headerBytes).fill(0x20);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, (headerBytes - 10) & 255, (headerBytes - 10) >> 8]);
  bytes.set(new TextEncoder().encode(text), 10);
  bytes[headerBytes - 1] = 0x0a;
  return bytes;
}
