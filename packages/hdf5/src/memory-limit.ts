/**
 * A bound on the memory of a WebAssembly instance.
 *
 * A damaged file can make the HDF5 library ask for gigabytes, for a text that claims to be that long. It handles a
 * refused allocation well, so growth is refused beyond what the file can be worth. Emscripten keeps the memory object
 * to itself; it is met where it asks to grow.
 */

const pageBytes = 65_536;

interface Allocator {
  readonly HEAPU8: Uint8Array;
  _malloc(size: number): number;
  _free(pointer: number): void;
}

/** The size up to which one instance's memory may grow; what it has already it keeps. */
export class MemoryLimit {
  bytes: number = Number.POSITIVE_INFINITY;
  /** The first size that was refused since this was last reset. */
  refused: number | undefined;

  constructor(module: Allocator) {
    const memory = memoryOf(module);
    if (memory === undefined) return;
    const grow = memory.grow.bind(memory);
    // An own property shadows the prototype's for this memory alone.
    memory.grow = (pages) => {
      const size = memory.buffer.byteLength + pages * pageBytes;
      if (size <= this.bytes) return grow(pages);
      this.refused ??= size;
      throw new RangeError(`${size} bytes exceed the limit of ${this.bytes}`);
    };
  }
}

/** Asks for more than there is, and looks who wants to grow; nothing is allocated. */
function memoryOf(module: Allocator): WebAssembly.Memory | undefined {
  const { prototype } = WebAssembly.Memory;
  const { grow } = prototype;
  let met: WebAssembly.Memory | undefined;
  prototype.grow = function (this: WebAssembly.Memory): never {
    met = this;
    throw new RangeError("not now");
  };
  try {
    module._free(module._malloc(module.HEAPU8.length));
  } finally {
    prototype.grow = grow;
  }
  return met;
}
