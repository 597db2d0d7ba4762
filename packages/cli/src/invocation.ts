/** What every command gets: its surroundings, the global flags, and the ways to say something. */
import { resolve } from "node:path";
import type { Diagnostic } from "@nirkit/graph";
import { type Palette, paletteFor } from "./color.ts";
import { jsonText } from "./json-text.ts";
import { type Progress, progressOn } from "./progress.ts";
import type { Terminal } from "./terminal.ts";
import { plainColumns } from "./wrap.ts";

/** Flags that every command takes. */
export interface GlobalFlags {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
  readonly debug: boolean;
  /** Seed of everything random; 0 unless given. */
  readonly seed: number;
}

/** One run of one command. */
export class Invocation {
  readonly terminal: Terminal;
  readonly flags: GlobalFlags;
  readonly out: Palette;
  readonly err: Palette;
  readonly #noted: Diagnostic[] = [];

  constructor(terminal: Terminal, flags: GlobalFlags) {
    this.terminal = terminal;
    this.flags = flags;
    this.out = paletteFor(terminal, "stdout", flags.color && !flags.json);
    this.err = paletteFor(terminal, "stderr", flags.color);
  }

  /** A path of the user as an absolute one. */
  path(relative: string): string {
    return resolve(this.terminal.cwd, relative);
  }

  /** Columns for what a person reads: those of the terminal, 110 in files and pipes. */
  width(): number {
    const { isTTY, columns = plainColumns } = this.terminal.stdout;
    return isTTY === true ? Math.max(columns, 60) : plainColumns;
  }

  /** The result for a person, on standard output; nothing with `--json`. */
  print(text: string): void {
    if (!this.flags.json) this.terminal.stdout.write(`${text}\n`);
  }

  /** The result for a program: the one JSON document of `--json`; nothing without. */
  document(value: unknown): void {
    if (this.flags.json) this.terminal.stdout.write(`${jsonText(value)}\n`);
  }

  /** A step of the work, on standard error; nothing with `--quiet`. */
  say(text: string): void {
    if (!this.flags.quiet) this.terminal.stderr.write(`${text}\n`);
  }

  /** Warnings and hints that do not stop the work: kept for the document, and told on standard error without `--json`. */
  async note(diagnostics: readonly Diagnostic[]): Promise<void> {
    this.#noted.push(...diagnostics);
    if (this.flags.json || diagnostics.length === 0) return;
    const { renderDiagnostics } = await import("./render-diagnostics.ts");
    const loud = this.flags.quiet ? diagnostics.filter((d) => d.level === "error") : diagnostics;
    if (loud.length > 0) this.terminal.stderr.write(renderDiagnostics(loud, this.err));
  }

  /** Everything noted so far; stands in the JSON document. */
  noted(): readonly Diagnostic[] {
    return this.#noted;
  }

  progress(what: string): Progress {
    return progressOn(this.terminal, what, this.flags.quiet);
  }
}
