/** The whole path on one network: float, integers at two precisions, hardware, proof. */
import type { VerifyReport } from "@nirkit/backend";
import { processTools } from "@nirkit/backend/node";
import { fpga } from "@nirkit/backend-fpga";
import { spinnaker2 } from "@nirkit/backend-spinnaker2";
import { InternalError, type NirGraph, type RecordSpec } from "@nirkit/graph";
import { lower, type Network } from "@nirkit/network";
import { type QuantizeReport, quantizeGraph, quantizePresets, withPreset } from "@nirkit/quantize";
import { pot } from "@nirkit/quantize-pot";
import { uniform } from "@nirkit/quantize-uniform";
import { parseDialect } from "@nirkit/simulate";
import { type Compiled, compileGraph } from "./commands/compile.ts";
import type { DemoSample } from "./demo-sample.ts";
import { addedFiles } from "./deployment-folder.ts";
import { backendEngine, type Engine, type EngineTrace, floatEngine, integerEngine } from "./engine.ts";
import { type Evaluation, evaluateSamples } from "./evaluation.ts";
import type { AnyBackend, AnyQuantizer } from "./plugin.ts";
import { verifyDeployment } from "./verification.ts";

/** One precision of the network. */
export interface DemoPrecision {
  /** Words for tables: `8-bit integers`. */
  readonly label: string;
  /** Part of file names: `q8`. */
  readonly file: string;
  readonly scheme: string;
  readonly bits: number;
  /** Every integer that a weight may be. */
  readonly levels: Int32Array;
  readonly graph: NirGraph;
  readonly report: QuantizeReport;
  readonly evaluation: Evaluation;
  readonly network: Network;
  /** First sample with every population recorded. */
  readonly trace: EngineTrace;
}

/** The same network on a chip with float states: weights with one scale per population. */
interface DemoChip {
  readonly graph: NirGraph;
  readonly compiled: Compiled;
  readonly verified: VerifyReport;
  readonly evaluation: Evaluation;
}

/** Everything that the demo found out. */
export interface DemoResult {
  readonly sample: DemoSample;
  readonly float: Evaluation;
  readonly floatTrace: EngineTrace;
  readonly precisions: readonly DemoPrecision[];
  readonly compiled: Compiled;
  readonly verified: VerifyReport;
  readonly chip: DemoChip;
}

/** How the demo tells what it does. */
export interface DemoProgress {
  step(what: string): void;
  done(words: string): void;
  update(done: number, total: number, what: string): void;
}

const dialect = "nir-euler";
/** Time step that the shipped network was trained with. */
const demoStep = 1e-3;
/** Samples per engine of the proof, so that the whole demo stays below a minute on two slow cores. */
const proofLimits: ReadonlyMap<string, number> = new Map([["icarus", 2]]);
const chipLimits: ReadonlyMap<string, number> = new Map([["load", 20]]);
const everything: RecordSpec = { nodes: "all", signals: ["out"] };

/** Runs the path; nothing is written. */
export async function runDemo(sample: DemoSample, seed: number, progress: DemoProgress): Promise<DemoResult> {
  progress.step("evaluate the float network");
  const reference = await floatEngine(sample.graph, dialect, demoStep);
  const float = await evaluateWith(reference, sample.graph, sample, progress);
  const floatTrace = traceOfFirst(reference, sample);
  progress.done(`${float.correct}/${float.samples} correct`);
  const precisions: DemoPrecision[] = [];
  for (const scheme of schemes) {
    progress.step(`quantize to ${scheme.what} per channel and evaluate the integers`);
    const precision = await quantizeTo(scheme, sample, progress);
    precisions.push(precision);
    progress.done(`${precision.evaluation.correct}/${precision.evaluation.samples} correct`);
  }
  const [chosen] = precisions as [DemoPrecision, ...DemoPrecision[]];
  progress.step("compile the 8-bit network for an FPGA");
  const compiled = await compileGraph(fpga, fpga.options.parse({}), chosen.graph);
  progress.done(`${compiled.files.length} files`);
  progress.step("prove the emitted Verilog equal to the integers");
  const deployment = fpga.load(compiled.files.filter(({ path }) => !addedFiles.includes(path)));
  const { network } = compiled;
  const update = (done: number, total: number, what: string): void => progress.update(done, total, what);
  const request = { network, samples: sample.samples, limits: proofLimits, seed, progress: update };
  const verified = await verifyDeployment(fpga, deployment, request, processTools());
  progress.done(verified.ok ? "equal in every beat and cycle" : "DIFFERENT");
  const chip = await onChip(sample, seed, progress);
  return { sample, float, floatTrace, precisions, compiled, verified, chip };
}

