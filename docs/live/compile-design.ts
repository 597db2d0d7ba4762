/** From the bytes of a `.nir` file to an FPGA design in a page: all of it by the packages, nothing sent anywhere. */
import { type CostFigure, deploymentJson, zipFiles } from "@nirkit/backend";
import { type FpgaOptions, type FpgaPlan, fpga } from "@nirkit/backend-fpga";
import {
  assertNoErrors,
  type Diagnostic,
  type NirGraph,
  NirkitError,
  type Sample,
  type SpikeInput,
  sizeOf,
  validateGraph,
} from "@nirkit/graph";
import { inspectNir, readNir, writeNir } from "@nirkit/hdf5";
import { philox } from "@nirkit/integer";
import { lower, type Network, simulateNetwork } from "@nirkit/network";
import { readNpz } from "@nirkit/npy";
import { type AnyQuantizer, quantizeGraph } from "@nirkit/quantize";
import { pot } from "@nirkit/quantize-pot";
import { uniform } from "@nirkit/quantize-uniform";

/** Samples that are simulated, of those that are there; the others calibrate. */
const simulatedSamples = 10;

/** What the form of the page says. */
export interface DesignChoices {
  readonly scheme: "uniform" | "pot";
  readonly bits: number;
  readonly perChannel: boolean;
  /** Time step, in the unit of tau; undefined leaves it to the file. */
  readonly dt: number | undefined;
  readonly reset: "value" | "subtract";
  /** Width of inputs that are neither spikes nor integers; their scale comes from the samples. */
  readonly inputBits: number | undefined;
  readonly board: FpgaOptions["board"];
  readonly lanes: number;
  readonly seed: number;
}

/** A network that was read; without a graph the diagnostics say why. */
export interface OpenedNetwork {
  readonly graph: NirGraph | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly quantized: boolean;
  readonly nodes: number;
}

/** One sample in the hardware simulator. */
export interface SimulatedSample {
  readonly name: string;
  readonly cycles: number;
  readonly microseconds: number;
  /** Sum of the output over time, by class. */
  readonly counts: readonly number[];
  readonly label: number | undefined;
  /** True where every output of every step is that of the golden integer network. */
  readonly equal: boolean;
}

/** A design with everything that the page shows. */
export interface CompiledDesign {
  readonly plan: FpgaPlan;
  readonly zip: Uint8Array;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly figures: readonly CostFigure[];
  readonly samples: readonly SimulatedSample[];
  readonly diagnostics: readonly Diagnostic[];
  readonly scheme: string;
}

/** Reads a file; a wrong one gives diagnostics, never an exception. */
export async function openNetwork(bytes: Uint8Array): Promise<OpenedNetwork> {
  const { graph, diagnostics } = await inspectNir(bytes);
  if (graph === undefined) return { graph, diagnostics, quantized: false, nodes: 0 };
  const said = new Set(diagnostics.map((d) => `${d.code} ${d.path}`));
  const more = validateGraph(graph, { paths: "file" }).filter((d) => !said.has(`${d.code} ${d.path}`));
  return {
    graph,
    diagnostics: [...diagnostics, ...more],
    quantized: graph.metadata.has("nirkit:graph"),
    nodes: graph.nodes().size,
  };
}

/** Samples of an `.npz` file for the only Input of a graph: `x` of shape `[samples, steps, ...]`, classes in `y`. */
export function readSamples(bytes: Uint8Array, graph: NirGraph, most: number): readonly Sample[] {
  const arrays = readNpz(bytes);
  const [x, y] = [arrays.get("x"), arrays.get("y")];
  const inputs = [...graph.nodes()].filter(([, node]) => node.type === "Input");
  const [name = "input"] = inputs[0] ?? [];
  const wanted = graph.types().outputShape(name) ?? [];
  const [count = 0, steps = 0, ...features] = x?.shape ?? [];
  if (x === undefined || inputs.length !== 1 || steps === 0 || sizeOf(features) !== sizeOf(wanted))
    throw new NirkitError([
      {
        code: "E_LIVE_DATA",
        level: "error",
        path: "x",
        message: `Found ${x === undefined ? "no array x" : `x of shape [${x.shape.join(", ")}]`}, expected [samples, steps, ${wanted.join(", ")}]`,
        hint: "np.savez(file, x=x, y=y), for a network with one Input",
      },
    ]);
  const size = steps * sizeOf(features);
  return Array.from({ length: Math.min(count, most) }, (_, k) => {
    const data = Float64Array.from(x.data.subarray(k * size, (k + 1) * size) as ArrayLike<number>, Number);
    const tensor = { dtype: "float64", shape: [steps, ...wanted], data } as const;
    return {
      input: new Map([[name, tensor]]),
      ...(y === undefined ? {} : { label: Number(y.data[k]) }),
    };
  });
}

