/** Codes of `@nirkit/train`. */
import {
  type Diagnostic,
  type DiagnosticFactory,
  type DiagnosticText,
  defineDiagnostics,
  NirkitError,
  type Shape,
} from "@nirkit/graph";

const shape = (s: Shape): string => `[${s.join(", ")}]`;

/** What is wrong, for codes whose cause is a sentence of its own. */
interface Why {
  readonly why: string;
  readonly hint?: string | undefined;
}

/** What each code's words are made of. */
interface TrainDetails {
  readonly E_TRAIN_DIALECT: { option: string; value: string; allowed: readonly string[] };
  readonly E_TRAIN_NODE: { type: string; known: readonly string[] };
  readonly E_TRAIN_DT: { dt: number; tau: number };
  readonly E_TRAIN_DT_VALUE: { dt: number };
  readonly E_TRAIN_DT_CONFLICT: { given: number; stored: number };
  readonly W_LEAK_SMALL: { decay: number };
  readonly E_GRANULARITY: { granularity: string; what: string; low: number; high: number };
  readonly E_PARAMETRIZATION: { param: string; value: number; range: string };
  readonly E_TRAIN_OPTION: Why;
  readonly E_TRAIN_UNKNOWN: { known: readonly string[] };
  readonly E_TRAIN_INPUT: { found: string; expected: string };
  readonly E_TRAIN_STATE: { why: string };
  readonly E_SMOOTH_SURROGATE: { kind: string };
  readonly E_FUSED: Why;
  readonly E_BACKEND: { why: string };
  readonly E_SYNC_READ: { what: string; backend: string };
  readonly E_CONVERT: Why;
  readonly E_TRAIN_DATA: Why;
  readonly E_TRAIN_WORKER: Why;
  readonly E_NON_FINITE: { parameters: readonly string[]; steps: number };
  readonly W_NON_FINITE: { parameters: readonly string[]; step: number };
  readonly W_DEAD_OUTPUT: { classes: number };
  readonly E_CHECKPOINT: Why;
  readonly E_CHECKPOINT_MISMATCH: { what: string; found: string; expected: string };
  readonly E_MASK_SHAPE: { found: Shape; expected: Shape };
}

type Table = { readonly [C in keyof TrainDetails]: (detail: TrainDetails[C]) => DiagnosticText };

const table: Table = {
  E_TRAIN_DIALECT: (d) => ({
    message: `Dialect option ${d.option} is ${d.value}, which has no gradient here`,
    hint: `Training takes ${d.option} ${d.allowed.join(" or ")}: name another dialect, or give a record`,
  }),
  E_TRAIN_NODE: (d) => ({
    message: `${d.type} is not trained`,
    hint: `Trainable graphs are made of ${d.known.join(", ")}; lower extension nodes first`,
  }),
  E_TRAIN_DT: (d) => ({
    message: `dt ${d.dt} is not shorter than the time constant ${d.tau}: 1 - dt/tau is not positive`,
    hint: "Choose a smaller dt, or the leak exp; dt counts in the unit of tau",
  }),
  E_TRAIN_DT_VALUE: (d) => ({
    message: `The time step is ${d.dt}, it has to be positive and finite`,
    hint: "Pass dt in the unit of tau, for example 1e-4",
  }),
  E_TRAIN_DT_CONFLICT: (d) => ({
    message: `dt ${d.given} was asked for, the graph carries dt ${d.stored}`,
    hint: `Leave dt out, or make the graph again for dt ${d.given}`,
  }),
  W_LEAK_SMALL: (d) => ({
    message: `The membrane keeps ${d.decay} of itself per step: almost nothing is remembered`,
    hint: "Was dt given in the unit of tau?",
  }),
  E_GRANULARITY: (d) => ({
    message: `The ${d.what} is to be learned per ${d.granularity}, but differs inside one: ${d.low} and ${d.high}`,
    hint: "Choose a finer granularity (layer, channel, neuron), or make the values equal",
  }),
  E_PARAMETRIZATION: (d) => ({
    message: `The parametrization ${d.param} cannot start at ${d.value}`,
    hint: `It covers ${d.range}; choose another parametrization or mend the value`,
  }),
  E_TRAIN_OPTION: (d) => ({ message: d.why, hint: d.hint }),
  E_TRAIN_UNKNOWN: (d) => ({
    message: "There is no node of this name",
    hint: `The nodes are ${d.known.slice(0, 10).join(", ")}`,
  }),
  E_TRAIN_INPUT: (d) => ({ message: `Found ${d.found}`, hint: `This Input takes ${d.expected}` }),
  E_TRAIN_STATE: (d) => ({
    message: `The state does not fit: ${d.why}`,
    hint: "Start from rest, or use the batch size the state was made with",
  }),
  E_SMOOTH_SURROGATE: (d) => ({
    message: `A smooth run needs the primitive of the surrogate, ${d.kind} has none`,
    hint: "Give customSurrogate a primitive, or choose another surrogate",
  }),
  E_FUSED: (d) => ({
    message: `The fused path cannot run this: ${d.why}`,
    hint: d.hint ?? "Use execution: auto or composite",
  }),
  E_BACKEND: (d) => ({
    message: `tfjs is not ready: ${d.why}`,
    hint: "Import a backend (@tensorflow/tfjs-backend-cpu or -wasm) and await tf.ready()",
  }),
  E_SYNC_READ: (d) => ({
    message: `${d.what} needs values without waiting, which the backend ${d.backend} does not give`,
    hint: "Await settled() and downloadNir(), or use the backend cpu or wasm",
  }),
  E_CONVERT: (d) => ({ message: d.why, hint: d.hint }),
  E_TRAIN_DATA: (d) => ({ message: d.why, hint: d.hint }),
  E_TRAIN_WORKER: (d) => ({ message: d.why, hint: d.hint }),
  E_NON_FINITE: (d) => ({
    message: `Loss or gradients are not finite in ${d.steps} steps one after the other: ${d.parameters.join(", ")}`,
    hint: "Lower the learning rate, clip the gradients (gradClip), or look at the data for values that are not finite",
  }),
  W_NON_FINITE: (d) => ({
    message: `Step ${d.step} is left out, as it is not finite in ${d.parameters.join(", ")}`,
    hint: "A few such steps do no harm; five one after the other end the training",
  }),
  W_DEAD_OUTPUT: (d) => ({
    message: `No output neuron spikes, the loss is that of chance, ln ${d.classes}`,
    hint: "Lower the threshold of the last layer or enlarge its weights (calibrateInit), or choose another seed",
  }),
  E_CHECKPOINT: (d) => ({ message: d.why, hint: d.hint }),
  E_CHECKPOINT_MISMATCH: (d) => ({
    message: `The checkpoint was made with another ${d.what}: ${d.found}`,
    hint: `This run has ${d.expected}; continue with what the checkpoint was made with, or start anew elsewhere`,
  }),
  E_MASK_SHAPE: (d) => ({
    message: `The mask has shape ${shape(d.found)}`,
    hint: `It has to have the shape of the parameter, ${shape(d.expected)}`,
  }),
};

/** Makes a diagnostic of this package's table. */
export const trainDiagnostic: DiagnosticFactory<Table> = defineDiagnostics(table);

type Code = Exclude<keyof TrainDetails, `W_${string}`>;

/** The error of one code. */
export function trainError<C extends Code>(code: C, path: string, detail: TrainDetails[C]): NirkitError {
  const make = trainDiagnostic as (code: Code, path: string, detail: unknown) => Diagnostic;
  return new NirkitError([make(code, path, detail)]);
}
