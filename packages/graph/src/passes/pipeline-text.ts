/**
 * The text form of a pipeline: `prune-log{sparsity=0.5},quantize-pot{bits=4,axis=0}`.
 *
 * steps = step ("," step)*; step = name [ "{" [ key "=" value ("," key "=" value)* ] "}" ];
 * value = number | true | false | null | word | JSON string | "[" values "]" | "{" options "}".
 */

import { graphDiagnostic } from "../diagnostics.ts";
import { NirkitError } from "../diagnostics-core.ts";
import type { AnyPass } from "./pass.ts";
import { type OptionRecord, type OptionValue, type Pipeline, pipeline, type Step } from "./pipeline.ts";

/** The text form, canonical: no spaces, options in their order. */
export function printPipeline({ steps }: Pipeline): string {
  return steps
    .map(({ pass, options }) => pass.name + (Object.keys(options).length === 0 ? "" : printRecord(options)))
    .join(",");
}

/**
 * The pipeline of a text. Options are checked when it runs.
 *
 * @param passes those that may be named
 * @throws E_BAD_PIPELINE with the position, E_UNKNOWN_PASS
 */
export function parsePipeline(text: string, passes: Iterable<AnyPass>): Pipeline {
  const known = new Map([...passes].map((pass) => [pass.name, pass]));
  const reader = new Reader(text);
  const steps: Step[] = [];
  do {
    const name = reader.word("the name of a pass");
    const pass = known.get(name);
    if (pass === undefined)
      throw new NirkitError([
        graphDiagnostic("E_UNKNOWN_PASS", "pipeline", { name, known: [...known.keys()] }),
      ]);
    steps.push({ pass, options: reader.peek() === "{" ? reader.record() : {} });
  } while (reader.take(","));
  if (reader.peek() !== "") reader.fail('"," or the end');
  return pipeline(...steps);
}

const bareWord = /^[A-Za-z_][A-Za-z0-9_.:-]*$/;
const reserved = new Set(["true", "false", "null", "NaN", "Infinity"]);

function printValue(value: OptionValue): string {
  if (typeof value === "number" && Object.is(value, -0)) return "-0";
  if (typeof value === "string")
    return bareWord.test(value) && !reserved.has(value) ? value : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(printValue).join(",")}]`;
  return typeof value === "object" && value !== null ? printRecord(value as OptionRecord) : String(value);
}

function printRecord(record: OptionRecord): string {
  const key = (name: string): string => (bareWord.test(name) ? name : JSON.stringify(name));
  return `{${Object.entries(record)
    .map(([k, v]) => `${key(k)}=${printValue(v)}`)
    .join(",")}}`;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next character that is no space; "" at the end. */
  peek(): string {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
    return this.#text[this.#at] ?? "";
  }

  take(character: string): boolean {
    const found = this.peek() === character;
    if (found) this.#at++;
    return found;
  }

  fail(expected: string): never {
    const found = this.peek() === "" ? "the end" : `"${this.peek()}"`;
    const detail = { text: this.#text, at: this.#at, why: `found ${found}, expected ${expected}` };
    throw new NirkitError([graphDiagnostic("E_BAD_PIPELINE", "pipeline", detail)]);
  }

  word(expected: string): string {
    return this.#match(/[A-Za-z_][A-Za-z0-9_.:-]*/y) ?? this.fail(expected);
  }

  record(): OptionRecord {
    if (!this.take("{")) this.fail('"{"');
    const entries: [string, OptionValue][] = [];
    while (this.peek() !== "}") {
      const key = this.#string() ?? this.word("the name of an option");
      if (!this.take("=")) this.fail('"="');
      if (entries.some(([k]) => k === key)) this.fail(`one value for ${key}`);
      entries.push([key, this.#value()]);
      if (!this.take(",")) break;
    }
    if (!this.take("}")) this.fail('"," or "}"');
    return Object.fromEntries(entries);
  }

  #value(): OptionValue {
    if (this.peek() === "{") return this.record();
    if (this.take("[")) {
      const list: OptionValue[] = [];
      while (this.peek() !== "]") {
        list.push(this.#value());
        if (!this.take(",")) break;
      }
      if (!this.take("]")) this.fail('"," or "]"');
      return list;
    }
    const number = this.#match(/-?(?:Infinity|NaN|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/y);
    if (number !== undefined) return Number(number);
    const text = this.#string();
    if (text !== undefined) return text;
    const word = this.word("a value");
    return word === "null" ? null : word === "true" ? true : word === "false" ? false : word;
  }

  #string(): string | undefined {
    const quoted = this.#match(/"(?:[^"\\]|\\.)*"/y);
    if (quoted === undefined) return undefined;
    try {
      return JSON.parse(quoted) as string;
    } catch {
      return this.fail("a JSON string");
    }
  }

  #match(pattern: RegExp): string | undefined {
    this.peek();
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}
