/** Flags made from the zod schema of a plugin's options. */
import { z } from "zod";
import type { FlagSpec } from "./command.ts";
import { UsageError, usageDiagnostic } from "./usage-error.ts";

/** One flag and the option that it sets. */
export interface SchemaFlag extends FlagSpec {
  /** Key of the option in the schema. */
  readonly key: string;
  /** Long name without dashes: `clock-mhz`. */
  readonly long: string;
  /** Turns the text of the flag into a value of the option. */
  readonly read: (text: string) => unknown;
}

type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * One flag per property of an object schema: `clockMhz: z.number()` becomes `--clock-mhz <number>`, an enum lists its
 * words, a boolean becomes a switch (`--no-NAME` when it is on by default), everything else takes JSON.
 *
 * @param taken long names that the command has already; such an option becomes `--PREFIX-NAME`
 */
export function flagsOfSchema(
  schema: z.ZodType,
  taken: ReadonlySet<string>,
  prefix: string,
): readonly SchemaFlag[] {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  const properties = (json.properties ?? {}) as Readonly<Record<string, JsonSchema>>;
  return Object.entries(properties).map(([key, property]) => {
    const kebab = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const name = taken.has(kebab) ? `${prefix}-${kebab}` : kebab;
    const isSwitch = property.type === "boolean";
    const long = isSwitch && property.default === true ? `no-${name}` : name;
    const about = [property.description, choicesOf(property), defaultOf(property)].filter(Boolean).join("; ");
    const flags = isSwitch ? `--${long}` : `--${long} <${placeholder(property)}>`;
    return { key, long, flags, about, read: property.type === "string" ? String : looseValue };
  });
}

/**
 * Checks option values against the schema and fills its defaults.
 *
 * @throws UsageError one `E_USAGE` per refused option, at its flag
 */
export function parseOptions<T>(
  schema: z.ZodType<T>,
  values: Readonly<Record<string, unknown>>,
  flags: readonly SchemaFlag[],
): T {
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  throw new UsageError(
    result.error.issues.map((issue) => {
      const key = String(issue.path[0] ?? "");
      const flag = flags.find((f) => f.key === key);
      const rest = issue.path.slice(1).map(String).join(".");
      const at = flag === undefined ? key || "options" : `--${flag.long}${rest === "" ? "" : ` ${rest}`}`;
      return usageDiagnostic(at, issue.message, flag?.about === "" ? undefined : flag?.about);
    }),
  );
}

/** `16` is a number, `true` a boolean, `null` nothing, `{"fc1":2}` an object; what is not JSON is a word. */
export function looseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function choicesOf(property: JsonSchema): string {
  const alternatives = (property.anyOf ?? []) as readonly JsonSchema[];
  const choices = [property, ...alternatives].flatMap((s) => [
    ...((s.enum ?? []) as readonly unknown[]),
    ...("const" in s ? [s.const] : s.type === "null" ? [null] : []),
  ]);
  return choices.length === 0
    ? ""
    : `one of ${choices.map((c) => (typeof c === "string" ? c : JSON.stringify(c))).join(", ")}`;
}

function defaultOf(property: JsonSchema): string {
  if (!("default" in property) || property.type === "boolean") return "";
  return `default ${typeof property.default === "string" ? property.default : JSON.stringify(property.default)}`;
}

function placeholder(property: JsonSchema): string {
  if (property.type === "integer" || property.type === "number") return "number";
  if (property.type === "string") return "text";
  if (property.type === "object" || property.type === "array") return "json";
  return "value";
}
