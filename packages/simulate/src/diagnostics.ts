/** Codes of `@nirkit/simulate`. */
import { type DiagnosticFactory, type DiagnosticText, defineDiagnostics, type Shape } from "@nirkit/graph";

const shape = (s: Shape): string => `[${s.join(", ")}]`;
const listed = (names: readonly string[]): string =>
  names.length === 0 ? "none" : names.slice(0, 10).join(", ") + (names.length > 10 ? " …" : "");

/** What each code's words are made of. */
interface SimulateDetails {
  readonly E_UNKNOWN_DIALECT: { name: string; known: readonly string[] };
  readonly E_UNKNOWN_MODIFIER: { modifier: string; known: readonly string[] };
  readonly E_DIALECT_OPTION: { option: string; value: string; allowed: readonly string[] };
  readonly E_DIALECT_CONFLICT: { option: string; value: string; because: string; allowed: readonly string[] };
  readonly E_DIALECT_NODE: { dialect: string; type: string; why: string };
  readonly E_SHARED_WEIGHT: { population: string };
  readonly E_DT_VALUE: { dt: number };
  readonly E_DT_CONFLICT: { given: number; stored: number; where: string };
  readonly W_DT_UNSTABLE: { dt: number; param: string; tau: number };
  readonly W_DT_TINY: { dt: number; param: string; tau: number };
  readonly H_IF_GAIN: { gain: number };
  readonly E_UNSUPPORTED_NODE: { type: string; known: readonly string[] };
  readonly E_PARAMETER_SHAPE: { param: string; found: Shape; expected: Shape };
  readonly E_CONSTANT: { constant: string; value: number; index: number };
  readonly E_NO_INPUT: { nodes: number };
  readonly E_SIMULATOR_OPTION: { option: string; value: string; allowed: readonly string[] };
  readonly E_ZERO_THRESHOLD: { index: number };
  readonly E_INPUT_FORM: { why: string };
  readonly E_INPUT_MISSING: { known: readonly string[]; given: readonly string[] };
  readonly E_INPUT_UNKNOWN: { known: readonly string[] };
  readonly E_INPUT_SHAPE: { found: Shape; expected: Shape; events: boolean };
  readonly E_INPUT_STEPS: { steps: number; other: string; otherSteps: number };
  readonly E_INPUT_VALUE: { value: string; step: number; index: number };
  readonly E_INPUT_EVENTS: { why: string };
  readonly E_RECORD_NODE: { known: readonly string[] };
  readonly E_RECORD_SIGNAL: { signal: string; known: readonly string[] };
  readonly E_RECORD_NEURON: { neuron: number; size: number };
  readonly E_RECORD_WINDOW: { from: number; to: number | string; every: number };
  readonly E_SINK_WAITS: Readonly<Record<never, never>>;
  readonly E_CANCELLED: { done: number; steps: number };
  readonly E_BATCH_CANCELLED: { done: number; samples: number };
  readonly E_POOL_SINK: Readonly<Record<never, never>>;
  readonly E_STATE: { why: string };
  readonly E_DELAY_MEMORY: { steps: number; values: number };
  readonly E_NOT_IMPORTED: { target: string; type: string; imports: readonly string[] };
  readonly E_IMPORT_CONDITION: { target: string; type: string; what: string; hint?: string | undefined };
  readonly W_IMPORT_CHANGED: { target: string; type: string; what: string; hint?: string | undefined };
  readonly W_IMPORT_UNKNOWN: { target: string; type: string };
  readonly W_FRAMEWORK_REFUSES: { reason: string };
  readonly H_FRAMEWORK_CHANGES: { reason: string };
}

type Table = { readonly [C in keyof SimulateDetails]: (detail: SimulateDetails[C]) => DiagnosticText };

