/** Vendors' rules as options of the driver, by name. */
import type { DriverOptions } from "../driver/options.ts";
import type { ScaleRule } from "../driver/scale-rule.ts";
import { membraneScaling } from "../driver/threshold-scaling.ts";
import { channelWeightScale, dynapcnnScale, fixedScale, globalWeightScale } from "./scale-rules.ts";

/** A named bundle of a scheme's parameters and the driver's options. What a user gives beside it wins. */
export interface QuantizePreset {
  readonly name: string;
  /** One line: whose rule, and what it does. */
  readonly summary: string;
  /** Name of the scheme that it is made for. */
  readonly scheme: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** `dt` and the dialect stay the user's, except for the fields of `convention` given here. */
  readonly options: DriverOptions;
  /** True where `scaling` stands in the options and needs labelled or unlabelled samples; leave it out without any. */
  readonly calibrates: boolean;
}

const int8 = { bits: 8, range: "full", clip: "absmax", axis: null };

/** Speck and DYNAP-CNN: one factor for weights (8 bit, −128 … 127), biases (8 bit) and thresholds and states (16 bit). */
const dynapcnn: QuantizePreset = {
  name: "dynapcnn",
  summary: "One factor per layer: weights and biases in 8 bit, thresholds and states in 16",
  scheme: "uniform",
  params: int8,
  options: { scaleRule: dynapcnnScale, fracBits: 0, stateBits: 16 },
  calibrates: false,
};

/** Xylo decays by shifts, rounded to the nearest power of two, whatever that does to the time constant. */
const xyloOptions = (scaleRule: ScaleRule): DriverOptions => ({
  scaleRule,
  fracBits: 0,
  stateBits: 16,
  leakForm: "shift",
  tauTolerance: Number.MAX_VALUE,
});

const xyloGlobal: QuantizePreset = {
  name: "xylo-global",
  summary: "8-bit weights with one scale for all hidden layers, 16-bit thresholds, leaks by rounded shifts",
  scheme: "uniform",
  params: { ...int8, range: "narrow" },
  options: xyloOptions(globalWeightScale),
  calibrates: false,
};

const xyloChannel: QuantizePreset = {
  name: "xylo-channel",
  summary: "8-bit weights with one scale per neuron, 16-bit thresholds, leaks by rounded shifts",
  scheme: "uniform",
  params: { ...int8, range: "narrow", axis: 0 },
  options: xyloOptions(channelWeightScale),
  calibrates: false,
};

/** Weights are multiples of 2/64; currents and membranes decay by 12-bit multipliers, toward zero. */
const loihi: QuantizePreset = {
  name: "loihi",
  summary: "Weights in steps of 2/64, 12-bit decays rounded toward zero, spike at the threshold",
  scheme: "uniform",
  params: int8,
  options: {
    scaleRule: fixedScale(2 / 64),
    fracBits: 0,
    stateBits: 24,
    leakForm: "mul",
    leakBits: 12,
    leakRound: "zero",
    convention: { compare: "ge" },
  },
  calibrates: false,
};

/**
 * Weights in 8 bit, float32 states: thresholds and biases keep their values, times the factor that calibration finds.
 * Weights and thresholds are multiplied by the same S = 127/clip value in float64.
 */
const spinnaker2: QuantizePreset = {
  name: "spinnaker2",
  summary:
    "One 8-bit scale per population, float thresholds, clip percentile and threshold factor by calibration",
  scheme: "uniform",
  params: { ...int8, range: "narrow", integers: "product" },
  options: {
    nodes: "float",
    joint: "equal",
    // A float threshold is subtracted as it is: nothing needs the scale stretched until it is an integer.
    thresholdMode: "round",
    scaling: membraneScaling,
    convention: { compare: "ge" },
  },
  calibrates: true,
};

/** All presets by name. */
export const quantizePresets: ReadonlyMap<string, QuantizePreset> = new Map(
  [dynapcnn, xyloGlobal, xyloChannel, loihi, spinnaker2].map((preset) => [preset.name, preset]),
);

/**
 * Options of a run with a preset: what is given wins, except for what the hardware fixes in the convention.
 *
 * @param calibrated whether the run has calibration samples and a simulator; without them a preset does not search
 * @example withPreset(preset, { dt: 1e-3 }, false)
 */
export function withPreset(
  preset: QuantizePreset,
  options: DriverOptions,
  calibrated: boolean,
): DriverOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const { scaling, ...rest } = preset.options;
  return {
    ...rest,
    ...(calibrated && scaling !== undefined ? { scaling } : {}),
    ...Object.fromEntries(given),
    convention: { ...options.convention, ...preset.options.convention },
  };
}
