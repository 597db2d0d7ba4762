/** One task quantized in one way: what it still gets right, and what it takes. */
import {
  type NirGraph,
  NirkitError,
  type PassContext,
  type Sample,
  type SpikeInput,
  type Tensor,
} from "@nirkit/graph";
import { createNetworkSimulator, lower, type NetworkTrace } from "@nirkit/network";
import { type QuantizeReport, quantizeGraph } from "@nirkit/quantize";
import { argmax, createSimulator, type Simulator, spikeCount } from "@nirkit/simulate";
import type { Setting } from "./settings.ts";
import type { Task } from "./tasks.ts";

/** What a setting costs and keeps. */
export interface Figures {
  /** Test samples that the integers get right. */
  readonly correct: number;
  /** Of every weight node, in dB. */
  readonly sqnr: readonly number[];
  /** Codes of all weights, packed without gaps; scales and biases not counted. */
  readonly weightBytes: number;
  /** Weights that are not 0 met by events, per test sample. */
  readonly synops: number;
  /** Bits of a stored membrane: the most of all spiking populations. */
  readonly storedBits: number;
}

/** One row: figures, or the code of the error that refused the setting. */
export interface Row {
  readonly words: string;
  readonly found: Figures | { readonly refused: string };
}

/** The integer network of a task. */
async function quantizeTask(
  task: Task,
  { quantizer, params, options, samples }: Setting,
): Promise<{ readonly graph: NirGraph; readonly report: QuantizeReport }> {
  const all = { ...options, params: quantizer.params.parse(params), dt: task.dt };
  const context: PassContext =
    samples === 0 ? {} : { calibration: await task.calibration(samples), simulate: floatRuns(task.dt) };
  const { graph, report } = await quantizeGraph(
    task.graph,
    quantizer,
    task.inputs === undefined ? all : { ...all, inputs: task.inputs },
    context,
  );
  return { graph, report: report as QuantizeReport };
}

/** Quantizes and runs all test samples in the golden integer simulator. */
export async function evaluateSetting(task: Task, setting: Setting): Promise<Row> {
  const { words } = setting;
  try {
    return { words, found: await figuresOf(task, setting) };
  } catch (error) {
    if (!(error instanceof NirkitError)) throw error;
    return { words, found: { refused: error.diagnostics[0]?.code ?? "" } };
  }
}

async function figuresOf(task: Task, setting: Setting): Promise<Figures> {
  const { graph, report } = await quantizeTask(task, setting);
  const simulator = createNetworkSimulator(lower(graph));
  let operations = 0;
  const correct = countRight(task.tests, (input) => {
    const trace = simulator.run(input);
    operations += synapticOps(trace);
    return trace.outputs.get("output");
  });
  return {
    correct,
    sqnr: report.weights.map(({ sqnrDb }) => sqnrDb),
    weightBytes: report.weights.reduce((sum, { weights, bits }) => sum + Math.ceil((weights * bits) / 8), 0),
    synops: operations / task.tests.length,
    storedBits: Math.max(...report.neurons.map(({ storedBits }) => storedBits)),
  };
}

/** Test samples that the float network gets right. */
export function floatRight({ graph, dt, tests }: Task): number {
  const simulator = createSimulator(graph, { dialect: "nir-euler", dt });
  return countRight(tests, (input) => simulator.run(input).outputs.get("output"));
}

function countRight(samples: readonly Sample[], run: (input: SpikeInput) => Tensor | undefined): number {
  let right = 0;
  for (const { input, label } of samples) {
    const output = run(input);
    if (output === undefined) throw new Error("the network has no output called output");
    if (argmax(spikeCount(output)) === label) right++;
  }
  return right;
}

function synapticOps({ activity }: NetworkTrace): number {
  let sum = 0;
  for (const part of activity.values()) sum += part.synapticOps;
  return sum;
}

/** One simulator per graph: the driver runs many samples through few graphs. */
function floatRuns(dt: number): NonNullable<PassContext["simulate"]> {
  const known = new WeakMap<NirGraph, Simulator>();
  return (graph, input, record) => {
    const simulator = known.get(graph) ?? createSimulator(graph, { dialect: "nir-euler", dt });
    known.set(graph, simulator);
    return simulator.run(input, record);
  };
}