/** One row of the comparison. */
interface DemoScheme {
  readonly what: string;
  readonly label: string;
  readonly file: string;
  readonly quantizer: AnyQuantizer;
  readonly bits: number;
}

const schemes: readonly DemoScheme[] = [
  { what: "8 bit", label: "8-bit integers", file: "q8", quantizer: uniform, bits: 8 },
  { what: "4 bit", label: "4-bit integers", file: "q4", quantizer: uniform, bits: 4 },
  { what: "4-bit powers of two", label: "4-bit powers of two", file: "pot4", quantizer: pot, bits: 4 },
];

/** Quantized by the chip's rule, mapped, emitted, compared with the golden network, and run on the simulated chip. */
async function onChip(sample: DemoSample, seed: number, progress: DemoProgress): Promise<DemoChip> {
  progress.step("map the network to SpiNNaker2, prove the images, and run the simulated chip");
  const preset = quantizePresets.get("spinnaker2");
  if (preset === undefined) throw new InternalError("The preset spinnaker2 is gone");
  const given = { dt: demoStep, convention: parseDialect(dialect) };
  const { graph } = await quantizeGraph(sample.graph, uniform, {
    ...withPreset(preset, given, false),
    params: uniform.params.parse(preset.params),
  });
  const options = spinnaker2.options.parse({});
  const compiled = await compileGraph(spinnaker2, options, graph);
  const { network } = compiled;
  const update = (done: number, total: number, what: string): void => progress.update(done, total, what);
  const request = { network, samples: sample.samples, limits: chipLimits, seed, progress: update };
  const deployment = spinnaker2.load(compiled.files.filter(({ path }) => !addedFiles.includes(path)));
  const verified = await verifyDeployment(spinnaker2, deployment, request, processTools());
  const engine = await backendEngine(graph, sample.name, spinnaker2 as AnyBackend, options);
  const evaluation = await evaluateWith(engine, graph, sample, progress);
  progress.done(
    `${evaluation.correct}/${evaluation.samples} correct, images ${verified.ok ? "equal" : "DIFFERENT"}`,
  );
  return { graph, compiled, verified, evaluation };
}

/** Correctly classified samples among those that an engine proved equal. */
export function correctAmong(evaluation: Evaluation, sample: DemoSample, count: number): number {
  const labels = sample.samples.slice(0, count).map(({ label }) => label);
  return labels.filter((label, k) => evaluation.predictions[k] === label).length;
}

async function quantizeTo(
  { label, file, quantizer, bits }: DemoScheme,
  sample: DemoSample,
  progress: DemoProgress,
): Promise<DemoPrecision> {
  const params: unknown = quantizer.params.parse({ bits, axis: 0 });
  const options = { params, dt: demoStep, convention: parseDialect(dialect) };
  const { graph, report } = await quantizeGraph(sample.graph, quantizer, options);
  const engine = await integerEngine(graph, sample.name);
  const evaluation = await evaluateWith(engine, graph, sample, progress);
  const { scheme } = quantizer;
  const said = { label, file, scheme, bits, levels: quantizer.levels(params) };
  return { ...said, graph, report, evaluation, network: lower(graph), trace: traceOfFirst(engine, sample) };
}

function evaluateWith(
  engine: Engine,
  graph: NirGraph,
  sample: DemoSample,
  progress: DemoProgress,
): Promise<Evaluation> {
  const update = (done: number): void => progress.update(done, sample.samples.length, "sample");
  return evaluateSamples(engine, graph, sample.samples, { output: sample.output }, update);
}

function traceOfFirst(engine: Engine, sample: DemoSample): EngineTrace {
  return engine.run(sample.samples[0]?.input ?? new Map(), everything);
}
