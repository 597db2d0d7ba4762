/** Options of the plugin that a command line names, as flags of its command. */
import type { CommandSpec, FlagValues } from "./command.ts";
import type { AnyBackend, AnyQuantizer } from "./plugin.ts";
import type { SchemaFlag } from "./schema-flags.ts";
import { usageError } from "./usage-error.ts";

/** A plugin with the option values that the user gave. */
export interface PluginChoice {
  readonly plugin: AnyBackend | AnyQuantizer;
  readonly values: Readonly<Record<string, unknown>>;
  readonly flags: readonly SchemaFlag[];
}

/** A plugin named on the command line. */
export interface SelectedPlugin {
  readonly name: string;
  readonly flags: readonly SchemaFlag[];
  /** Picks the plugin's options out of all flag values. */
  take(values: FlagValues): PluginChoice;
}

const globalNames = ["json", "quiet", "color", "no-color", "seed", "debug", "help", "version"];

/** Loads the plugin that `argv` names for `spec` and makes its flags; undefined where another command runs or none is named. */
export async function pluginFlags(
  spec: CommandSpec,
  argv: readonly string[],
  folder: string,
): Promise<SelectedPlugin | undefined> {
  if (spec.plugin === undefined || !isCommand(spec.name, argv)) return undefined;
  const { kind, flag, except = [] } = spec.plugin;
  const text = textAfter(flag, argv);
  if (text === undefined || except.includes(text)) return undefined;
  const [name, suffix] = kind === "quantize" ? splitScheme(text) : [text, undefined];
  const { loadPlugin } = await import("./plugin.ts");
  const { flagsOfSchema } = await import("./schema-flags.ts");
  const plugin: AnyBackend | AnyQuantizer = await loadPlugin(kind, name, folder);
  const schema = "params" in plugin ? plugin.params : plugin.options;
  const all = flagsOfSchema(schema, takenNames(spec), kind === "backend" ? labelOf(plugin) : "scheme");
  // One seed for the whole command line: a plugin's own is the global one.
  const flags = all.filter(({ key }) => key !== "seed");
  const bits = suffix === undefined ? {} : { bits: Number(suffix) };
  const seeded = (values: FlagValues): FlagValues => (flags.length < all.length ? { seed: values.seed } : {});
  return {
    name: kind === "backend" ? `target ${name}` : `scheme ${name}`,
    flags,
    take: (values) => {
      const options = given(flags, values);
      assertOneWidth(text, bits, options);
      return { plugin, flags, values: { ...options, ...seeded(values), ...bits } };
    },
  };
}

/** `uniform:8` is the scheme `uniform` with 8 bits; a path may hold colons, so only digits at the end count. */
export function splitScheme(text: string): readonly [name: string, bits: string | undefined] {
  const match = /^(.+):(\d+)$/.exec(text);
  return match === null ? [text, undefined] : [match[1] ?? text, match[2]];
}

/** `uniform:4 --bits 8` asks for two widths at once. */
function assertOneWidth(
  scheme: string,
  { bits }: { readonly bits?: number },
  options: Readonly<Record<string, unknown>>,
): void {
  if (bits !== undefined && options.bits !== undefined && options.bits !== bits)
    throw usageError("--bits", `Contradicts --scheme ${scheme}`, "Give the width once");
}

function labelOf(plugin: AnyBackend | AnyQuantizer): string {
  return "scheme" in plugin ? plugin.scheme : plugin.name;
}

function isCommand(name: string, argv: readonly string[]): boolean {
  const words = argv.filter((word, k) => !word.startsWith("-") && argv[k - 1] !== "--seed");
  return words[0] === name || (words[0] === "help" && words[1] === name);
}

function textAfter(flag: string, argv: readonly string[]): string | undefined {
  const joined = argv.find((word) => word.startsWith(`${flag}=`));
  if (joined !== undefined) return joined.slice(flag.length + 1);
  const at = argv.indexOf(flag);
  return at < 0 ? undefined : argv[at + 1];
}

function takenNames(spec: CommandSpec): ReadonlySet<string> {
  const names = spec.flags.flatMap((flag) =>
    [...flag.flags.matchAll(/--([a-z][a-z-]*)/g)].map((m) => m[1] ?? ""),
  );
  return new Set([...globalNames, ...names]);
}

function given(flags: readonly SchemaFlag[], values: FlagValues): Readonly<Record<string, unknown>> {
  const entries = flags.flatMap((flag) => {
    const attribute = flag.long
      .replace(/^no-/, "")
      .replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    const value = values[attribute];
    // Commander answers true for an absent --no-NAME, which is the schema's own default.
    if (value === undefined || (flag.long.startsWith("no-") && value === true)) return [];
    return [[flag.key, typeof value === "string" ? flag.read(value) : value] as const];
  });
  return Object.fromEntries(entries);
}
