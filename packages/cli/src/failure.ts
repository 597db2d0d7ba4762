/** The end of a run that failed: the words, the JSON document, the exit code. */
import type { Diagnostic } from "@nirkit/graph";
import type { Invocation } from "./invocation.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Reports what was thrown and returns the exit code: 2 for wrong usage, 1 for everything else. With `--json` the one
 * document is `{ ok: false, diagnostics }`. A stack is shown with `--debug` alone.
 */
export async function reportFailure(error: unknown, invocation: Invocation): Promise<number> {
  const diagnostics = await diagnosticsOf(error);
  const { json, debug, quiet } = invocation.flags;
  if (json) invocation.document({ ok: false, diagnostics: [...diagnostics, ...invocation.noted()] });
  else {
    const { renderDiagnostics } = await import("./render-diagnostics.ts");
    const shown = quiet ? diagnostics.filter((d) => d.level === "error") : diagnostics;
    invocation.terminal.stderr.write(renderDiagnostics(shown, invocation.err));
  }
  if (debug && error instanceof Error) invocation.terminal.stderr.write(`${error.stack ?? error.message}\n`);
  return error instanceof UsageError ? 2 : 1;
}

async function diagnosticsOf(error: unknown): Promise<readonly Diagnostic[]> {
  if (error instanceof UsageError) return error.diagnostics;
  const { NirkitError, InternalError } = await import("@nirkit/graph");
  if (error instanceof NirkitError) return Promise.all(error.diagnostics.map(inFlags));
  const message = error instanceof Error ? error.message : String(error);
  const { cliDiagnostic } = await import("./diagnostics.ts");
  return [cliDiagnostic("E_INTERNAL", "nirkit", { message, known: error instanceof InternalError })];
}

/** Libraries ask for an argument where the command line has a flag. */
async function inFlags(diagnostic: Diagnostic): Promise<Diagnostic> {
  if (diagnostic.code !== "E_DT_MISSING") return diagnostic;
  const { cliDiagnostic } = await import("./diagnostics.ts");
  const usual = diagnostic.detail?.usual;
  return cliDiagnostic("E_DT_MISSING", "--dt", { usual: typeof usual === "number" ? usual : undefined });
}
