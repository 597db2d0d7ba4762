/** Options of a command: texts from the command line as numbers and names, refused in one sentence. */
import { type ParseArgsConfig, parseArgs } from "node:util";

/** A wrong option: its message is all that a user sees. */
export class OptionError extends Error {}

/** What the command line says; ends the program with one sentence where an option is unknown. */
export function readOptions<Options extends NonNullable<ParseArgsConfig["options"]>>(
  options: Options,
): ReturnType<typeof parseArgs<{ options: Options }>>["values"] {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    if (!code.startsWith("ERR_PARSE_ARGS")) throw error;
    process.stderr.write(`${message}; --help lists all options\n`);
    process.exit(1);
  }
}

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
