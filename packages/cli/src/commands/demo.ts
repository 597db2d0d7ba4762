/** `nirkit demo`: the whole path on what comes with nirkit. */

import { join } from "node:path";
import type { VirtualFile } from "@nirkit/backend";
import { NirkitError, schedule } from "@nirkit/graph";
import { writeNir } from "@nirkit/hdf5";
import { roundHalfEven } from "@nirkit/integer";
import { renderReport } from "@nirkit/report";
import { correctAmong, type DemoProgress, type DemoResult, runDemo } from "../demo-path.ts";
import { demoReport } from "../demo-report.ts";
import { readDemoSample } from "../demo-sample.ts";
import { cliDiagnostic } from "../diagnostics.ts";
import type { Invocation } from "../invocation.ts";
import { openInBrowser } from "../open-in-browser.ts";
import { assertFolder, type FolderManifest, writeFolder } from "../output-folder.ts";
import { type Cell, grouped, table } from "../table.ts";
import { verifyDiagnostics } from "../verification.ts";

/** Flags of the command. */
export interface DemoFlags {
  readonly out: string;
  readonly open?: boolean;
}

/** The list that marks a folder as an earlier demo. */
const demoFolder: FolderManifest = {
  name: "nirkit-demo.json",
  scratch: ["fpga/build/"],
  listed(text) {
    const list = JSON.parse(text) as { readonly schema?: unknown; readonly files?: unknown };
    const known = list.schema === "nirkit-demo/1" && Array.isArray(list.files);
    return known ? (list.files as readonly string[]) : [];
  },
};

/** Runs the demo and writes its folder, over an earlier demo alone. */
export async function demo(invocation: Invocation, flags: DemoFlags): Promise<number> {
  const out = invocation.path(flags.out);
  await assertFolder(out, true, demoFolder);
  const sample = await readDemoSample();
  const progress = stepsOn(invocation);
  progress.step(`inspect ${sample.name}.nir`);
  const { graph: flat, order } = schedule(sample.graph);
  progress.done(
    `${order.map((name) => flat.node(name).type).join(" > ")}; ${sample.samples.length} labelled samples, made by nirkit's own code`,
  );
  const result = await runDemo(sample, invocation.flags.seed, progress);
  await invocation.note(verifyDiagnostics(result.verified, undefined));
  await writeFolder(out, await filesOf(result), true, demoFolder);
  const page = join(out, "report.html");
  report(invocation, flags.out, page, result);
  if (flags.open === true && !(await openInBrowser(page))) invocation.say(`Open ${page} in a browser`);
  if (!proved(result) && !invocation.flags.json) throw failed(result);
  return proved(result) ? 0 : 1;
}

function stepsOn(invocation: Invocation): DemoProgress {
  const bar = invocation.progress("demo");
  let number = 0;
  let started = performance.now();
  return {
    step(what) {
      bar.end();
      started = performance.now();
      invocation.say(`[${++number}/8] ${what}`);
    },
    done(words) {
      bar.end();
      invocation.say(`      ${words} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    },
    update: (done, total, what) => bar.update(done, total, what),
  };
}

async function filesOf(result: DemoResult): Promise<readonly VirtualFile[]> {
  const { sample, precisions, compiled, chip } = result;
  const files: VirtualFile[] = [{ path: `${sample.name}.nir`, content: sample.bytes }];
  for (const { file, graph } of precisions)
    files.push({ path: `${sample.name}.${file}.nir`, content: await writeNir(graph) });
  for (const { path, content } of compiled.files) files.push({ path: `fpga/${path}`, content });
  for (const { path, content } of chip.compiled.files) files.push({ path: `spinnaker2/${path}`, content });
  files.push({ path: "report.html", content: renderReport(demoReport(result)) });
  const list = { schema: "nirkit-demo/1", files: files.map(({ path }) => path) };
  return [...files, { path: demoFolder.name, content: `${JSON.stringify(list, null, 2)}\n` }];
}

function report(invocation: Invocation, out: string, page: string, result: DemoResult): void {
  const { float, precisions, verified, chip } = result;
  const summary = (e: DemoResult["float"]): object => ({
    samples: e.samples,
    correct: e.correct,
    accuracy: e.accuracy,
  });
  invocation.document({
    ok: proved(result),
    out,
    report: page,
    float: summary(float),
    integer: precisions.map(({ scheme, bits, evaluation }) => ({ scheme, bits, ...summary(evaluation) })),
    verify: {
      runs: verified.runs,
      ...(verified.mismatch === undefined ? {} : { mismatch: verified.mismatch }),
    },
    spinnaker2: { ...summary(chip.evaluation), verify: chip.verified.runs },
    diagnostics: invocation.noted(),
  });
  invocation.print(`\n${demoTable(result)}`);
  invocation.print(`\nReport: ${page}`);
}

/** Accuracy, events and cycles of every engine. */
function demoTable({ float, precisions, verified, sample, chip }: DemoResult): string {
  const [eight] = precisions;
  const rows: (readonly Cell[])[] = [
    ["float", `${float.correct}/${float.samples}`, grouped(roundHalfEven(float.synopsPerSample)), "-"],
  ];
  for (const { label, evaluation: e } of precisions)
    rows.push([label, `${e.correct}/${e.samples}`, grouped(roundHalfEven(e.synopsPerSample)), "-"]);
  for (const run of verified.runs) {
    const name = run.engine === "load" ? "emitted files, loaded" : `Verilog in ${run.engine}`;
    if (run.skipped !== undefined || eight === undefined) {
      rows.push([name, "skipped", "-", "-"]);
      continue;
    }
    const correct = `${correctAmong(eight.evaluation, sample, run.samples)}/${run.samples}`;
    const cycles =
      run.cycles === undefined ? "-" : grouped(roundHalfEven(run.cycles / Math.max(run.samples, 1)));
    rows.push([name, run.ok ? correct : "DIFFERS", "-", cycles]);
  }
  rows.push([
    "simulated SpiNNaker2",
    chip.verified.ok ? `${chip.evaluation.correct}/${chip.evaluation.samples}` : "DIFFERS",
    grouped(roundHalfEven(chip.evaluation.synopsPerSample)),
    "-",
  ]);
  return table(["engine", "correct", "synaptic ops/sample", "cycles/sample"], rows);
}

function proved({ verified, chip }: DemoResult): boolean {
  return verified.ok && chip.verified.ok;
}

function failed({ verified }: DemoResult): NirkitError {
  const run = verified.runs.find((r) => !r.ok);
  const detail = {
    engine: run?.engine ?? "load",
    reason: "the emitted files differ from the golden integers",
  };
  return new NirkitError([cliDiagnostic("E_VERIFY_FAILED", "demo", detail)]);
}
