/** `nirkit support`: which targets and frameworks can run this very network, and because of which node not. */
import { type Diagnostic, type NirGraph, NirkitError } from "@nirkit/graph";
import { lower } from "@nirkit/network";
import { quantizeGraph } from "@nirkit/quantize";
import { uniform } from "@nirkit/quantize-uniform";
import { frameworkSupport, parseDialect } from "@nirkit/simulate";
import { isQuantized } from "../engine.ts";
import { extensions } from "../extension-types.ts";
import { installedBackends } from "../installed-backends.ts";
import type { Invocation } from "../invocation.ts";
import { openModel } from "../model-file.ts";
import { loadPlugin } from "../plugin.ts";
import { type ReadFlags, readOptions } from "../read-flags.ts";
import { withoutExtensions } from "../runnable-model.ts";
import { safeName, table } from "../table.ts";
import { usualStep } from "../time-step.ts";
import { UsageError } from "../usage-error.ts";
import { wrapWords } from "../wrap.ts";

/** Flags of the command. */
export interface SupportFlags extends ReadFlags {
  readonly dt?: number;
  readonly target?: readonly string[];
}

/** One verdict. */
export interface Verdict {
  readonly name: string;
  readonly kind: "target" | "framework";
  /** True where it runs; a warning says what is different then. */
  readonly ok: boolean;
  readonly reasons: readonly Diagnostic[];
}

/** A network as integer targets see it, or why there is none. */
interface Integers {
  readonly graph?: NirGraph;
  readonly refusal: readonly Diagnostic[];
  /** Set where the network had to be quantized to be asked about. */
  readonly quantized?: { readonly scheme: "uniform:8"; readonly dt: number };
}

/** Asks every target and every framework; 0 whatever they answer. */
export async function support(invocation: Invocation, file: string, flags: SupportFlags): Promise<number> {
  const { graph, diagnostics } = await openModel(invocation.path(file), readOptions(flags));
  await invocation.note(diagnostics);
  const { cwd } = invocation.terminal;
  const integers = await integersOf(withoutExtensions(graph), flags.dt);
  const targets: Verdict[] = [];
  for (const name of flags.target ?? (await installedBackends(cwd)))
    targets.push(await askTarget(name, cwd, integers, flags.target !== undefined));
  const frameworks = frameworkSupport(graph).map(
    ({ target, ok, reasons }): Verdict => ({ name: target, kind: "framework", ok, reasons }),
  );
  const verdicts = [...targets, ...frameworks];
  const { quantized } = integers;
  invocation.document({
    ok: true,
    file,
    ...(quantized === undefined ? {} : { quantized }),
    support: verdicts,
    diagnostics: invocation.noted(),
  });
  if (quantized !== undefined)
    invocation.print(
      `The network is float: targets were asked about its integers in ${quantized.scheme}, dt ${quantized.dt}${flags.dt === undefined ? " (assumed; give --dt)" : ""}\n`,
    );
  invocation.print(verdictTable(verdicts, invocation.width()));
  return 0;
}

async function integersOf(graph: NirGraph, dt: number | undefined): Promise<Integers> {
  if (isQuantized(graph)) return { graph, refusal: [] };
  const step = dt ?? usualStep(graph);
  const quantized = { scheme: "uniform:8", dt: step } as const;
  const options = {
    params: uniform.params.parse({ bits: 8 }),
    dt: step,
    convention: parseDialect("nir-euler"),
  };
  try {
    return { graph: (await quantizeGraph(graph, uniform, options)).graph, refusal: [], quantized };
  } catch (error) {
    if (!(error instanceof NirkitError)) throw error;
    return { refusal: error.diagnostics, quantized };
  }
}

/** @param named by the user: what is not there is wrong usage then, not an answer */
async function askTarget(name: string, cwd: string, integers: Integers, named: boolean): Promise<Verdict> {
  const verdict = (reasons: readonly Diagnostic[]): Verdict => ({
    name,
    kind: "target",
    ok: reasons.every(({ level }) => level !== "error"),
    reasons: reasons.filter(({ level }) => level !== "hint"),
  });
  if (integers.graph === undefined) return verdict(integers.refusal);
  try {
    const backend = await loadPlugin("backend", name, cwd);
    const network = lower(integers.graph, { extensions, ...backend.lowering });
    return verdict([...network.meta.diagnostics, ...backend.check(network, backend.options.parse({}))]);
  } catch (error) {
    if (error instanceof NirkitError) return verdict(error.diagnostics);
    // One broken package must not keep the others from answering.
    if (error instanceof UsageError && !named) return verdict(error.diagnostics);
    throw error;
  }
}

/** One row per verdict; errors before warnings, one line per reason. */
function verdictTable(verdicts: readonly Verdict[], width: number): string {
  const rows = verdicts.map(({ name, kind, ok, reasons }) => {
    return { cells: [name, kind, answerOf(ok, reasons)] as const, because: becauseOf(reasons) };
  });
  const left = table(
    ["name", "kind", "runs"],
    rows.map(({ cells }) => cells),
  ).split("\n");
  const column = left.reduce((most, line) => Math.max(most, [...line].length), 0) + 2;
  const lines = left.flatMap((line, k) => {
    if (k < 2) return [line.padEnd(column) + (["because of", "----------"][k] ?? "")];
    const because = rows[k - 2]?.because ?? [];
    const wrapped = because.flatMap((reason) => wrapWords(reason, width - column));
    return wrapped.length === 0
      ? [line]
      : wrapped.map((text, n) => (n === 0 ? line.padEnd(column) : " ".repeat(column)) + text);
  });
  return lines.join("\n");
}

/** A framework that nobody tried with one of the node types is neither a yes nor a no. */
function answerOf(ok: boolean, reasons: readonly Diagnostic[]): string {
  if (!ok) return "no";
  if (reasons.some(({ code }) => code === "W_IMPORT_UNKNOWN")) return "unknown";
  return reasons.length === 0 ? "yes" : "yes, but";
}

/** Reasons in words, those that are equal but for their node together: `fc1, fc2: is not imported`. */
function becauseOf(reasons: readonly Diagnostic[]): readonly string[] {
  const order = { error: 0, warning: 1, hint: 2 } as const;
  const places = new Map<string, Set<string>>();
  for (const { path, message } of [...reasons].sort((a, b) => order[a.level] - order[b.level])) {
    const known = places.get(message) ?? new Set();
    places.set(message, known.add(nodeOf(path)));
  }
  return [...places].map(([message, nodes]) => {
    const shown = [...nodes].slice(0, mostNodes).map((node) => safeName(node));
    const more = nodes.size > mostNodes ? ` and ${nodes.size - mostNodes} more` : "";
    return `${shown.join(", ")}${more}: ${safeName(message, 400)}`;
  });
}

const mostNodes = 4;

/** `nodes.block.nodes.lif` and `/node/nodes/block/nodes/lif` are both `block/lif` for a person. */
function nodeOf(path: string): string {
  return path
    .replace(/^\/node\/nodes\//, "")
    .replace(/^(nodes|populations|projections)\./, "")
    .replaceAll(/\/nodes\/|\.nodes\./g, "/");
}
