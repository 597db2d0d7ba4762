/** The page at the end of the demo. */

import { fpga } from "@nirkit/backend-fpga";
import { spinnaker2 } from "@nirkit/backend-spinnaker2";
import type { Activity, Tensor } from "@nirkit/graph";
import { roundHalfEven } from "@nirkit/integer";
import {
  type BarRow,
  type Block,
  barSvg,
  confusionSvg,
  graphSvg,
  type Report,
  rasterSvg,
  type Section,
  weightHistogramSvg,
} from "@nirkit/report";
import { costSection, type MeasuredCycles, precisionSection } from "./compile-report.ts";
import { correctAmong, type DemoPrecision, type DemoResult } from "./demo-path.ts";
import { grouped, percent } from "./table.ts";

/** Graph, rasters, precision, accuracy and cycles of one run of the demo. */
export function demoReport(result: DemoResult): Report {
  const { float, precisions, compiled, verified, sample } = result;
  const [eight] = precisions as [DemoPrecision, ...DemoPrecision[]];
  const proof = verified.runs.filter((run) => run.skipped === undefined);
  const cycles = proof.find((run) => run.cycles !== undefined);
  const perSample =
    cycles?.cycles === undefined ? "-" : roundHalfEven(cycles.cycles / Math.max(cycles.samples, 1));
  return {
    title: "From a spiking network to verified hardware",
    subtitle: `${sample.name}: ${float.samples} samples, ${float.dialect ?? ""}, time step ${float.dt}`,
    facts: [
      { label: "float accuracy", value: `${float.correct}/${float.samples}` },
      ...precisions.map((p) => ({
        label: p.label,
        value: `${p.evaluation.correct}/${p.evaluation.samples}`,
      })),
      {
        label: "simulated SpiNNaker2",
        value: `${result.chip.evaluation.correct}/${result.chip.evaluation.samples}`,
      },
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
      ...precisions.map(precisionPart),
      hardwareSection(result),
      costSection(fpga, compiled.deployment, activityOf(eight), measuredCycles(cycles)),
      chipSection(result),
      {
        title: "What was said",
        blocks: [{ kind: "diagnostics", diagnostics: [...compiled.diagnostics, ...verified.diagnostics] }],
      },
    ],
    footer: `nirkit demo, graph ${compiled.document.graphHash}`,
  };
}

function accuracySection({ float, precisions, verified, sample }: DemoResult): Section {
  const rows: BarRow[] = [
    { label: "float", value: float.correct, text: `${float.correct} / ${float.samples}` },
  ];
  for (const { label, evaluation } of precisions)
    rows.push({
      label,
      value: evaluation.correct,
      text: `${evaluation.correct} / ${evaluation.samples}`,
    });
  const [eight] = precisions as [DemoPrecision, ...DemoPrecision[]];
  for (const run of verified.runs.filter((r) => r.skipped === undefined && r.ok && r.engine !== "load")) {
    const correct = correctAmong(eight.evaluation, sample, run.samples);
    const scaled = (correct / Math.max(run.samples, 1)) * float.samples;
    const isPart = run.samples < float.samples;
    rows.push({
      label: `Verilog in ${run.engine}`,
      value: scaled,
      text: `${correct} / ${run.samples}${isPart ? " samples" : ""}`,
      faint: isPart,
    });
  }
  const caption = `Correct of ${float.samples} samples${
    rows.some((row) => row.faint === true)
      ? "; a faint bar is the share of the few samples that engine ran"
      : ""
  }`;
  return {
    title: "Accuracy",
    blocks: [
      {
        kind: "figure",
        svg: barSvg({ title: "Correctly classified samples", rows, max: float.samples }),
        caption,
      },
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
      caption: `Input ${name}: the spikes that go in`,
    });
  for (const { name, neuron } of precision.network.populations) {
    const spikes = precision.trace.records.get(`${name}/out`);
    if (spikes === undefined || !(neuron.arithmetic === "integer" && neuron.spiking)) continue;
    const reference: Tensor | undefined = floatTrace.records.get(`${name}/out`);
    const both = reference === undefined ? { spikes } : { spikes, reference };
    const title = `${name}: 8-bit integers over float`;
    blocks.push({ kind: "figure", svg: rasterSvg({ title, ...both }), caption: title });
  }
  const text = "The first sample, step by step. Where integers and float disagree, the dash is marked.";
  return { title: "Spikes", blocks: [{ kind: "text", text }, ...blocks] };
}

/** Bits per layer, what the weights lost, and how often each integer occurs. */
function precisionPart({ label, scheme, bits, levels, network, report }: DemoPrecision): Section {
  const loss: Block = {
    kind: "table",
    caption: "Weights",
    columns: ["layer", "scheme", "bits", "weights", "scales", "zero", "clipped", "SQNR (dB)"],
    rows: report.weights.map((w) => [
      w.path,
      w.scheme,
      w.bits,
      w.weights,
      network.projections.find(({ name }) => name === w.path)?.weights.scale.length ?? 1,
      percent(w.zeroFraction, 1),
      percent(w.clippedFraction, 1),
      Number(w.sqnrDb.toFixed(1)),
    ]),
  };
  const figures = network.projections.map(({ name, weights }) => ({
    svg: weightHistogramSvg({ title: `Integers of ${name}`, levels, counts: countsOf(weights.ints, levels) }),
    caption: `Integers of ${name}`,
  }));
  const [, states] = precisionSection(network).blocks;
  const blocks: Block[] = [loss, ...(states === undefined ? [] : [states]), { kind: "figures", figures }];
  return { title: scheme === "uniform" ? `Precision at ${bits} bit` : `Precision with ${label}`, blocks };
}

/** How often each level occurs. */
function countsOf(ints: ArrayLike<number>, levels: Int32Array): Uint32Array {
  const position = new Map(Array.from(levels, (level, k) => [level, k]));
  const counts = new Uint32Array(levels.length);
  for (const int of Array.from(ints)) {
    const k = position.get(int);
    if (k !== undefined) counts[k] = (counts[k] ?? 0) + 1;
  }
  return counts;
}

/** What was emitted for SpiNNaker2 and what it costs there. */
function chipSection({ chip }: DemoResult): Section {
  const { compiled, evaluation, verified } = chip;
  const activity: Activity = new Map(
    evaluation.layers.map(({ name, rate: _, ...measured }) => [name, measured]),
  );
  const { blocks } = costSection(spinnaker2, compiled.deployment as never, activity);
  const text = `${evaluation.correct} of ${evaluation.samples} samples are right on the simulated chip. Its memory images ${verified.ok ? "give the spikes of the golden network" : "DIFFER from the golden network"}; spinnaker2/run_s2.py runs them on the chip itself.`;
  return { title: "SpiNNaker2", blocks: [{ kind: "text", text }, ...blocks] };
}

function activityOf({ evaluation }: DemoPrecision): Activity {
  return new Map(evaluation.layers.map(({ name, rate: _, ...activity }) => [name, activity]));
}

function measuredCycles(run: DemoResult["verified"]["runs"][number] | undefined): MeasuredCycles | undefined {
  if (run?.cycles === undefined) return undefined;
  return { engine: run.engine, samples: run.samples, cycles: run.cycles };
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
