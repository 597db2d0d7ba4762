/** All commands: names, flags, help. The work itself is loaded when a command runs. */
import type { CommandSpec } from "./command.ts";
import { hardwareCommands } from "./command-table/hardware.ts";
import { integerCommands } from "./command-table/integers.ts";
import { lookCommands } from "./command-table/look.ts";
import { runCommands } from "./command-table/run.ts";
import { shellCommands } from "./command-table/shell.ts";
import { trainingCommands } from "./command-table/training.ts";

const commands: readonly CommandSpec[] = [
  ...lookCommands,
  ...runCommands,
  ...integerCommands,
  ...trainingCommands,
  ...hardwareCommands,
];

/** Every command, in the order of the help. */
export const commandTable: readonly CommandSpec[] = [...commands, ...shellCommands(commands)];
