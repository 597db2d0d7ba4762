/** Options of a command: texts from the command line as numbers and names, refused in one sentence. */

/** A wrong option: its message is all that a user sees. */
export class OptionError extends Error {}

/** A whole number of at least `least`. */
export function wholeOption(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < least)
    throw new OptionError(`--${name} is ${text}: a whole number from ${least} is wanted`);
  return value;
}

/** One of some names. */
export function namedOption<Name extends string>(name: string, text: string, names: readonly Name[]): Name {
  const found = names.find((candidate) => candidate === text);
  if (found === undefined) throw new OptionError(`--${name} is ${text}: ${names.join(", ")} are known`);
  return found;
}
