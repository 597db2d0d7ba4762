/** A request that cannot be understood: exit code 2. Light on purpose, so that `nirkit --help` loads nothing else. */
import type { Diagnostic } from "@nirkit/graph";

/** Wrong usage of the command line; carries what is wrong and what would be right. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => d.message).join("\n"));
    this.diagnostics = diagnostics;
  }
}

/** The diagnostic `E_USAGE` at an option or a command. */
export function usageDiagnostic(path: string, message: string, hint?: string): Diagnostic {
  const bare = { code: "E_USAGE", level: "error", path, message } as const;
  return hint === undefined ? bare : { ...bare, hint };
}

/** A {@link UsageError} with one `E_USAGE`. */
export function usageError(path: string, message: string, hint?: string): UsageError {
  return new UsageError([usageDiagnostic(path, message, hint)]);
}
