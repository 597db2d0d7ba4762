/** The command line: parse, run, report. */
import { CommanderError } from "commander";
import { reportFailure } from "./failure.ts";
import { Invocation } from "./invocation.ts";
import { buildProgram, type RunState } from "./program.ts";
import { processTerminal, type Terminal } from "./terminal.ts";
import { usageError } from "./usage-error.ts";

/**
 * Runs one command line.
 *
 * @param argv words after `nirkit`
 * @param terminal streams, environment and folder; those of the process unless given
 * @returns the exit code: 0 done, 1 the input or the result is not acceptable, 2 wrong usage
 * @example await main(["inspect", "model.nir", "--json"])
 */
export async function main(argv: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  const state: RunState = { invocation: new Invocation(terminal, flagsBeforeParsing(argv)), exitCode: 0 };
  const said = { out: "", err: "" };
  try {
    const program = await buildProgram(argv, terminal, state, said);
    await program.parseAsync([...argv], { from: "user" });
    return state.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportFailure(error, state.invocation);
    const { invocation } = state;
    if (error.exitCode !== 0) {
      if (error.code !== "commander.help" || invocation.flags.json)
        return reportFailure(wrongUsage(error, argv), invocation);
      terminal.stderr.write(said.err);
      return 2;
    }
    invocation.document({ ok: true, text: said.out });
    invocation.print(said.out.trimEnd());
    return 0;
  }
}

/** The global flags that matter when the command line itself is wrong. */
function flagsBeforeParsing(argv: readonly string[]): Invocation["flags"] {
  const has = (flag: string): boolean => argv.includes(flag);
  return {
    json: has("--json"),
    quiet: has("--quiet"),
    color: !has("--no-color"),
    debug: has("--debug"),
    seed: 0,
  };
}

/** Commander's sentence as a diagnostic: `error: unknown command 'inspct'\n(Did you mean inspect?)`. */
function wrongUsage(error: CommanderError, argv: readonly string[]): Error {
  const name = argv.find((word) => /^[a-z]+$/.test(word));
  const see =
    error.code === "commander.unknownCommand" || name === undefined
      ? "nirkit --help"
      : `nirkit ${name} --help`;
  if (error.code === "commander.help")
    return usageError("nirkit", "No command is given", "See nirkit --help");
  const [sentence = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
  const meant = suggestion === undefined ? "" : `${suggestion.replace(/^\(|\)$/g, "")} `;
  const message = sentence.charAt(0).toUpperCase() + sentence.slice(1);
  return usageError("nirkit", message.replace(/\.$/, ""), `${meant}See ${see}`);
}
