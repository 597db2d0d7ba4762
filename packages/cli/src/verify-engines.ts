/** Names of the engines of a verification: those that may be asked for, and those that ran. */
import type { VerifyReport } from "@nirkit/backend";
import { UsageError, usageDiagnostic } from "./usage-error.ts";

/** The comparison in TypeScript, which every back end has. */
const inside = "load";

/** Outside tools of nirkit's own back ends; a third party's back end knows its own. */
const outside: ReadonlyMap<string, readonly string[]> = new Map([
  ["fpga", ["verilator", "icarus"]],
  ["spinnaker2", []],
]);

/** What names engines on the command line. */
interface EngineFlags {
  readonly tools?: readonly string[];
  readonly limit?: ReadonlyMap<string, number>;
}

/**
 * Refuses names of engines that the back end does not have, so that nothing counts as verified that never ran.
 *
 * @param target name that found the back end; only nirkit's own have a known list, `fpga` among them
 * @param alone true for a back end without a verification of its own: it has no outside tools
 * @throws UsageError one `E_USAGE` per unknown name
 */
export function assertEngines(target: string, alone: boolean, flags: EngineFlags): void {
  const tools = alone ? [] : outside.get(target);
  if (tools === undefined) return;
  const engines = [inside, ...tools];
  const unknown = [
    ...unknownAt("--tools", flags.tools ?? [], [...engines, "none"]),
    ...unknownAt(
      "--limit",
      [...(flags.limit?.keys() ?? [])].filter((name) => name !== ""),
      engines,
    ),
  ];
  if (unknown.length > 0) throw new UsageError(unknown);
}

/**
 * Refuses tools that the report does not know: the check for back ends whose engines show only when they run.
 *
 * @throws UsageError one `E_USAGE` per tool that was asked for and is not in the report
 */
export function assertReported({ runs }: VerifyReport, { tools = [], limit }: EngineFlags): void {
  const known = runs.map((run) => run.engine);
  // A limit of 0 leaves an engine out on purpose.
  const asked = tools.filter((tool) => limit?.get("") !== 0 && limit?.get(tool) !== 0);
  const unknown = unknownAt("--tools", asked, [...known, "none"]);
  if (unknown.length > 0) throw new UsageError(unknown);
}

function unknownAt(
  flag: string,
  names: readonly string[],
  known: readonly string[],
): ReturnType<typeof usageDiagnostic>[] {
  return names
    .filter((name) => !known.includes(name))
    .map((name) =>
      usageDiagnostic(flag, `"${name}" is no engine of this back end`, `Give some of ${known.join(", ")}`),
    );
}

/** Engines that compared at least one sample. */
export function enginesRun({ runs }: VerifyReport): readonly string[] {
  return runs.filter((run) => run.skipped === undefined && run.samples > 0).map((run) => run.engine);
}

/** What was not proved, for the last line: empty where an outside tool ran. */
export function provedLess(engines: readonly string[], target: string): string {
  if (engines.length === 0) return " (no sample was compared)";
  if (engines.some((engine) => engine !== inside)) return "";
  return outside.get(target)?.length ? " (files only; the Verilog was not run)" : " (files only)";
}
