/** The command table as a commander program. */
import { createRequire } from "node:module";
import { Command, Option } from "commander";
import type { CommandSpec, FlagSpec } from "./command.ts";
import { commandTable } from "./command-table.ts";
import { type GlobalFlags, Invocation } from "./invocation.ts";
import { integerFrom } from "./option-values.ts";
import { pluginFlags, type SelectedPlugin } from "./plugin-flags.ts";
import type { Terminal } from "./terminal.ts";

/** What a run of the program has to say back to `main`. */
export interface RunState {
  invocation: Invocation;
  exitCode: number;
}

/** Version of this package. */
function version(): string {
  const manifest = createRequire(import.meta.url)("../package.json") as { readonly version: string };
  return manifest.version;
}

/**
 * Builds the program for one command line: a plugin named there (`--target fpga`) adds its options to its command.
 *
 * @param said takes what commander writes: help, version, its own words on wrong usage
 */
export async function buildProgram(
  argv: readonly string[],
  terminal: Terminal,
  state: RunState,
  said: { out: string; err: string },
): Promise<Command> {
  const program = new Command("nirkit")
    .description("From a spiking network to verified hardware: inspect, simulate, quantize, compile, verify.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help of a command")
    .option("--json", "machine output on standard output, nothing else there")
    .option("--quiet", "no progress, no warnings")
    .option("--no-color", "no colors (also NO_COLOR=1)")
    .addOption(seedOption())
    .option("--debug", "show where an error happened")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => {
        said.out += text;
      },
      writeErr: (text) => {
        said.err += text;
      },
    })
    .exitOverride()
    .addHelpText(
      "after",
      "\nExit codes: 0 done, 1 input or result not acceptable, 2 wrong usage\nStart with: nirkit demo",
    );
  for (const spec of commandTable) {
    const selected = spec.plugin === undefined ? undefined : await pluginFlags(spec, argv, terminal.cwd);
    addCommand(program, spec, selected, async (command, args) => {
      const flags = command.optsWithGlobals() as GlobalFlags;
      state.invocation = new Invocation(terminal, flags);
      state.exitCode = await spec.run(state.invocation, args, {
        ...flags,
        plugin: selected?.take({ ...flags }),
      });
    });
  }
  return program;
}

function seedOption(): Option {
  return new Option("--seed <n>", "seed of everything random")
    .argParser(integerFrom(0, 2 ** 32 - 1))
    .default(0);
}

function addCommand(
  program: Command,
  spec: CommandSpec,
  selected: SelectedPlugin | undefined,
  run: (command: Command, args: readonly string[]) => Promise<void>,
): void {
  const command = program.command(spec.name).description(spec.summary);
  for (const [syntax, about] of spec.args) command.argument(syntax, about);
  for (const flag of spec.flags) command.addOption(optionOf(flag));
  if (selected !== undefined) {
    command.optionsGroup(`Options of ${selected.name}:`);
    for (const flag of selected.flags) command.addOption(optionOf(flag));
  }
  command.addHelpText("after", helpTail(spec, selected));
  command.action(async () => run(command, command.args));
}

function optionOf(flag: FlagSpec): Option {
  const option = new Option(flag.flags, flag.about);
  if (flag.parse !== undefined) option.argParser(flag.parse as (text: string, before: unknown) => unknown);
  if (flag.standard !== undefined) option.default(flag.standard, String(flag.standard));
  return option.makeOptionMandatory(flag.required === true);
}

function helpTail(spec: CommandSpec, selected: SelectedPlugin | undefined): string {
  const more =
    spec.plugin === undefined || selected !== undefined
      ? ""
      : `\nMore options: nirkit ${spec.name} --help ${spec.plugin.flag} ${spec.plugin.kind === "backend" ? "fpga" : "uniform"}`;
  return `${more}\nExample:\n  ${spec.example}\n\nExit codes:\n  0  done\n  1  ${spec.refusal}\n  2  wrong usage`;
}
