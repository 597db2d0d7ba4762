/** `nirkit compare`: where dialects part, and which of their options is the cause. */
import { compareDialects, type DialectComparison, parseDialect } from "@nirkit/simulate";
import { type DataFlags, openSamples } from "../data-argument.ts";
import type { Invocation } from "../invocation.ts";
import { openRunnable } from "../runnable-model.ts";
import { safeName } from "../table.ts";

/** Flags of the command. */
export interface CompareFlags extends DataFlags {
  readonly dialects: readonly string[];
  readonly input: string;
  readonly dt?: number;
  readonly precision: "f32" | "f64";
}

/** A comparison, and the first sample that shows it. */
interface Found extends DialectComparison {
  readonly sample?: number;
}

/** Runs samples until every pair has parted, or none is left; 0 whatever comes out. */
export async function compare(invocation: Invocation, file: string, flags: CompareFlags): Promise<number> {
  const dialects = flags.dialects.map((label) => parseDialect(label));
  const { graph } = await openRunnable(invocation, file);
  const use = { graph, cwd: invocation.terminal.cwd, flag: "--input", form: "input" } as const;
  const source = await openSamples(flags.input, use, flags);
  await invocation.note(source.diagnostics);
  const [reference, ...others] = dialects;
  const found = new Map<number, Found>();
  const options = { precision: flags.precision, ...(flags.dt === undefined ? {} : { dt: flags.dt }) };
  const progress = invocation.progress("compared");
  let samples = 0;
  try {
    for await (const { input } of source) {
      const open = others.map((_, k) => k).filter((k) => found.get(k)?.difference === undefined);
      if (open.length === 0) break;
      const pair = open.flatMap((k) => others[k] ?? []);
      const results =
        reference === undefined ? [] : compareDialects(graph, [reference, ...pair], input, options);
      for (const [n, result] of results.entries())
        found.set(open[n] ?? 0, result.difference === undefined ? result : { ...result, sample: samples });
      progress.update(++samples, source.length, "sample");
    }
  } finally {
    progress.end();
  }
  const comparisons = others.flatMap((_, k) => found.get(k) ?? []);
  const equal = comparisons.every(({ difference }) => difference === undefined);
  invocation.document({
    ok: true,
    equal,
    samples,
    comparisons: comparisons.map(({ difference = null, ...rest }) => ({ ...rest, difference })),
    diagnostics: invocation.noted(),
  });
  invocation.print(comparisons.map((one) => comparisonText(one, samples)).join("\n\n"));
  return 0;
}

function comparisonText({ labels, difference, options, causes, sample }: Found, samples: number): string {
  const [a, b] = labels;
  const differing = options.map(({ option, values }) => `  ${option}: ${values[0]} | ${values[1]}`);
  if (difference === undefined)
    return [
      `${a} and ${b}: equal on ${samples} ${samples === 1 ? "sample" : "samples"}`,
      ...(differing.length === 0 ? [] : ["options that differ, without effect here", ...differing]),
    ].join("\n");
  const { node, step, index, values, vpre } = difference;
  const place = `sample ${sample ?? 0}, step ${step}, node ${safeName(node)}, neuron [${index.join(", ")}]`;
  return [
    `${a} and ${b} part in ${place}`,
    `  output: ${values[0]} | ${values[1]}`,
    ...(vpre === undefined ? [] : [`  membrane before the spike test: ${vpre[0]} | ${vpre[1]}`]),
    causes.length > 1 ? "caused by any one of" : "caused by",
    ...causes.flatMap((set) =>
      set.map(
        ({ option, summary, values: [x, y], meanings }) =>
          `  ${option}: ${x} | ${y}\n    ${summary}\n    ${a}: ${meanings[0]}\n    ${b}: ${meanings[1]}`,
      ),
    ),
    `${options.length} ${options.length === 1 ? "option differs" : "options differ"} in all: ${options.map(({ option }) => option).join(", ")}`,
  ].join("\n");
}