/**
 * Quantizes a float graph (a quantized one stays as it is), lowers it, compiles it, and simulates the emitted files.
 *
 * @param samples what to calibrate with, and the first ten to simulate on; two random ones of 16 steps where there is none
 * @throws NirkitError with every refusal of quantizer, lowering and target
 */
export async function compileDesign(
  { graph, quantized }: OpenedNetwork,
  choices: DesignChoices,
  samples: readonly Sample[] = [],
): Promise<CompiledDesign> {
  const exact = quantized ? (graph as NirGraph) : await quantizedGraph(graph as NirGraph, choices, samples);
  // What the archive holds is what is compiled, to the last bit.
  const model = await writeNir(exact);
  const network = lower((await readNir(model)).graph, fpga.lowering);
  const options = fpga.options.parse({ board: choices.board, pe: choices.lanes });
  const found = fpga.check(network, options);
  assertNoErrors(found);
  const deployment = fpga.compile(network, options);
  const emitted = [...fpga.emit(deployment), { path: "model.nir", content: model }];
  const files = [...emitted, deploymentJson(deployment, emitted)];
  // From the files alone, as a board would get them.
  const loaded = fpga.load(files);
  const inputs =
    samples.length > 0 ? samples.slice(0, simulatedSamples) : randomSamples(network, choices.seed);
  const runs = inputs.map(({ input, label }, k) => {
    const trace = fpga.simulate(loaded, input);
    return {
      sample: simulatedSample(network, input, trace, options.clockMhz, `sample ${k + 1}`, label),
      trace,
    };
  });
  const { figures, diagnostics } = fpga.estimate(deployment, runs[0]?.trace.activity ?? new Map());
  return {
    plan: deployment.mapping,
    zip: zipFiles(files),
    files: files
      .map(({ path, content }) => ({ path, bytes: content.length }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    figures,
    samples: runs.map(({ sample }) => sample),
    diagnostics: [...network.meta.diagnostics, ...found, ...diagnostics],
    scheme: network.projections[0]?.weights.scheme ?? "",
  };
}

async function quantizedGraph(
  graph: NirGraph,
  choices: DesignChoices,
  calibration: readonly Sample[],
): Promise<NirGraph> {
  // Each scheme checks its own parameters.
  const quantizer = (choices.scheme === "pot" ? pot : uniform) as unknown as AnyQuantizer;
  const params = quantizer.params.parse({ bits: choices.bits, ...(choices.perChannel ? { axis: 0 } : {}) });
  const { dt, reset, inputBits } = choices;
  const result = await quantizeGraph(
    graph,
    quantizer,
    { params, dt, inputBits, convention: { reset } },
    { calibration },
  );
  assertNoErrors(result.diagnostics);
  return result.graph;
}

function simulatedSample(
  network: Network,
  input: SpikeInput,
  trace: ReturnType<typeof fpga.simulate>,
  clockMhz: number,
  name: string,
  label: number | undefined,
): SimulatedSample {
  const golden = simulateNetwork(network, input, {});
  const [output = "", tensor] = [...trace.outputs][0] ?? [];
  const expected = golden.outputs.get(output)?.data;
  const got = tensor?.data;
  const classes = sizeOf(tensor?.shape.slice(1) ?? []);
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < (got?.length ?? 0); i++)
    counts[i % classes] = (counts[i % classes] ?? 0) + Number(got?.[i]);
  const cycles = trace.cycles ?? 0;
  return {
    name,
    cycles,
    microseconds: cycles / clockMhz,
    counts,
    label,
    equal:
      got?.length === expected?.length &&
      (got ?? []).every((value, i) => Number(value) === Number(expected?.[i])),
  };
}

function randomSamples({ inputs }: Network, seed: number): readonly Sample[] {
  return Array.from({ length: 2 }, (_, k) => ({
    input: new Map(
      inputs.map((port) => {
        const random = philox(seed, `live/${port.name}/${k}`);
        const shape = [16, ...port.shape];
        const top = port.bits === 1 ? 1 : 2 ** (port.signed ? port.bits - 1 : port.bits) - 1;
        const data = Float64Array.from({ length: sizeOf(shape) }, () =>
          random.uniform() < 0.25 ? port.scale * (port.bits === 1 ? 1 : random.integer(top + 1)) : 0,
        );
        return [port.name, { dtype: "float64", shape, data } as const];
      }),
    ),
  }));
}
