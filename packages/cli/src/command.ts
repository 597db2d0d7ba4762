/** How a command is declared: its face for the user here, its work behind a lazy import. */
import type { Invocation } from "./invocation.ts";

/** One flag. `flags` and the rest are spelt as commander reads them: `-o, --out <file>`. */
export interface FlagSpec {
  readonly flags: string;
  readonly about: string;
  readonly parse?: (text: string, before: never) => unknown;
  readonly required?: boolean;
  readonly standard?: unknown;
}

/** What a flag or an argument was turned into, by camel-case name. */
export type FlagValues = Readonly<Record<string, unknown>>;

/** One command of the table. */
export interface CommandSpec {
  readonly name: string;
  /** Arguments as commander reads them: `<file>`, `<files...>`. */
  readonly args: readonly (readonly [syntax: string, about: string])[];
  readonly summary: string;
  readonly flags: readonly FlagSpec[];
  readonly example: string;
  /** Exit codes beyond "0 done, 2 wrong usage": what 1 means here. */
  readonly refusal: string;
  /** Kind of plugin whose own options become flags, and the flag that names the plugin. */
  readonly plugin?: {
    readonly kind: "backend" | "quantize";
    readonly flag: string;
    readonly standard?: string;
    /** Values of the flag that name no plugin. */
    readonly except?: readonly string[];
  };
  run(invocation: Invocation, args: readonly string[], flags: FlagValues): Promise<number>;
}
