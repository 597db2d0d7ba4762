/**
 * What NIR leaves open when its equations become steps, as options with closed lists of values.
 *
 * A dialect is one value for each option, not a simulator of its own.
 */

/** One value per option. */
export interface DialectOptions {
  readonly leak: "euler" | "exp";
  readonly gain: "nir" | "raw";
  readonly cubaGain: "nir" | "raw";
  readonly ifGain: "dt" | "step" | "stepR";
  readonly ifDecay: 1 | 0.9;
  readonly cubaOrder: "new" | "old";
  readonly decayPlace: "first" | "last";
  readonly compare: "gt" | "ge";
  readonly reset: "value" | "subtract" | "none";
  readonly multiSpike: boolean;
  readonly vFloor: "none" | "-thr" | "0";
  readonly fire: "after" | "before";
  readonly doubleResetGuard: boolean;
  readonly vInit: "zero" | "vLeak" | "vReset";
  readonly useR: boolean;
  readonly useVReset: boolean;
  readonly useVLeak: boolean;
  readonly leakPath: "target" | "bias";
  readonly synLeak: boolean;
  readonly feedbackT0: "zeroSpikes" | "zeroSignal";
  readonly recurrentBias: "kept" | "dropped";
  readonly links: "same-step" | "one-step";
  readonly biasPath: "synapse" | "membrane";
  readonly weightQuant: "none" | "int8-trunc-127";
  readonly arithmetic: "float" | "fixed-12";
}

/** Name of an option; {@link describeDialect} says what each is about. */
export type DialectOption = keyof DialectOptions;

/** A named choice of all options. */
export interface Dialect extends DialectOptions {
  /** Label, modifiers included: `nir-euler+subtract`. */
  readonly name: string;
  readonly summary: string;
  /** Time step of files made for this dialect; shown when none is given, never used silently. */
  readonly usualDt: number;
  /** Time step that the label itself names (`nir-euler@dt=1`). */
  readonly dt?: number;
}

/** What an option is about, and what each of its values means. */
interface OptionText<V extends string> {
  readonly summary: string;
  readonly values: { readonly [K in V]: string };
}

