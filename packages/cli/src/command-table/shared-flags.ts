/** Flags that several commands have. */
import type { FlagSpec } from "../command.ts";
import { integerFrom, keyValues, oneOf, positiveNumber, someOf } from "../option-values.ts";
import { repairNames } from "../read-flags.ts";

/** Replace what is there. */
export const force: FlagSpec = { flags: "--force", about: "replace what is there" };

/** Time step. */
export const dt: FlagSpec = {
  flags: "--dt <step>",
  about: "time step, in the unit of tau (seconds)",
  parse: positiveNumber,
};

/** Semantics of a float run. */
export const dialect: FlagSpec = {
  flags: "--dialect <label>",
  about:
    "semantics: NAME[@dt=X][+subtract][+old][+zero_signal], or auto: what the file seems to be made for; NAME is nir-euler, nir-exp, norse, snntorch, snntorch-2026, sinabs, rockpool, spikingjelly, spyx, lava-dl, spinnaker2, spinnaker2-float or nengo, explained by nirkit dialects (default: that of a quantized or trained file, else nir-euler)",
};

/** First samples only. */
export const limit: FlagSpec = { flags: "--limit <n>", about: "first n samples only", parse: integerFrom(1) };

/** Labelled samples. */
export const data: FlagSpec = {
  flags: "--data <data>",
  about:
    "samples: .npz with x [samples, time, ...] and y [samples], or DATASET:PATH (nmnist, mnist, dvs-gesture, gestures, st-mnist, shd, hsi, events)",
};

/** Options of a `DATASET:PATH`. */
export const dataOptions: FlagSpec = {
  flags: "--data-options <key=value,...>",
  about:
    "options of DATASET:PATH, repeatable: part, steps, step-us, frames, downsample, accumulate, polarity, tail, clip, flatten, code, channels, split, patch, seed, repetitions, input",
  parse: keyValues,
};

/** Threads of float runs. */
export const workers: FlagSpec = {
  flags: "--workers <n>",
  about: "threads that run float samples side by side; the results are the same (default: 1)",
  parse: integerFrom(1, 256),
};

/** How files are read. */
export const reading: readonly FlagSpec[] = [
  {
    flags: "--strict",
    about: "refuse what the Python package refuses, instead of mending it with a warning",
  },
  {
    flags: "--types <how>",
    about: "check, or skip: shapes that do not fit together are warnings (default: check)",
    parse: oneOf("check", "skip"),
  },
  {
    flags: "--non-finite <how>",
    about: "what NaN and infinity in parameters are: error, or warn (default: error)",
    parse: oneOf("error", "warn"),
  },
  {
    flags: "--repair <names>",
    about: `mend known defects of exporters, some between commas: ${repairNames.join(", ")}`,
    parse: someOf(...repairNames),
  },
  {
    flags: "--max-bytes <n>",
    about: "bytes that the arrays of a file may declare together (default: 2^31)",
    parse: integerFrom(1),
  },
];
