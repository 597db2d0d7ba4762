/** Commands that train. */
import type { CommandSpec } from "../command.ts";
import { integerFrom, oneOf, positiveNumber } from "../option-values.ts";
import { data, dataOptions, dialect, dt, force, limit } from "./shared-flags.ts";

const resume = { flags: "--resume", about: "continue after the newest checkpoint of the folder" };

const train: CommandSpec = {
  name: "train",
  args: [["<config>", "configuration: .json, or a module with a default export"]],
  summary: "train a network, with checkpoints, metrics and a report",
  flags: [
    { flags: "-o, --out <dir>", about: "folder of the run, instead of the configuration's" },
    { flags: "--epochs <n>", about: "epochs, instead of the configuration's", parse: integerFrom(1) },
    resume,
    force,
  ],
  example: "nirkit train digits.json --seed 1",
  refusal: "configuration, network or data cannot be used, or the run was interrupted",
  run: async (invocation, args, flags) =>
    (await import("../commands/train.ts")).train(invocation, args[0] ?? "", flags as never),
};

const finetune: CommandSpec = {
  name: "finetune",
  args: [["<file>", "network: .nir or .nir.json"]],
  summary: "train a network further, with weights of few levels where asked for (QAT)",
  flags: [
    { ...data, required: true },
    { flags: "--validation <data>", about: "samples to test on after each epoch" },
    dataOptions,
    limit,
    { flags: "--qat <scheme[:bits]>", about: "weights while training: pot:4, uniform:4, ternary, ..." },
    { flags: "--epochs <n>", about: "epochs (default: 3)", parse: integerFrom(1) },
    { flags: "--batch <n>", about: "samples of a step (default: 128)", parse: integerFrom(1) },
    { flags: "--lr <rate>", about: "learning rate of Adam (default: 1e-3)", parse: positiveNumber },
    {
      flags: "--loss <name>",
      about: "spike-count (default), rate, membrane-max, -mean, -sum, -last, count-mse",
      parse: oneOf(
        "spike-count",
        "rate",
        "membrane-max",
        "membrane-mean",
        "membrane-sum",
        "membrane-last",
        "count-mse",
      ),
    },
    {
      flags: "--learn <granularity>",
      about: "learn leak and threshold: none, layer, channel or neuron",
      parse: oneOf("none", "layer", "channel", "neuron"),
    },
    dialect,
    dt,
    { flags: "--run <dir>", about: "folder of the run (default: OUT.run beside the network)" },
    { flags: "-o, --out <file>", about: "network to write: .nir or .nir.json", required: true },
    resume,
    force,
  ],
  example: "nirkit finetune model.nir --qat pot:4 --data train.npz --epochs 3 -o model.pot4.nir",
  refusal: "network or data cannot be used, or the run was interrupted",
  run: async (invocation, args, flags) =>
    (await import("../commands/finetune.ts")).finetune(invocation, args[0] ?? "", flags as never),
};

/** In the order of the help. */
export const trainingCommands: readonly CommandSpec[] = [train, finetune];
