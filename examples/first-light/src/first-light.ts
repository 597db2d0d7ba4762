/** A `.nir` file becomes Verilog that is proven against exact integers: the whole path, each step one call. */
import fpga from "@nirkit/backend-fpga";
import { NirkitError, type SpikeInput, type Tensor } from "@nirkit/graph";
import { readNir } from "@nirkit/hdf5";
import { createNetworkSimulator, lower } from "@nirkit/network";
import { readNpz } from "@nirkit/npy";
import { quantizeUniform } from "@nirkit/quantize-uniform";
import { argmax, createSimulator, spikeCount } from "@nirkit/simulate";

/** What came out. */
export interface FirstLight {
  readonly samples: number;
  /** Correctly classified samples, float network and integers. */
  readonly float: number;
  readonly integer: number;
  /** Samples whose emitted files, loaded back, gave the golden spikes in every step of every output. */
  readonly equal: number;
  /** Clock cycles of the longest sample. */
  readonly cycles: number;
  /** Verilog, memory images, test bench: path to content. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
}

/** Choices of the user: the time step that the network was trained with, and the width of the weights. */
export interface Choices {
  readonly dt: number;
  readonly bits: number;
}

interface Labelled {
  readonly input: SpikeInput;
  readonly label: number;
}

/** Cuts `x` [samples, time, ...features] and `y` [samples] into samples for one Input node. */
async function readSamples(npz: Uint8Array, node: string): Promise<readonly Labelled[]> {
  const arrays = await readNpz(npz);
  const [x, y] = [arrays.get("x"), arrays.get("y")];
  if (x === undefined || y === undefined)
    throw new Error("The .npz needs x [samples, time, ...] and y [samples]");
  const shape = x.shape.slice(1);
  const size = shape.reduce((product, n) => product * n, 1);
  return Array.from({ length: x.shape[0] ?? 0 }, (_, k) => {
    const data = x.data.slice(k * size, (k + 1) * size) as Tensor["data"];
    return { input: new Map([[node, { dtype: x.dtype, shape, data } as Tensor]]), label: Number(y.data[k]) };
  });
}

/** The class that a sample is given: the output neuron with the most spikes. */
function classOf(outputs: ReadonlyMap<string, Tensor>): number {
  const [output] = outputs.values();
  if (output === undefined) throw new Error("The network has no output");
  return argmax(spikeCount(output));
}

function sameOutputs(a: ReadonlyMap<string, Tensor>, b: ReadonlyMap<string, Tensor>): boolean {
  return [...a].every(([name, { data }]) => {
    const other = b.get(name)?.data;
    return (
      other !== undefined && other.length === data.length && data.every((value, k) => value === other[k])
    );
  });
}

/**
 * Walks the path on one network and its labelled samples.
 *
 * @throws NirkitError with everything that is wrong with the file, or that the hardware cannot do exactly
 */
export async function firstLight(
  model: Uint8Array,
  npz: Uint8Array,
  { dt, bits }: Choices,
): Promise<FirstLight> {
  // Read: every shape is inferred, every parameter checked.
  const { graph } = await readNir(model);
  const input = [...graph.nodes()].find(([, node]) => node.type === "Input")?.[0] ?? "input";
  const samples = await readSamples(npz, input);

  // Simulate in float: the reference that everybody can argue about.
  const simulator = createSimulator(graph, { dt });
  const float = samples.filter((sample) => classOf(simulator.run(sample.input).outputs) === sample.label);

  // Quantize to integers, one scale per output channel, and lower to populations and projections.
  const quantized = await quantizeUniform(graph, { bits, axis: 0, dt });
  const network = lower(quantized.graph, fpga.lowering);

  // Map to an FPGA and emit. What it cannot do exactly is refused here, with the reason.
  const options = fpga.options.parse({});
  const refusals = fpga.check(network, options).filter((diagnostic) => diagnostic.level === "error");
  if (refusals.length > 0) throw new NirkitError(refusals);
  const emitted = fpga.emit(fpga.compile(network, options));

  // Prove: the golden integers against what the emitted files alone say.
  const golden = createNetworkSimulator(network);
  const hardware = fpga.load(emitted);
  let [integer, equal, cycles] = [0, 0, 0];
  for (const { input, label } of samples) {
    const expected = golden.run(input).outputs;
    const found = fpga.simulate(hardware, input);
    if (classOf(expected) === label) integer += 1;
    if (sameOutputs(expected, found.outputs)) equal += 1;
    cycles = Math.max(cycles, found.cycles ?? 0);
  }
  const files = new Map(emitted.map((file) => [file.path, file.content] as const));
  return { samples: samples.length, float: float.length, integer, equal, cycles, files };
}
