/** The page at the end of the demo. */
import type { Tensor } from "@nirkit/graph";
import {
  type Block,
  barSvg,
  confusionSvg,
  graphSvg,
  type Report,
  rasterSvg,
  type Section,
} from "@nirkit/report";
import { precisionSection } from "./compile-report.ts";
import { correctAmong, type DemoPrecision, type DemoResult } from "./demo-path.ts";
import { grouped } from "./table.ts";

/** Graph, rasters, precision, accuracy and cycles of one run of the demo. */
export function demoReport(result: DemoResult): Report {
  const { float, precisions, compiled, verified, sample } = result;
  const [eight] = precisions as [DemoPrecision, ...DemoPrecision[]];
  const proof = verified.runs.filter((run) => run.skipped === undefined);
  const cycles = proof.find((run) => run.cycles !== undefined);
  const perSample =
    cycles?.cycles === undefined ? "-" : Math.round(cycles.cycles / Math.max(cycles.samples, 1));
  return {
    title: "From a spiking network to verified hardware",
    subtitle: `${sample.name}: ${float.samples} samples, ${float.dialect ?? ""}, time step ${float.dt}`,
    facts: [
      { label: "float accuracy", value: `${float.correct}/${float.samples}` },
      ...precisions.map((p) => ({
        label: `${p.bits}-bit integers`,
        value: `${p.evaluation.correct}/${p.evaluation.samples}`,
      })),
      { label: "cycles per sample", value: perSample },
      {
        label: "Verilog against integers",
        value: verified.ok ? "equal" : "different",
        state: verified.ok ? "good" : "bad",
      },
    ],
    sections: [
      {
        title: "Network",
        blocks: [
          { kind: "text", text: "The network as the file describes it. Shapes are without batch and time." },
          { kind: "figure", svg: graphSvg(sample.graph) },
        ],
      },
      accuracySection(result),
      rasterSection(result, eight),
      ...precisions.map((p) => ({ ...precisionSection(p.network), title: `Precision at ${p.bits} bit` })),
      hardwareSection(result),
      {
        title: "What was said",
        blocks: [{ kind: "diagnostics", diagnostics: [...compiled.diagnostics, ...verified.diagnostics] }],
      },
    ],
    footer: `nirkit demo, graph ${compiled.document.graphHash}`,
  };
}

function accuracySection({ float, precisions, verified, sample }: DemoResult): Section {
  const rows = [{ label: "float", value: float.correct, text: `${float.correct} / ${float.samples}` }];
  for (const { bits, evaluation } of precisions)
    rows.push({
      label: `${bits}-bit integers`,
      value: evaluation.correct,
      text: `${evaluation.correct} / ${evaluation.samples}`,
    });
  const [eight] = precisions as [DemoPrecision, ...DemoPrecision[]];
  for (const run of verified.runs.filter((r) => r.skipped === undefined && r.ok && r.engine !== "load")) {
    const correct = correctAmong(eight.evaluation, sample, run.samples);
    const scaled = (correct / Math.max(run.samples, 1)) * float.samples;
    rows.push({ label: `Verilog in ${run.engine}`, value: scaled, text: `${correct} / ${run.samples}` });
  }
  return {
    title: "Accuracy",
    blocks: [
      { kind: "figure", svg: barSvg({ title: "Correctly classified samples", rows, max: float.samples }) },
      {
        kind: "details",
        summary: "Confusion of the 8-bit integers",
        blocks: [{ kind: "figure", svg: confusionSvg({ matrix: eight.evaluation.confusion }) }],
      },
    ],
  };
}

function rasterSection({ floatTrace, sample }: DemoResult, precision: DemoPrecision): Section {
  const blocks: Block[] = [];
  for (const [name, input] of sample.samples[0]?.input ?? [])
    blocks.push({
      kind: "figure",
      svg: rasterSvg({ title: `Input ${name}`, spikes: input, axis: "channel" }),
    });
  for (const { name, neuron } of precision.network.populations) {
    const spikes = precision.trace.records.get(`${name}/out`);
    if (spikes === undefined || !(neuron.arithmetic === "integer" && neuron.spiking)) continue;
    const reference: Tensor | undefined = floatTrace.records.get(`${name}/out`);
    const both = reference === undefined ? { spikes } : { spikes, reference };
    blocks.push({ kind: "figure", svg: rasterSvg({ title: `${name}: 8-bit integers over float`, ...both }) });
  }
  const text = "The first sample, step by step. Where integers and float disagree, the dash is marked.";
  return { title: "Spikes", blocks: [{ kind: "text", text }, ...blocks] };
}

function hardwareSection({ compiled, verified }: DemoResult): Section {
  const runs: Block = {
    kind: "table",
    caption: "Proof: every output beat and every cycle count against the golden integers",
    columns: ["engine", "result", "samples", "beats", "cycles", "seconds", "version"],
    rows: verified.runs.map((run) => [
      run.engine,
      run.skipped === undefined ? (run.ok ? "equal" : "different") : "skipped",
      run.samples,
      run.beats ?? null,
      run.cycles ?? null,
      Number(run.seconds.toFixed(1)),
      run.skipped ?? run.version ?? "",
    ]),
  };
  const rows = compiled.files.map(({ path, content }) => [path, grouped(content.length)]);
  const files: Block = {
    kind: "details",
    summary: `${rows.length} files`,
    blocks: [{ kind: "table", columns: ["file", "size"], rows }],
  };
  return { title: "Hardware", blocks: [runs, files] };
}
