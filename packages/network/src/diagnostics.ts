/** Codes of `@nirkit/network`. */
import { type DiagnosticFactory, defineDiagnostics, type Shape } from "@nirkit/graph";

const list = (names: readonly string[]): string => names.slice(0, 10).join(", ") || "none";
const shapeText = (shape: Shape): string => `[${shape.join(", ")}]`;

const table = {
  // A network that cannot run.
  E_BAD_NETWORK: (d: { found: string; expected: string }) => ({
    message: `${d.found}, but ${d.expected}`,
    hint: "Build the network with lower(), or correct the field named by the path",
  }),
  E_FLOAT32_ARITHMETIC: (d: { found: string }) => ({
    message: `The neuron is annotated with ${d.found}, which neurons with float state do not have`,
    hint: "Quantize with reset value or subtract, without delays of resets and spikes, with cubaOrder new and without a membrane grid",
  }),
  E_FLOAT32_GAIN: (d: { gain: number }) => ({
    message: `The annotated state scale gives ${d.gain} volts per unit of input, which follows from no reading of the node`,
    hint: "Quantize again from the original model: the node or its annotation was changed",
  }),
  W_FLOAT32_COMPARE: (_: object) => ({
    message: "The integers fire above the threshold; with float state the neuron fires at the threshold too",
    hint: "Quantize with compare ge; the network as lowered is the reference",
  }),
  E_UNSUPPORTED_OP: (d: { op: string }) => ({
    message: `The projection is of kind ${d.op}, which the integer simulator does not execute`,
    hint: "Bake the mask into the weights",
  }),
  E_ACC_TOO_WIDE: (d: { quantity: string; bits: number; limit: number }) => ({
    message: `The ${d.quantity} may need ${d.bits} bits, and ${d.limit} are available`,
    hint: "Use fewer fractional bits, narrower weights or inputs, or split the fan-in",
  }),
  E_WRAP_REACHABLE: (d: { bits: number; reach: number | null }) => ({
    message: `overflow is "wrap", but a state of ${d.bits} bits may overflow: |U| is ${d.reach === null ? "not bounded by a leak" : `up to ${d.reach}`}`,
    hint: 'Quantize with overflow "sat" or with more state bits',
  }),
  // A graph that has no exact integer network.
  E_WEIGHTS_IN_SERIES: (d: { first: string; second: string }) => ({
    message: `Weights follow weights: ${d.first}, then ${d.second}, with no neuron between`,
    hint: "Multiply the two matrices into one before quantizing",
  }),
  E_GRADED_SOURCE: (d: { type: string; target: string }) => ({
    message: `The graded output of this ${d.type} feeds ${d.target}, which takes spikes or integers`,
    hint: "Use a spiking neuron there, or end the network at it",
  }),
  E_SCALE_NODE: (d: { first: number; why: "values" | "place" }) => ({
    message: `The Scale has ${d.why === "values" ? "a factor that is zero or not finite" : "several factors, in front of weights or a pool"} (first: ${d.first})`,
    hint: `${d.why === "values" ? "Remove what the zero switches off" : "Fold it into the weights before quantizing, as foldScale does"}`,
  }),
  E_SCALE_MISMATCH: (d: { neuron: number; scale: number; otherScale: number; other: string }) => ({
    message: `Its scale for neuron ${d.neuron} is ${d.scale}, that of ${d.other} is ${d.otherScale}: their ratio is no common power of two`,
    hint: "Quantize all weights into one population together",
  }),
  E_OUTPUT_MIXED: (d: { sources: readonly string[]; first: number; second: number }) => ({
    message: `The Output adds ${list(d.sources)}, which count in ${d.first} and ${d.second}`,
    hint: "Give each source an Output of its own",
  }),
  E_BIAS_PRECISION: (d: { neuron: number; biasFrac: number; fracBits: number }) => ({
    message: `The bias of neuron ${d.neuron} has ${d.biasFrac} fractional bits, its population keeps ${d.fracBits}`,
    hint: `Quantize with at least ${d.biasFrac} fractional bits`,
  }),
  E_BIAS_TOO_WIDE: (d: { neuron: number; bias: number }) => ({
    message: `The biases of neuron ${d.neuron} add up to ${d.bias}, which 32 bits do not hold`,
    hint: "Use fewer fractional bits",
  }),
  E_DELAYED_BIAS: (d: { steps: number }) => ({
    message: `Its bias passes a Delay (${d.steps} steps), so it is not the same in every step`,
    hint: "Place the Delay before the weights",
  }),
  E_DELAY_NON_INTEGER: (d: { message: string }) => ({
    message: `${d.message}`,
    hint: "Choose a dt that divides the delay",
  }),
  E_DELAY_TOO_LONG: (d: { steps: number; most: number }) => ({
    message: `The delay is ${d.steps} steps, at most ${d.most} are possible`,
    hint: "Check the units of delay and dt, or quantize with a larger dt",
  }),
  E_ALGEBRAIC_LOOP: (d: { nodes: readonly string[] }) => ({
    message: `The loop ${list(d.nodes)} has no neuron`,
    hint: "Put a neuron into the loop",
  }),
  W_LOOP_LATENCY: (d: { source: string; target: string; extra: number }) => ({
    message: `With one step per link the loop through ${d.source} -> ${d.target} takes ${d.extra} more than in the graph`,
    hint: "The network as lowered is the reference; retrain or accept its timing",
  }),
  // An input that the network does not take.
  E_INPUT_MISSING: (d: { name: string; given: readonly string[] }) => ({
    message: `No data for input "${d.name}"`,
    hint: `The sample has ${list(d.given)}`,
  }),
  E_INPUT_UNKNOWN: (d: { name: string; known: readonly string[] }) => ({
    message: `The network has no input "${d.name}"`,
    hint: `Its inputs are ${list(d.known)}`,
  }),
  E_INPUT_SHAPE: (d: { found: Shape; expected: Shape }) => ({
    message: `The data has shape ${shapeText(d.found)}, expected time and ${shapeText(d.expected)}`,
    hint: "Give one sample with the time axis first",
  }),
  E_INPUT_STEPS: (d: { found: number; expected: number }) => ({
    message: `The data has ${d.found} steps, the other inputs have ${d.expected}`,
    hint: "All inputs of a sample run over the same steps",
  }),
  E_INPUT_EVENTS: (d: { found: string; expected: string }) => ({
    message: `The event list is not valid: ${d.found}, expected ${d.expected}`,
    hint: "start has T + 1 ascending entries, index is ascending within a step",
  }),
  E_INPUT_NOT_INTEGER: (d: { value: number; step: number; index: number }) => ({
    message: `Value ${d.value} at step ${d.step}, address ${d.index} is no integer`,
    hint: "Quantize the graph with an input quantizer (nirkit:input), or give integers or spikes",
  }),
  E_INPUT_RANGE: (d: { value: number; step: number; index: number; min: number; max: number }) => ({
    message: `Value ${d.value} at step ${d.step}, address ${d.index} is outside ${d.min} … ${d.max}`,
    hint: "Spikes are 0 or 1; graded input needs an input quantizer (nirkit:input) with more bits",
  }),
  E_INPUT_EVENT_COUNT: (d: { count: number; step: number; index: number; max: number }) => ({
    message: `Address ${d.index} receives ${d.count} events in step ${d.step}, at most ${d.max} are allowed`,
    hint: "Merge events of one step, or lower with a larger maxEvents",
  }),
  E_RECORD_WINDOW: (d: { every: number; from: number; to: number }) => ({
    message: `A record of every ${d.every} steps from ${d.from} to ${d.to} is no window`,
    hint: "every is at least 1, and from and to are steps with from <= to",
  }),
  E_UNKNOWN_POPULATION: (d: { name: string; known: readonly string[] }) => ({
    message: `There is no population "${d.name}" to record`,
    hint: `The network has ${list(d.known)}`,
  }),
} as const;

/** Makes a diagnostic of this package. */
export const networkDiagnostic: DiagnosticFactory<typeof table> = defineDiagnostics(table);
