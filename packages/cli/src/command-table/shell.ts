/** Commands about nirkit itself. */
import type { CommandSpec } from "../command.ts";

const passes: CommandSpec = {
  name: "passes",
  args: [["[name]", "pass to show with its options"]],
  summary: "list the graph passes with their options, or one pass in full",
  flags: [],
  example: "nirkit passes quantize-pot",
  refusal: "there is no such pass",
  run: async (invocation, args) => (await import("../commands/passes.ts")).passes(invocation, args[0]),
};

/** Completion knows all other commands, and itself. */
function completionOf(others: readonly CommandSpec[]): CommandSpec {
  const completion: CommandSpec = {
    name: "completion",
    args: [["<shell>", "bash, zsh or fish"]],
    summary: "print a script that completes commands and flags in a shell",
    flags: [],
    example: "source <(nirkit completion bash)",
    refusal: "the script cannot be made",
    run: async (invocation, args) =>
      (await import("../commands/completion.ts")).completion(invocation, args[0] ?? "", [
        ...others,
        passes,
        completion,
      ]),
  };
  return completion;
}

/** In the order of the help. */
export function shellCommands(others: readonly CommandSpec[]): readonly CommandSpec[] {
  return [passes, completionOf(others)];
}
