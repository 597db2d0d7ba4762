/** Arrays of a file that were loaded, the last used ones kept. */
import type { Tensor } from "@nirkit/graph";

type Elements = Tensor["data"];

/** What is kept beside the array in use. */
const keptBytes = 2 ** 27;

export class LoadedArrays {
  /** In the order of their last use. */
  readonly #kept = new Map<number, Elements>();
  #bytes = 0;
  #last: { readonly key: number; readonly elements: Elements } | undefined;

  /** The elements of an array, loaded unless they are kept. */
  get(key: number, load: () => Elements): Elements {
    if (this.#last?.key === key) return this.#last.elements;
    const kept = this.#kept.get(key);
    const elements = kept ?? load();
    this.#kept.delete(key);
    this.#kept.set(key, elements);
    this.#last = { key, elements };
    if (kept === undefined) this.#bytes += elements.byteLength;
    for (const [oldest, { byteLength }] of this.#kept) {
      if (this.#bytes <= keptBytes || oldest === key) break;
      this.#kept.delete(oldest);
      this.#bytes -= byteLength;
    }
    return elements;
  }
}
