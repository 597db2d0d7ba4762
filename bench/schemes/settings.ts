/** The settings that the table compares, each as values for the driver and as words of the command line. */
import type { AnyQuantizer, DriverOptions, MembraneScheme, WeightQuantizer } from "@nirkit/quantize";
import { imSnnMembrane } from "@nirkit/quantize-membrane";
import { apot, pot, sbit } from "@nirkit/quantize-pot";
import { ternary, uniform } from "@nirkit/quantize-uniform";
import type { TaskName } from "./tasks.ts";

/** One way to quantize a network. */
export interface Setting {
  readonly quantizer: AnyQuantizer;
  readonly params: Readonly<Record<string, unknown>>;
  readonly options: DriverOptions;
  /** Training samples to calibrate on. */
  readonly samples: number;
  /** All of it as words of `nirkit quantize`; what they are calibrated on comes from the task. */
  readonly words: string;
}

interface Scheme {
  readonly word: string;
  readonly quantizer: AnyQuantizer;
  readonly params: Readonly<Record<string, unknown>>;
}

const scheme = <P>(quantizer: WeightQuantizer<P>, bits?: number): Scheme => ({
  word: bits === undefined ? quantizer.scheme : `${quantizer.scheme}:${bits}`,
  quantizer: quantizer as AnyQuantizer,
  params: bits === undefined ? {} : { bits },
});

const schemes: readonly Scheme[] = [
  ...[8, 6, 4, 3, 2].map((bits) => scheme(uniform, bits)),
  ...[5, 4, 3].map((bits) => scheme(pot, bits)),
  scheme(apot, 4),
  // Integers of 8 bits with two signed digits.
  scheme(sbit, 8),
  scheme(ternary),
];

/** A recording of 300 steps says as much as many digits of 16. */
const calibrationSamples: Readonly<Record<TaskName, number>> = {
  digits_mlp: 20,
  digits_cnn: 20,
  cnn_sinabs: 4,
};

/** Every scheme as it comes: one scale per layer, nothing clipped, no samples. */
export function plainSettings(): readonly Setting[] {
  return schemes.map(({ word, ...rest }) => ({
    ...rest,
    options: {},
    samples: 0,
    words: `--scheme ${word}`,
  }));
}

/** Every scheme per channel and in second order on training samples; two bits also with a clip by squared error. */
export function calibratedSettings(task: TaskName): readonly Setting[] {
  const samples = calibrationSamples[task];
  const options = { secondOrder: true };
  const perChannel = schemes.map(({ word, quantizer, params }) => ({
    quantizer,
    params: { ...params, axis: 0 },
    options,
    samples,
    words: `--scheme ${word} --axis 0 --second-order --limit ${samples}`,
  }));
  const twoBits: Setting = {
    ...scheme(uniform, 2),
    params: { bits: 2, clip: "mse" },
    options,
    samples,
    words: `--scheme uniform:2 --clip mse --second-order --limit ${samples}`,
  };
  return [...perChannel, twoBits];
}

const grids: readonly (readonly [word: string, grid: number | MembraneScheme])[] = [
  ["16", 16],
  ["8", 8],
  ["4", 4],
  ["im-snn:-1", imSnnMembrane({ lowest: -1 })],
];

/** 8-bit weights with membranes of few bits; im-snn:-1 is −Theta, 0 and Theta. */
export function membraneSettings(): readonly Setting[] {
  return grids.map(([word, membrane]) => ({
    ...scheme(uniform, 8),
    options: { membrane },
    samples: 0,
    words: `--scheme uniform:8 --membrane ${word}`,
  }));
}
