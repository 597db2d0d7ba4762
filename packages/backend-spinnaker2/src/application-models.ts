/** The application models of the chip that have a published equation, and those known by name alone. */

/** What a model can take. */
export interface ApplicationModel {
  readonly dynamics: "lif" | "lif_curr_exp";
  /** Largest magnitude of an integer weight. */
  readonly weightMax: 15 | 127;
  /** Largest delay field; a synapse takes one step more. */
  readonly delayMax: 0 | 7;
  /** Only through a `Conv2DProjection`, and then only that. */
  readonly convolution: boolean;
  /** Float32 parameters per neuron in the memory of a PE. */
  readonly parameters: readonly string[];
}

const lif = ["threshold", "alpha_decay", "i_offset", "v_init", "v_reset", "reset"];
const currExp = [...lif, "exc_decay", "inh_decay", "t_refrac"];

/** Name of a model that is simulated and emitted. */
export type ModelName = "lif" | "lif_no_delay" | "lif_conv2d" | "lif_curr_exp" | "lif_curr_exp_no_delay";

/** The models that are simulated and emitted. */
export const applicationModels: Readonly<Record<ModelName, ApplicationModel>> = {
  lif: { dynamics: "lif", weightMax: 15, delayMax: 7, convolution: false, parameters: lif },
  lif_no_delay: { dynamics: "lif", weightMax: 127, delayMax: 0, convolution: false, parameters: lif },
  lif_conv2d: { dynamics: "lif", weightMax: 127, delayMax: 0, convolution: true, parameters: lif },
  lif_curr_exp: {
    dynamics: "lif_curr_exp",
    weightMax: 15,
    delayMax: 7,
    convolution: false,
    parameters: currExp,
  },
  lif_curr_exp_no_delay: {
    dynamics: "lif_curr_exp",
    weightMax: 127,
    delayMax: 0,
    convolution: false,
    parameters: currExp,
  },
};

/** Their names, in the order of the documentation. */
export const modelNames: readonly ModelName[] = Object.keys(applicationModels) as ModelName[];

/** Models of py-spinnaker2 whose equations are not published: known, neither simulated nor emitted. */
export const knownModels: readonly string[] = [
  "lif_fugu",
  "charge_and_spike",
  "lif_adaptive_threshold",
  "lif_prob",
  "izhikevich",
  "qubo_neuron",
  "poisson_process",
  "spikes_from_array",
  "conv2d_if_neuron_rate_code",
  "spike_receiver",
  "spike_replicator",
  "relay",
  "gas",
];