const table: Table = {
  E_UNKNOWN_DIALECT: (d) => ({
    message: `There is no dialect "${d.name}"`,
    hint: `The dialects are ${listed(d.known)}; a label is NAME[@dt=X][+subtract][+old][+zero_signal]`,
  }),
  E_UNKNOWN_MODIFIER: (d) => ({
    message: `There is no dialect modifier "+${d.modifier}"`,
    hint: `The modifiers are ${d.known.map((m) => `+${m}`).join(", ")}`,
  }),
  E_DIALECT_OPTION: (d) => ({
    message: `Dialect option ${d.option} is ${d.value}, which is none of its values`,
    hint: `The values of ${d.option} are ${d.allowed.join(", ")}`,
  }),
  E_DIALECT_CONFLICT: (d) => ({
    message: `Dialect option ${d.option} is ${d.value}, which ${d.because} excludes`,
    hint: `With ${d.because}, ${d.option} has to be ${d.allowed.join(" or ")}`,
  }),
  E_DIALECT_NODE: (d) => ({
    message: `${d.dialect} has no place for this ${d.type}: ${d.why}`,
    hint: "Change the graph, or run it in another dialect",
  }),
  E_SHARED_WEIGHT: (d) => ({
    message: `These weights lead into "${d.population}" and into a population of another weight scale`,
    hint: "Give each population a weight node of its own",
  }),
  E_DT_VALUE: (d) => ({
    message: `The time step is ${d.dt}, it has to be positive and finite`,
    hint: "Pass dt in the unit of tau, for example 1e-4",
  }),
  E_DT_CONFLICT: (d) => ({
    message: `dt ${d.given} was asked for, ${d.where} carries dt ${d.stored}`,
    hint: `Leave dt out, or make the graph again for dt ${d.given}`,
  }),
  W_DT_UNSTABLE: (d) => ({
    message: `dt ${d.dt} is longer than ${d.param} ${d.tau}: 1 - dt/tau is negative and the state alternates in sign`,
    hint: "Choose a smaller dt; dt counts in the unit of tau",
  }),
  W_DT_TINY: (d) => ({
    message: `dt ${d.dt} is less than 1e-4 of ${d.param} ${d.tau}: the drive of one step vanishes in float32`,
    hint: "Choose a larger dt or precision f64; dt counts in the unit of tau",
  }),
  H_IF_GAIN: (d) => ({
    message: `One step adds dt*r*x = ${d.gain}*x to the IF neurons, and the graph has no other time constant`,
    hint: "Frameworks that count IF input per step ignore dt: use dt = 1",
  }),
  E_UNSUPPORTED_NODE: (d) => ({
    message: `${d.type} is not simulated`,
    hint: `The simulator runs ${d.known.join(", ")}`,
  }),
  E_PARAMETER_SHAPE: (d) => ({
    message: `${d.param} has shape ${shape(d.found)}, which does not broadcast to ${shape(d.expected)}`,
    hint: "Give one value, or one per neuron",
  }),
  E_CONSTANT: (d) => ({
    message: `${d.constant} of element ${d.index} is ${d.value}`,
    hint: "A time constant of 0, or a value beyond float32: mend the parameter, or use precision f64",
  }),
  E_NO_INPUT: (d) => ({
    message: `The graph has no Input among its ${d.nodes} nodes, so nothing says how long to run`,
    hint: "Add an Input node before the first layer; completeGraph of @nirkit/graph does",
  }),
  E_SIMULATOR_OPTION: (d) => ({
    message: `The option ${d.option} is ${d.value}, which is none of its values`,
    hint: `The values of ${d.option} are ${d.allowed.join(", ")}`,
  }),
  E_ZERO_THRESHOLD: (d) => ({
    message: `v_threshold of neuron ${d.index} is 0, and the dialect counts how often it goes into the membrane`,
    hint: "Give a threshold above 0, or take a dialect with one spike per step",
  }),
  E_INPUT_FORM: (d) => ({
    message: `This is no input data: ${d.why}`,
    hint: "Give a Map from Input node to a tensor {dtype, shape, data} or to Events; tensor() of @nirkit/graph makes one",
  }),
  E_INPUT_MISSING: (d) => ({
    message: `No data for this Input; data was given for ${listed(d.given)}`,
    hint: `Give one array per Input node: ${listed(d.known)}`,
  }),
  E_INPUT_UNKNOWN: (d) => ({
    message: "There is no Input of this name",
    hint: `The Input nodes are ${listed(d.known)}`,
  }),
  E_INPUT_SHAPE: (d) => ({
    message: d.events
      ? `The events are of shape ${shape(d.found)}, the Input takes ${shape(d.expected)}`
      : `The data has shape ${shape(d.found)}, the Input takes [T, ${d.expected.join(", ")}]`,
    hint: "Axis 0 is time, then the shape of the Input node; a batch axis is taken off sample by sample",
  }),
  E_INPUT_STEPS: (d) => ({
    message: `${d.steps} steps, but "${d.other}" has ${d.otherSteps}`,
    hint: "All Input nodes get the same number of steps",
  }),
  E_INPUT_VALUE: (d) => ({
    message: `Value ${d.value} at step ${d.step}, position ${d.index}`,
    hint: "Input values have to be finite, in float32 too unless precision is f64",
  }),
  E_INPUT_EVENTS: (d) => ({
    message: `The event list is inconsistent: ${d.why}`,
    hint: "start has steps + 1 ascending entries, the last is the number of events; index lies inside shape",
  }),
  E_RECORD_NODE: (d) => ({
    message: "There is no node of this name to record",
    hint: `The nodes are ${listed(d.known)}`,
  }),
  E_RECORD_SIGNAL: (d) => ({
    message: `There is no signal "${d.signal}"`,
    hint: `The signals are ${d.known.join(", ")}`,
  }),
  E_RECORD_NEURON: (d) => ({
    message: `There is no neuron ${d.neuron}, the node has ${d.size}`,
    hint: "Positions are row-major in the shape of the node, from 0",
  }),
  E_RECORD_WINDOW: (d) => ({
    message: `The window from ${d.from} to ${d.to}, every ${d.every}, is none`,
    hint: "from and to are whole steps with from <= to, every is at least 1",
  }),
  E_SINK_WAITS: () => ({
    message: "A sink gives a promise, which this run cannot wait for",
    hint: "Use runAsync with sinks that take their time",
  }),
  E_CANCELLED: (d) => ({
    message: `The run was cancelled after ${d.done} of ${d.steps} steps`,
    hint: "Its signal was aborted",
  }),
  E_BATCH_CANCELLED: (d) => ({
    message: `The batch was cancelled after ${d.done} of ${d.samples} samples`,
    hint: "Its signal was aborted",
  }),
  E_POOL_SINK: () => ({
    message: "A sink cannot be sent to a worker",
    hint: "Run the sample with runAsync, or record without a sink",
  }),
  E_DELAY_MEMORY: (d) => ({
    message: `A delay of ${d.steps} steps needs a buffer of ${d.values} values`,
    hint: "Check the unit of the delay against dt; a stream has to keep all of it",
  }),
  E_STATE: (d) => ({
    message: `This part of the state ${d.why}`,
    hint: "Take the finalState of a run of the same graph, dialect and precision",
  }),
  E_NOT_IMPORTED: (d) => ({
    message: `${d.target} does not import ${d.type}`,
    hint: `It imports ${d.imports.join(", ")}`,
  }),
  E_IMPORT_CONDITION: (d) => ({ message: `${d.target} cannot take this ${d.type}: ${d.what}`, hint: d.hint }),
  W_IMPORT_CHANGED: (d) => ({
    message: `${d.target} runs this ${d.type} differently: ${d.what}`,
    hint: d.hint,
  }),
  W_FRAMEWORK_REFUSES: (d) => ({
    message: `${d.reason}; it is run here as the dialect's options say`,
    hint: "The framework itself gives no result for this graph",
  }),
  H_FRAMEWORK_CHANGES: (d) => ({
    message: d.reason,
    hint: "The dialect's options say what of it is reproduced; shapes and paddings stay those of the file",
  }),
  W_IMPORT_UNKNOWN: (d) => ({
    message: `Whether ${d.target} imports ${d.type} has not been looked at`,
    hint: "Try it; what comes out should be compared with nirkit's own run",
  }),
};

/** Makes a diagnostic of this package's table. */
export const simulateDiagnostic: DiagnosticFactory<Table> = defineDiagnostics(table);
