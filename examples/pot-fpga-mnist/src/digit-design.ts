/** From a trained network to integers, Verilog, and what proof and tools say of them. */
import type { CostFigure, ToolRunner, VerifyReport } from "@nirkit/backend";
import fpga, { type ComparedArea, comparePlans, type FpgaPlan } from "@nirkit/backend-fpga";
import type { Dataset } from "@nirkit/events";
import { type Activity, type NirGraph, NirkitError, type Sample, type Tensor } from "@nirkit/graph";
import { createNetworkSimulator, lower, type Network } from "@nirkit/network";
import { quantizePot } from "@nirkit/quantize-pot";
import { argmax, spikeCount } from "@nirkit/simulate";
import { steps } from "./digits.ts";

/** Lowered and mapped. */
export interface DigitDesign {
  readonly lanes: string;
  readonly network: Network;
  readonly deployment: ReturnType<typeof fpga.compile>;
}

/** Pixels are integers of 0 … 255 at the door. */
const pixels = { bits: 8, signed: false, scale: 1 / 255 };
/** Clock that cycles are turned into time with; no tool has placed the design for it. */
export const clockMhz = 100;

/** Lanes of the two layers: neurons that are updated side by side. */
export const laneChoices = ["lif1=8,lif2=5", "lif1=2,lif2=1"] as const;

/**
 * Weights of 4 bits, thresholds and leaks as integers. A leak of 8 bits has few adders; sums of the first layer count in
 * 1/255 of a weight and need no fractional bits.
 */
export async function quantizeDigits(trained: NirGraph): Promise<NirGraph> {
  const { graph } = await quantizePot(trained, {
    bits: 4,
    dt: 1,
    convention: { reset: "subtract" },
    leakBits: 8,
    overrides: [{ nodes: "lif1", fracBits: 0 }],
    inputs: new Map([["input", pixels]]),
    encodings: new Map([["input", { kind: "direct", steps }]]),
  });
  return graph;
}

/**
 * A design for an Artix-7.
 *
 * @throws NirkitError with everything that the hardware cannot do exactly
 */
export function designDigits(graph: NirGraph, lanes: string): DigitDesign {
  const network = lower(graph, fpga.lowering);
  const board = { board: "arty-a7-35", clockMhz } as const;
  const options = fpga.options.parse({ design: "digits", holdInput: true, lanes, ...board });
  const refusals = fpga.check(network, options).filter(({ level }) => level === "error");
  if (refusals.length > 0) throw new NirkitError(refusals);
  return { lanes, network, deployment: fpga.compile(network, options) };
}

/** What the integers make of images. */
export interface DigitAccuracy {
  readonly images: number;
  readonly correct: number;
  /** Means per image. */
  readonly pixels: number;
  readonly hiddenSpikes: number;
}

/** Runs the golden integer simulator over images. */
export async function classify({ network }: DigitDesign, digits: Dataset<Sample>): Promise<DigitAccuracy> {
  const golden = createNetworkSimulator(network);
  let [correct, shown, spikes] = [0, 0, 0];
  for await (const { input, label } of digits) {
    const { outputs, activity } = golden.run(input);
    if (argmax(spikeCount(outputs.get("output") as Tensor)) === label) correct++;
    // Held pixels enter the hardware once.
    shown += (activity.get("input")?.eventsOut ?? 0) / steps;
    spikes += activity.get("lif1")?.eventsOut ?? 0;
  }
  const images = digits.length;
  return { images, correct, pixels: shown / images, hiddenSpikes: spikes / images };
}

/** Cycles of single images by the exact model, and what they cause. */
export interface DigitCycles {
  readonly images: number;
  readonly mean: number;
  readonly most: number;
  readonly activity: Activity;
}

/** Runs images through the emitted files, loaded again. */
export function countCycles({ deployment }: DigitDesign, samples: readonly Sample[]): DigitCycles {
  const hardware = fpga.load(fpga.emit(deployment));
  const traces = samples.map(({ input }) => fpga.simulate(hardware, input));
  const cycles = traces.map((trace) => trace.cycles ?? 0);
  return {
    images: samples.length,
    mean: cycles.reduce((a, b) => a + b, 0) / samples.length,
    most: Math.max(...cycles),
    activity: traces[0]?.activity ?? new Map(),
  };
}

/** Emitted Verilog against the golden integers, word by word and cycle by cycle, in Verilator where there is one. */
export async function proveDigits(
  { network, deployment }: DigitDesign,
  samples: readonly Sample[],
  tools: ToolRunner,
): Promise<VerifyReport> {
  const vectors = { network, samples, limits: new Map([["icarus", 0]]) };
  return (await fpga.verify?.(fpga.load(fpga.emit(deployment)), vectors, tools)) as VerifyReport;
}

/** Cells of Yosys for an Artix-7; undefined where there is no Yosys. */
export async function synthesizeDigits(
  { deployment }: DigitDesign,
  samples: readonly Sample[],
  tools: ToolRunner,
): Promise<ComparedArea | undefined> {
  if ((await tools.version("yosys")) === undefined) return undefined;
  const plan = deployment.mapping as FpgaPlan;
  const vectors = samples.slice(0, 1).map(({ input }) => input);
  const study = { families: ["xc7"], toggles: false, window: { timeoutSeconds: 1800 } } as const;
  const { designs } = await comparePlans([{ label: "digits", plan }], vectors, tools, study);
  return designs[0]?.area[0];
}

/** The same without any tool: sums over the layers. */
export function estimateDigits({ deployment }: DigitDesign, activity: Activity): readonly CostFigure[] {
  return fpga.estimate(deployment, activity).figures;
}
