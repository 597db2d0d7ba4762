/** Values of flags: text to number, list or choice, refused with what would be right (exit code 2). */
import { InvalidArgumentError } from "commander";

/** A number greater than zero, in any notation that JavaScript reads: `1e-3`, `0.001`. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError("A number greater than 0 is needed.");
  return value;
}

/** An integer from `min` to `max`, both included. */
export function integerFrom(min: number, max: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^[+-]?\d+$/.test(text.trim()) || value < min || value > max) {
      const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
      throw new InvalidArgumentError(`An integer ${range} is needed.`);
    }
    return value;
  };
}

/** Names between commas: `out,v`. */
export function nameList(text: string): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.some((name) => name === "")) throw new InvalidArgumentError("Names between commas are needed.");
  return names;
}

/** One more name of a flag that may be given several times, each with names between commas. */
export function moreNames(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), ...nameList(text)];
}

/** One of several words. */
export function oneOf<const W extends string>(...words: readonly W[]): (text: string) => W {
  return (text) => {
    const word = words.find((w) => w === text);
    if (word === undefined) throw new InvalidArgumentError(`One of ${words.join(", ")} is needed.`);
    return word;
  };
}

/** One more `NAME=COUNT`, or a bare count for every name (`""`). */
export function moreCounts(
  text: string,
  before: ReadonlyMap<string, number> | undefined,
): ReadonlyMap<string, number> {
  const [name, count] = text.includes("=") ? (text.split("=", 2) as [string, string]) : ["", text];
  return new Map([...(before ?? []), [name, integerFrom(0)(count)]]);
}

/** Several of some words, between commas. */
export function someOf<const W extends string>(...words: readonly W[]): (text: string) => readonly W[] {
  const one = oneOf(...words);
  return (text) => nameList(text).map(one);
}

/** `none`, `auto`, or `gzip:N` with a level from 1 to 9. */
export function compression(text: string): "none" | "auto" | { readonly gzip: number } {
  if (text === "none" || text === "auto") return text;
  const level = /^gzip:([1-9])$/.exec(text)?.[1];
  if (level === undefined) throw new InvalidArgumentError("none, auto, or gzip:1 to gzip:9 is needed.");
  return { gzip: Number(level) };
}

/** Zero, or a number greater than it. */
export function notNegative(text: string): number {
  return Number(text) === 0 && text.trim() !== "" ? 0 : positiveNumber(text);
}

/** One more text of a flag that may be given several times, taken as it is. */
export function moreTexts(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** More `KEY=VALUE` between commas; a bare `KEY` is `KEY=true`. */
export function keyValues(
  text: string,
  before: ReadonlyMap<string, string> | undefined,
): ReadonlyMap<string, string> {
  const more = nameList(text).map((entry): readonly [string, string] => {
    const at = entry.indexOf("=");
    return at < 0 ? [entry, "true"] : [entry.slice(0, at), entry.slice(at + 1)];
  });
  return new Map([...(before ?? []), ...more]);
}

/** Two or more labels of dialects between commas. */
export function dialectLabels(text: string): readonly string[] {
  const labels = nameList(text);
  if (labels.length < 2) throw new InvalidArgumentError("Two labels or more between commas are needed.");
  return labels;
}
