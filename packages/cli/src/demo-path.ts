/** The whole path on one network: float, integers at two precisions, hardware, proof. */
import type { VerifyReport } from "@nirkit/backend";
import { processTools } from "@nirkit/backend/node";
import { fpga } from "@nirkit/backend-fpga";
import type { NirGraph, RecordSpec } from "@nirkit/graph";
import { lower, type Network } from "@nirkit/network";
import { type QuantizeReport, quantizeGraph } from "@nirkit/quantize";
import { uniform } from "@nirkit/quantize-uniform";
import { parseDialect } from "@nirkit/simulate";
import { type Compiled, compileGraph } from "./commands/compile.ts";
import type { DemoSample } from "./demo-sample.ts";
import { addedFiles } from "./deployment-folder.ts";
import { type Engine, type EngineTrace, floatEngine, integerEngine } from "./engine.ts";
import { type Evaluation, evaluateSamples } from "./evaluation.ts";
import { verifyDeployment } from "./verification.ts";

/** One precision of the network. */
export interface DemoPrecision {
  readonly bits: number;
  readonly graph: NirGraph;
  readonly report: QuantizeReport;
  readonly evaluation: Evaluation;
  readonly network: Network;
  /** First sample with every population recorded. */
  readonly trace: EngineTrace;
}

/** Everything that the demo found out. */
export interface DemoResult {
  readonly sample: DemoSample;
  readonly float: Evaluation;
  readonly floatTrace: EngineTrace;
  readonly precisions: readonly DemoPrecision[];
  readonly compiled: Compiled;
  readonly verified: VerifyReport;
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
const everything: RecordSpec = { nodes: "all", signals: ["out"] };

/** Runs the path; nothing is written. */
export async function runDemo(sample: DemoSample, seed: number, progress: DemoProgress): Promise<DemoResult> {
  progress.step("evaluate the float network");
  const reference = await floatEngine(sample.graph, dialect, demoStep);
  const float = await evaluateWith(reference, sample.graph, sample, progress);
  const floatTrace = traceOfFirst(reference, sample);
  progress.done(`${float.correct}/${float.samples} correct`);
  const precisions: DemoPrecision[] = [];
  for (const bits of [8, 4]) {
    progress.step(`quantize to ${bits} bit per channel and evaluate the integers`);
    const precision = await quantizeTo(bits, sample, progress);
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
  return { sample, float, floatTrace, precisions, compiled, verified };
}

/** Correctly classified samples among those that an engine proved equal. */
export function correctAmong(evaluation: Evaluation, sample: DemoSample, count: number): number {
  const labels = sample.samples.slice(0, count).map(({ label }) => label);
  return labels.filter((label, k) => evaluation.predictions[k] === label).length;
}

async function quantizeTo(bits: number, sample: DemoSample, progress: DemoProgress): Promise<DemoPrecision> {
  const params = uniform.params.parse({ bits, axis: 0 });
  const options = { params, dt: demoStep, convention: parseDialect(dialect) };
  const { graph, report } = await quantizeGraph(sample.graph, uniform, options);
  const engine = await integerEngine(graph, sample.name);
  const evaluation = await evaluateWith(engine, graph, sample, progress);
  return { bits, graph, report, evaluation, network: lower(graph), trace: traceOfFirst(engine, sample) };
}

function evaluateWith(
  engine: Engine,
  graph: NirGraph,
  sample: DemoSample,
  progress: DemoProgress,
): Promise<Evaluation> {
  const update = (done: number): void => progress.update(done, sample.samples.length, "sample");
  return evaluateSamples(engine, graph, sample.samples, sample.output, update);
}

function traceOfFirst(engine: Engine, sample: DemoSample): EngineTrace {
  return engine.run(sample.samples[0]?.input ?? new Map(), everything);
}
