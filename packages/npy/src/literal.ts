/** The Python literals that NumPy writes into a header, read without evaluating anything. */
import { type NpyError, npyError } from "./npy-error.ts";

/** A parsed literal; tuples and lists are both arrays, dictionaries are maps. */
export type Literal = string | number | boolean | null | readonly Literal[] | ReadonlyMap<string, Literal>;

// NumPy nests records a few levels deep; anything deeper is an attack on the stack.
const maxDepth = 16;

/**
 * Parses one literal that fills the whole text.
 *
 * @example parseLiteral("{'shape': (3, 4), }") // Map { "shape" → [3, 4] }
 * @throws E_NPY_HEADER with the position
 */
export function parseLiteral(text: string): Literal {
  const reader = new LiteralReader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class LiteralReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): Literal {
    if (depth > maxDepth) throw this.#error(`nested deeper than ${maxDepth}`);
    const c = this.#peek();
    if (c === "'" || c === '"') return this.#string(c);
    if (c === "(") return this.#list(")", depth);
    if (c === "[") return this.#list("]", depth);
    if (c === "{") return this.#dictionary(depth);
    return this.#word();
  }

  end(): void {
    if (this.#peek() !== "") throw this.#error("text after the end");
  }

  #peek(): string {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
    return this.#text[this.#at] ?? "";
  }

  #take(expected: string): void {
    if (this.#peek() !== expected) throw this.#error(`expected ${expected}`);
    this.#at++;
  }

  #string(quote: string): string {
    const end = this.#text.indexOf(quote, this.#at + 1);
    if (end < 0) throw this.#error("a text without end");
    const content = this.#text.slice(this.#at + 1, end);
    if (content.includes("\\")) throw this.#error("an escape in a text");
    this.#at = end + 1;
    return content;
  }

  #list(close: string, depth: number): readonly Literal[] {
    const items: Literal[] = [];
    this.#at++;
    while (this.#peek() !== close) {
      items.push(this.value(depth + 1));
      if (this.#peek() !== close) this.#take(",");
    }
    this.#at++;
    return items;
  }

  #dictionary(depth: number): ReadonlyMap<string, Literal> {
    const entries = new Map<string, Literal>();
    this.#at++;
    while (this.#peek() !== "}") {
      const key = this.value(depth + 1);
      if (typeof key !== "string") throw this.#error("a key that is no text");
      if (entries.has(key)) throw this.#error(`key '${key}' twice`);
      this.#take(":");
      entries.set(key, this.value(depth + 1));
      if (this.#peek() !== "}") this.#take(",");
    }
    this.#at++;
    return entries;
  }

  /** An integer (Python 2 wrote `3L`), True, False or None. */
  #word(): number | boolean | null {
    const [word = ""] = /^[-+\w]*/.exec(this.#text.slice(this.#at, this.#at + 32)) ?? [];
    this.#at += word.length;
    if (word === "True") return true;
    if (word === "False") return false;
    if (word === "None") return null;
    const number = Number(word.replace(/L$/, ""));
    if (/^-?\d+L?$/.test(word) && Number.isSafeInteger(number)) return number;
    throw this.#error("something that is neither a number, a text, a list nor a dictionary");
  }

  #error(why: string): NpyError {
    return npyError("E_NPY_HEADER", "", { why: `${why} at character ${this.#at}` });
  }
}
