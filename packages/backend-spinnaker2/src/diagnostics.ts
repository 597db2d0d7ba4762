/** Codes of `@nirkit/backend-spinnaker2`. */
import { type DiagnosticFactory, defineDiagnostics } from "@nirkit/graph";

const list = (names: readonly string[]): string => names.slice(0, 20).join(", ") || "none";

const table = {
  // A population case.
  E_S2_CASE: (d: { found: string; expected: string }) => ({
    message: `${d.found}, expected ${d.expected}`,
    hint: 'Cases have the format "nirkit-s2-case/1": populations, projections, timesteps',
  }),
  E_S2_MODEL: (d: { model: string; isKnown: boolean; supported: readonly string[] }) => ({
    message: `${d.isKnown ? "A model without published equations" : "An unknown model"}: ${JSON.stringify(d.model)}`,
    hint: `Use ${list(d.supported)}`,
  }),
  E_S2_REFRACTORY: (d: { value: number }) => ({
    message: `t_refrac is ${d.value}; what the chip does with it is not published`,
    hint: "Set t_refrac to 0",
  }),
  E_S2_WEIGHT_RANGE: (d: { value: number; index: number; limit: number; count: number }) => ({
    message: `Weight ${d.value} at index ${d.index} is outside −${d.limit} … ${d.limit} (${d.count} such weights)`,
    hint: "Let the quantizer scale the weights, or use a model with wider weights",
  }),
  E_S2_WEIGHTS_NOT_INTEGER: (d: { count: number; fraction: number }) => ({
    message: `${d.count} weights are no integers; the largest fraction is ${d.fraction}`,
    hint: "Quantize the weights with a scale",
  }),
  E_S2_DELAY_RANGE: (d: { steps: number; seconds?: number; limit: number }) => ({
    message: `A delay of ${d.steps} steps${d.seconds === undefined ? "" : ` (${d.seconds} s)`} is outside 1 … ${d.limit} whole steps`,
    hint: "Shorten the delay, or enable relays for delays above 8 steps",
  }),
  E_S2_CONV_DELAY: (d: { steps: number }) => ({
    message: `A convolution with a delay of ${d.steps} steps; the chip gives convolutions exactly 1`,
    hint: "Put the delay on a dense projection, or expand the convolution",
  }),
  E_S2_INPUT_RANGE: (d: { found: string; count: number }) => ({
    message: `${d.found}${d.count > 1 ? ` (the first of ${d.count})` : ""}`,
    hint: "A spike list holds each neuron at most once per step, with steps from 0 to the last",
  }),
  E_S2_SHAPE: (d: { found: string; expected: string }) => ({
    message: `${d.found}, expected ${d.expected}`,
    hint: "Make the sizes of the projection and its populations agree",
  }),
  // A network that the chip does not run.
  E_S2_UNSUPPORTED_NODE: (d: { name: string; type: string; rewrite: string }) => ({
    message: `${JSON.stringify(d.name)} is of type ${d.type}; the chip runs IF, LIF and CubaLIF behind Affine, Linear, Conv1d, Conv2d, SumPool2d, AvgPool2d, Flatten and Scale`,
    hint: `Nearest: ${d.rewrite}`,
  }),
  E_S2_UNSUPPORTED_OP: (d: { op: string }) => ({
    message: `The projection is ${d.op}, which the chip has no synapses for`,
    hint: "Lower three-dimensional convolutions to two dimensions, and bake dynamic masks into the weights",
  }),
  E_S2_CONV_CUBALIF: (d: { conv: string; neuron: string }) => ({
    message: `The convolution ${JSON.stringify(d.conv)} feeds the CubaLIF ${JSON.stringify(d.neuron)}; the chip convolves into LIF alone`,
    hint: "Use LIF, or expand the convolution (--expand-conv)",
  }),
  E_S2_CONV_MIXED: (d: { conv: string; other: string; target: string }) => ({
    message: `${JSON.stringify(d.target)} is fed by the convolution ${JSON.stringify(d.conv)} and by ${JSON.stringify(d.other)}, which is none`,
    hint: "Expand the convolution (--expand-conv), or give the two a population each",
  }),
  E_S2_ASYMMETRIC: (d: { stride: readonly number[]; pool: readonly number[] }) => ({
    message: `The stride is ${d.stride.join(" × ")} and the pool ${d.pool.join(" × ")}; the chip's must be square`,
    hint: "Use equal strides and pools, or expand the convolution (--expand-conv)",
  }),
  E_S2_POOL_SHAPE: (d: {
    kernel: readonly number[];
    stride: readonly number[];
    padding: readonly number[];
  }) => ({
    message: `A pool with kernel ${d.kernel.join(" × ")}, stride ${d.stride.join(" × ")} and padding ${d.padding.join(" × ")}`,
    hint: "Use a stride equal to the kernel and no padding",
  }),
  E_S2_TIME_CONSTANT: (d: { name: string; decay: number; tau: number; dt: number }) => ({
    message: `dt ${d.dt} is not below ${d.name} ${d.tau}: forward Euler keeps ${d.decay} of the state per step`,
    hint: `Use a dt below ${d.tau}, or quantize with exponential leak (leak exp)`,
  }),
  E_S2_THRESHOLD: (d: { neuron: number; value: number; nir: number }) => ({
    message: `The threshold of neuron ${d.neuron} becomes ${d.value} (${d.nir} in the model), outside 0 < threshold <= 2^24`,
    hint: "Use a positive threshold, and a gain or weight scale that brings it below 2^24",
  }),
  E_S2_SIGN: (d: { neuron: number; scale: number }) => ({
    message: `The gain of neuron ${d.neuron} is not positive (${d.scale} volts per unit)`,
    hint: "Use r > 0 and w_in > 0",
  }),
  E_S2_SLICE_TOO_BIG: (d: {
    what: string;
    neurons: number;
    atoms: number;
    regions: readonly string[];
    over: number;
    largest: string;
  }) => ({
    message: `${d.what} (${d.neurons} neurons, at most ${d.atoms} on a PE) takes ${d.over} bytes too many: ${list(d.regions)}; most for ${d.largest}`,
    hint: "Use smaller maps, fewer inputs into a neuron, fewer steps, or --profile wide",
  }),
  E_S2_RECORD_MEMORY: (d: { bytes: number; steps: number; asked: number }) => ({
    message: `Recording ${d.asked} steps takes ${d.bytes} bytes, and at most ${d.steps} steps fit`,
    hint: "Lay out for fewer steps (--steps), record less, or use --profile wide",
  }),
  E_S2_TOO_MANY_PES: (d: { slices: number; limit: number; counts: readonly string[] }) => ({
    message: `${d.slices} slices, ${d.limit} PEs: ${list(d.counts)}`,
    hint: "Use --board board48, --profile wide, larger atoms per core, or a smaller network",
  }),
  E_S2_TOO_MANY_ROUTES: (d: { routes: number; limit: number }) => ({
    message: `${d.routes} routing keys, the router holds ${d.limit}`,
    hint: "Use a smaller network",
  }),
  E_S2_OPTION: (d: { option: string; found: string; expected: string }) => ({
    message: `${JSON.stringify(d.found)} does not suit ${d.option}, expected ${d.expected}`,
    hint: "Correct the option",
  }),
  E_S2_ARTEFACT: (d: { file: string; found: string }) => ({
    message: `${d.file} is not what compile writes: ${d.found}`,
    hint: "Compile again",
  }),
  W_S2_THRESHOLD_UNREACHABLE: (d: { neuron: number; reach: number; threshold: number }) => ({
    message: `Neuron ${d.neuron} never fires: its membrane settles at ${d.reach} at most, below its threshold of ${d.threshold}`,
    hint: "Check weights, biases and threshold, or remove the neuron",
  }),
  W_S2_ACCUM_RISK: (d: { neuron: number; sum: number }) => ({
    message: `Input sums of neuron ${d.neuron} may reach ${d.sum}; the width of the chip's accumulator is not published, and 16 bits hold 32767`,
    hint: "Use smaller weights or fewer inputs where the chip's spikes differ",
  }),
  W_S2_BIAS_TRANSIENT: (d: { steps: number }) => ({
    message: `A bias into a CubaLIF acts at once on the chip, in the model it settles over ${d.steps} steps`,
    hint: "Accept the first steps to differ from the float model, or move the bias into an input that is always on",
  }),
  W_S2_OVERRUN: (d: { pe: string; step: number; packets: number; cycles: number; tickMs: number }) => ({
    message: `PE ${d.pe} needs ${d.cycles} cycles in step ${d.step} (${d.packets} packets), more than the tick has`,
    hint: `Use a tick of at least ${d.tickMs} ms, fewer neurons per PE, or the high level`,
  }),
  H_S2_CONV_GROWTH: (d: { groups: number; dilation: readonly number[]; growth: number; bytes: number }) => ({
    message: `${d.groups} groups and a dilation of ${d.dilation.join(" × ")} become one dense kernel of ${d.bytes} bytes, ${Math.floor(d.growth * 10) / 10} times the model's`,
    hint: "Nothing is lost but memory",
  }),
} as const;

/** Makes a diagnostic of this package. */
export const s2Diagnostic: DiagnosticFactory<typeof table> = defineDiagnostics(table);
