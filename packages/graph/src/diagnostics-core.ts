/** What nirkit says about a graph, a file or a request: data first, exception second (style.md 2.5). */

/** One statement about one place. `path` is what the user can open: `/node/nodes/fc1/weight` or `nodes.fc1.weight[3]`. */
export interface Diagnostic {
  readonly code: `E_${string}` | `W_${string}` | `H_${string}`;
  readonly level: "error" | "warning" | "hint";
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Words of a diagnostic, made from its detail. */
export interface DiagnosticText {
  readonly message: string;
  readonly hint?: string | undefined;
}

type CodeTable = Readonly<Record<Diagnostic["code"], (detail: never) => DiagnosticText>>;
type DetailOf<F> = F extends (detail: infer D) => DiagnosticText ? D : never;

/** Makes the diagnostics of one table; returned by {@link defineDiagnostics}. */
export type DiagnosticFactory<T> = <C extends keyof T & Diagnostic["code"]>(
  code: C,
  path: string,
  detail: DetailOf<T[C]>,
) => Diagnostic;

const levels = { E: "error", W: "warning", H: "hint" } as const;

/**
 * Turns a package's table (code → words as a function of the detail) into a factory of diagnostics.
 * The level follows from the first letter of the code.
 *
 * @typeParam T table of codes
 * @example
 * const say = defineDiagnostics({ E_DT_MISSING: (d: { usual: number }) => ({ message: "No time step is given", hint: `Pass --dt ${d.usual}` }) });
 * say("E_DT_MISSING", "/", { usual: 1e-4 });
 */
export function defineDiagnostics<const T extends CodeTable>(table: T): DiagnosticFactory<T> {
  return (code, path, detail) => {
    const words = (table[code] as (detail: unknown) => DiagnosticText)(detail);
    const level = levels[code[0] as keyof typeof levels];
    const bare = { code, level, path, message: words.message };
    const withHint = words.hint === undefined ? bare : { ...bare, hint: words.hint };
    return detail !== null && typeof detail === "object"
      ? { ...withHint, detail: detail as Readonly<Record<string, unknown>> }
      : withHint;
  };
}

/** A refused input or request. Carries every diagnostic that was found, errors first as given. */
export class NirkitError extends Error {
  override readonly name: string = "NirkitError";
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(formatDiagnostic).join("\n"));
    this.diagnostics = diagnostics;
  }
}

/** Something nirkit itself got wrong; never caused by a file or an option. */
export class InternalError extends Error {
  override readonly name: string = "InternalError";
  constructor(message: string) {
    super(`${message} (a defect in nirkit: please report it with the input that led here)`);
  }
}

/** Throws one {@link NirkitError} with the whole list when any entry is an error; returns the list otherwise. */
export function assertNoErrors(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  if (diagnostics.some((d) => d.level === "error")) throw new NirkitError(diagnostics);
  return diagnostics;
}

/** One diagnostic as text: `CODE path: message. Hint: …`. Control characters of hostile names are shown escaped. */
export function formatDiagnostic(d: Diagnostic): string {
  const hint = d.hint === undefined ? "" : ` Hint: ${d.hint}`;
  return escapeControls(`${d.code} ${d.path}: ${d.message}${/[.?]$/.test(d.message) ? "" : "."}${hint}`);
}

/** Text with control characters and bidirectional overrides shown as `\\u…`: they could rewrite what a terminal shows. */
export function escapeControls(text: string): string {
  return text.replace(
    /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu,
    (c) => `\\u${c.codePointAt(0)?.toString(16).padStart(4, "0")}`,
  );
}
