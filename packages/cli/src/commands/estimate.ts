/** `nirkit estimate`: what a deployment costs, each figure with unit, method and source. */
import { join } from "node:path";
import type { CostFigure } from "@nirkit/backend";
import { type Activity, NirkitError } from "@nirkit/graph";
import { lower } from "@nirkit/network";
import { type DataFlags, openSamples } from "../data-argument.ts";
import { deployedTarget, graphChange } from "../deployed-target.ts";
import { openDeployment } from "../deployment-folder.ts";
import { cliDiagnostic } from "../diagnostics.ts";
import { extensions } from "../extension-types.ts";
import type { Invocation } from "../invocation.ts";
import { measureActivity } from "../measured-activity.ts";
import { openModel } from "../model-file.ts";
import type { AnyBackend } from "../plugin.ts";
import { synthesizedFigures } from "../synthesized-figures.ts";
import { grouped, table } from "../table.ts";
import { wrapWords } from "../wrap.ts";
import type { YosysChoice } from "../yosys-runner.ts";

/** Flags of the command. */
export interface EstimateFlags extends DataFlags {
  readonly data?: string;
  readonly target?: string;
  /** Counts by synthesis as well. */
  readonly yosys?: YosysChoice;
}

/** Figures of the emitted files under the events of the data; a changed file has no figures. */
export async function estimate(invocation: Invocation, dir: string, flags: EstimateFlags): Promise<number> {
  const folder = invocation.path(dir);
  const opened = await openDeployment(folder);
  const { cwd } = invocation.terminal;
  const backend = await deployedTarget(opened, flags.target, cwd);
  const { graph } = await openModel(join(folder, "model.nir"));
  const changed = [...opened.diagnostics, ...graphChange(folder, opened, graph)];
  if (changed.some(({ level }) => level === "error")) throw new NirkitError(changed);
  const { samples, activity } = await activityOf(invocation, backend, graph, flags);
  const deployment = backend.load(opened.files);
  const { figures: estimated, diagnostics } = backend.estimate(deployment, activity);
  const counted =
    flags.yosys === undefined ? [] : await synthesizedFigures(invocation, deployment, flags.yosys);
  const figures = [...counted, ...estimated];
  await invocation.note(diagnostics);
  invocation.document({
    ok: true,
    backend: backend.name,
    version: backend.version,
    samples,
    figures,
    diagnostics: invocation.noted(),
  });
  invocation.print(figuresText(figures, invocation.width()));
  return 0;
}

async function activityOf(
  invocation: Invocation,
  backend: AnyBackend,
  graph: Parameters<typeof lower>[0],
  flags: EstimateFlags,
): Promise<{ readonly samples: number; readonly activity: Activity }> {
  if (flags.data === undefined) {
    await invocation.note([cliDiagnostic("H_NO_ACTIVITY", "--data", {})]);
    return { samples: 0, activity: new Map() };
  }
  const use = { graph, cwd: invocation.terminal.cwd, flag: "--data", form: "input" } as const;
  const source = await openSamples(flags.data, use, flags);
  await invocation.note(source.diagnostics);
  const progress = invocation.progress("measured");
  try {
    const network = lower(graph, { extensions, ...backend.lowering });
    return await measureActivity(network, backend.lowering.links, source, (done) =>
      progress.update(done, source.length, "sample"),
    );
  } finally {
    progress.end();
  }
}

/** Figures of the whole, then of each part; methods and sources below, by number. */
function figuresText(figures: readonly CostFigure[], width: number): string {
  const notes = [...new Set(figures.map(noteOf))];
  const rows = [...figures]
    .sort((a, b) => Number(a.part !== undefined) - Number(b.part !== undefined))
    .map((figure) => [
      figure.part ?? "all",
      figure.name,
      shown(figure.value),
      figure.unit,
      `[${notes.indexOf(noteOf(figure)) + 1}]`,
    ]);
  const lines = notes.flatMap((note, k) => {
    const mark = `[${k + 1}] `;
    return wrapWords(note, width - mark.length).map(
      (text, n) => (n === 0 ? mark : " ".repeat(mark.length)) + text,
    );
  });
  return [table(["part", "figure", "value", "unit", "how"], rows), "", ...lines].join("\n");
}

function noteOf({ method, source }: CostFigure): string {
  return `${method}. Source: ${source}.`;
}

function shown(value: number): string {
  if (Number.isInteger(value)) return Math.abs(value) < 1e15 ? grouped(value) : String(value);
  return String(Number(value.toPrecision(4)));
}