const texts: { readonly [K in DialectOption]: OptionText<`${DialectOptions[K]}`> } = {
  leak: {
    summary: "decay of a state over one step",
    values: { euler: "1 - dt/tau (forward Euler)", exp: "exp(-dt/tau) (exact for constant input)" },
  },
  gain: {
    summary: "what one unit of input adds to LI and LIF",
    values: {
      nir: "(1 - decay)*r, as the NIR equation says",
      raw: "1: the input is taken as an impulse, r is not used",
    },
  },
  cubaGain: {
    summary:
      "what one unit of input adds to the current of CubaLI and CubaLIF, and one of current to the membrane",
    values: {
      nir: "(1 - decay)*w_in and (1 - decay)*r, as the NIR equations say",
      raw: "1 and 1: the input is taken as an impulse, w_in and r are not used",
    },
  },
  ifGain: {
    summary: "what one unit of input adds to an IF neuron",
    values: { dt: "dt*r, as the NIR equation says", step: "1 per step", stepR: "r per step" },
  },
  ifDecay: {
    summary: "what an IF neuron keeps of its membrane over one step",
    values: { 1: "all of it", 0.9: "nine tenths: IF is imported as a leaky neuron" },
  },
  cubaOrder: {
    summary: "which synaptic current drives the membrane of CubaLI and CubaLIF",
    values: { new: "the one just updated in this step", old: "the one of the step before" },
  },
  decayPlace: {
    summary: "where the decay of the synaptic current stands",
    values: { first: "i = d*i + x", last: "i = d*(i + x)" },
  },
  compare: { summary: "when a neuron fires", values: { gt: "v > v_threshold", ge: "v >= v_threshold" } },
  reset: {
    summary: "what a spike does to the membrane",
    values: {
      value: "v becomes v_reset",
      subtract: "v_threshold is taken off, the rest is kept",
      none: "nothing",
    },
  },
  multiSpike: {
    summary: "how many spikes a neuron gives in one step",
    values: { true: "trunc(v/v_threshold) for v > 0", false: "at most one" },
  },
  vFloor: {
    summary: "lower bound of the membrane after the reset",
    values: { none: "none", "-thr": "-v_threshold, on IF", "0": "0, on LIF and CubaLIF" },
  },
  fire: {
    summary: "where the spike test stands in a step",
    values: {
      after: "after the update (Mealy)",
      before: "before it, on the state the last step left (Moore)",
    },
  },
  doubleResetGuard: {
    summary: "a membrane that a subtraction left above the threshold",
    values: {
      true: "loses the threshold before the test and gets it back if the neuron stays silent",
      false: "is tested as it is",
    },
  },
  vInit: {
    summary: "membrane before the first step",
    values: {
      zero: "0",
      vLeak: "v_leak on the leaky types, 0 on I and IF",
      vReset: "v_reset on LIF and CubaLIF, 0 elsewhere",
    },
  },
  useR: { summary: "the parameter r of LI and LIF", values: { true: "is used", false: "counts as 1" } },
  useVReset: { summary: "the parameter v_reset", values: { true: "is used", false: "counts as 0" } },
  useVLeak: { summary: "the parameter v_leak", values: { true: "is used", false: "counts as 0" } },
  leakPath: {
    summary: "how v_leak acts",
    values: { target: "the membrane decays to it", bias: "it is added to the membrane in every step" },
  },
  synLeak: {
    summary: "where the synaptic current starts and what it decays to",
    values: { true: "v_leak", false: "0" },
  },
  feedbackT0: {
    summary: "what a feedback edge delivers in step 0",
    values: {
      zeroSpikes: "what its source gives for silent neurons (a recurrent Affine its bias)",
      zeroSignal: "0",
    },
  },
  recurrentBias: {
    summary: "the bias of an Affine that lies on a loop",
    values: { kept: "is added in every step", dropped: "is left out" },
  },
  links: {
    summary: "when a neuron sees the spikes of another",
    values: {
      "same-step": "in the step they are fired in",
      "one-step": "one step later, on every link, from the Inputs too",
    },
  },
  biasPath: {
    summary: "where the bias of an Affine enters",
    values: { synapse: "with the weighted input", membrane: "added to the membrane every step" },
  },
  weightQuant: {
    summary: "rounding of weights inside the simulator",
    values: {
      none: "none",
      "int8-trunc-127": "toward zero to int8, 127 for the largest weight into a population",
    },
  },
  arithmetic: {
    summary: "numbers of IF and CubaLIF",
    values: {
      float: "floating point of the run's precision",
      "fixed-12": "integers in 1/4096, decays of 12 bits, every product truncated toward zero",
    },
  },
};

/** Names of all options, in the order they are described. */
export const dialectOptions: readonly DialectOption[] = Object.keys(texts) as DialectOption[];

/** All values of an option, as words. */
export function optionValues(option: DialectOption): readonly string[] {
  return Object.keys(texts[option].values);
}

/** One option of a dialect in words. */
export interface DialectLine {
  readonly option: DialectOption;
  readonly value: string;
  /** What the option is about. */
  readonly summary: string;
  /** What this value of it says. */
  readonly meaning: string;
}

/**
 * Every option of a dialect with the meaning of its value.
 *
 * @example describeDialect(parseDialect("nir-exp"))[0]
 * // { option: "leak", value: "exp", summary: "decay of a state over one step", meaning: "exp(-dt/tau) …" }
 */
export function describeDialect(dialect: Dialect): readonly DialectLine[] {
  return dialectOptions.map((name) => {
    const value = String(dialect[name]);
    const { summary, values } = texts[name] as OptionText<string>;
    return { option: name, value, summary, meaning: values[value] ?? "not a value of this option" };
  });
}
