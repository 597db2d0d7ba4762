/** `nirkit completion`: scripts for shells, made from the command table. */
import type { CommandSpec } from "../command.ts";
import type { Invocation } from "../invocation.ts";
import { usageError } from "../usage-error.ts";

/** Flags that every command takes. */
const globals = ["--json", "--quiet", "--no-color", "--seed", "--debug", "--help"];

type Shell = "bash" | "zsh" | "fish";

const scripts: Readonly<Record<Shell, (commands: readonly CommandSpec[]) => string>> = { bash, zsh, fish };

/** Prints the script of one shell; files complete as they do everywhere. */
export async function completion(
  invocation: Invocation,
  shell: string,
  commands: readonly CommandSpec[],
): Promise<number> {
  if (!Object.hasOwn(scripts, shell))
    throw usageError(
      "completion",
      `There is no completion for "${shell}"`,
      `Give ${Object.keys(scripts).join(", ")}`,
    );
  const script = scripts[shell as Shell](commands);
  invocation.document({ ok: true, shell, script });
  invocation.print(script);
  return 0;
}

/** Long flags of a command: `-o, --out <file>` is `--out`. */
function longFlags({ flags }: CommandSpec): readonly string[] {
  return flags.flatMap((flag) => flag.flags.match(/--[a-z][a-z-]*/g) ?? []);
}

function names(commands: readonly CommandSpec[]): string {
  return [...commands.map(({ name }) => name), "help"].join(" ");
}

function bash(commands: readonly CommandSpec[]): string {
  const cases = commands.map(
    (spec) => `    ${spec.name}) flags="${[...longFlags(spec), ...globals].join(" ")}" ;;`,
  );
  return [
    "# nirkit completion for bash: source <(nirkit completion bash)",
    "_nirkit() {",
    `  local word="\${COMP_WORDS[COMP_CWORD]}" command="" flags="${globals.join(" ")} --version" part`,
    `  for part in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do`,
    `    case "$part" in -*) ;; *) command="$part"; break ;; esac`,
    "  done",
    `  case "$command" in`,
    ...cases,
    "  esac",
    `  if [[ "$word" == -* ]]; then COMPREPLY=($(compgen -W "$flags" -- "$word"))`,
    `  elif [[ -z "$command" || "$command" == help ]]; then COMPREPLY=($(compgen -W "${names(commands)}" -- "$word"))`,
    `  elif [[ "$command" == completion ]]; then COMPREPLY=($(compgen -W "bash zsh fish" -- "$word"))`,
    `  else COMPREPLY=($(compgen -f -- "$word")); fi`,
    "}",
    "complete -o filenames -F _nirkit nirkit",
  ].join("\n");
}

function zsh(commands: readonly CommandSpec[]): string {
  const summaries = commands.map(({ name, summary }) => `    '${name}:${quoted(summary)}'`);
  const cases = commands.map((spec) => {
    const own = spec.flags.flatMap(({ flags, about }) =>
      (flags.match(/--[a-z][a-z-]*/g) ?? []).map(
        (flag) => `'${flag}[${quoted(about)}]${flags.includes("<") ? ":value:_files" : ""}'`,
      ),
    );
    return `        ${spec.name}) _arguments -s ${[...own, ...globals.map((flag) => `'${flag}'`)].join(" ")} '*:file:_files' ;;`;
  });
  return [
    "#compdef nirkit",
    "# nirkit completion for zsh: nirkit completion zsh > a folder of $fpath, as _nirkit",
    "_nirkit() {",
    "  local -a commands",
    "  commands=(",
    ...summaries,
    "  )",
    "  local state",
    "  _arguments -C '1:command:->command' '*::argument:->argument'",
    "  case $state in",
    "    command) _describe command commands ;;",
    "    argument)",
    "      case $words[1] in",
    ...cases,
    "      esac ;;",
    "  esac",
    "}",
    `if [ "$funcstack[1]" = "_nirkit" ]; then _nirkit "$@"; else compdef _nirkit nirkit; fi`,
  ].join("\n");
}

function fish(commands: readonly CommandSpec[]): string {
  const lines = commands.flatMap((spec) => [
    `complete -c nirkit -n __fish_use_subcommand -a ${spec.name} -d '${quoted(spec.summary)}'`,
    ...spec.flags.flatMap(({ flags, about }) =>
      (flags.match(/--[a-z][a-z-]*/g) ?? []).map(
        (flag) =>
          `complete -c nirkit -n '__fish_seen_subcommand_from ${spec.name}' -l ${flag.slice(2)}${flags.includes("<") ? " -r" : ""} -d '${quoted(about)}'`,
      ),
    ),
  ]);
  return [
    "# nirkit completion for fish: nirkit completion fish > ~/.config/fish/completions/nirkit.fish",
    ...lines,
    "complete -c nirkit -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'",
    ...globals.map((flag) => `complete -c nirkit -l ${flag.slice(2)}`),
  ].join("\n");
}

/** Text for single quotes, and for the brackets and colons that zsh reads. */
function quoted(text: string): string {
  return text
    .replaceAll("'", "")
    .replaceAll("[", "(")
    .replaceAll("]", ")")
    .replaceAll(":", ",")
    .replaceAll("\\", "");
}
