/** Commands that look at files and write them in other forms. */
import type { CommandSpec } from "../command.ts";
import { compression, moreNames, notNegative, oneOf } from "../option-values.ts";
import { dt, force, reading } from "./shared-flags.ts";

const inspect: CommandSpec = {
  name: "inspect",
  args: [["<file>", "network: .nir or .nir.json"]],
  summary: "show nodes, shapes, parameters, edges, totals and provenance of a network",
  flags: reading,
  example: "nirkit inspect model.nir --json | jq .nodes",
  refusal: "the file is unreadable or has errors (what could be read is shown)",
  run: async (invocation, args, flags) =>
    (await import("../commands/inspect.ts")).inspect(invocation, args[0] ?? "", flags as never),
};

const validate: CommandSpec = {
  name: "validate",
  args: [["<files...>", "networks: .nir or .nir.json"]],
  summary: "list every error, warning and hint of one or more networks, with its place in the file",
  flags: reading,
  example: "nirkit validate *.nir --json",
  refusal: "at least one file has an error",
  run: async (invocation, args, flags) =>
    (await import("../commands/validate.ts")).validate(invocation, args, flags as never),
};

const convert: CommandSpec = {
  name: "convert",
  args: [
    ["<in>", "network: .nir or .nir.json"],
    ["<out>", "file to write; its ending, .nir, .nir.json or .onnx, chooses the form"],
  ],
  summary: "write a network in another form: .nir, .nir.json, or the weights as QONNX (.onnx)",
  flags: [
    {
      flags: "--lower-extensions",
      about: "write extension nodes (nirkit:Conv3d) with plain ones that every reader knows",
    },
    { flags: "--flatten", about: "open nested graphs; block/lif is written as block.lif" },
    {
      flags: "--complete",
      about: "add missing Inputs and Outputs, repeat parameters that stand for all neurons",
    },
    {
      flags: "--compress <how>",
      about: "none, gzip:1 to gzip:9, or auto (gzip:4); arrays below 4 KiB never are (default: auto)",
      parse: compression,
    },
    {
      flags: "--target-version <release>",
      about: "oldest Python package that has to read it: 1.0.5 (no v_reset), or 1.0.8 (default)",
      parse: oneOf("1.0.5", "1.0.8"),
    },
    ...reading,
    force,
  ],
  example: "nirkit convert old.nir new.nir --repair transpose-weight,drop-time-axis --flatten",
  refusal: "the network cannot be read, or not be written so; nothing is written",
  run: async (invocation, [from = "", to = ""], flags) =>
    (await import("../commands/convert.ts")).convert(invocation, from, to, flags as never),
};

const diff: CommandSpec = {
  name: "diff",
  args: [
    ["<a>", "network: .nir or .nir.json"],
    ["<b>", "network to compare with it"],
  ],
  summary: "compare two networks: structure, parameters (numeric distance), metadata",
  flags: [
    {
      flags: "--tolerance <x>",
      about: "largest difference of two numbers of a parameter that counts as none",
      parse: notNegative,
      standard: 0,
    },
    ...reading,
  ],
  example: "nirkit diff model.nir model.q8.nir --tolerance 1e-3",
  refusal: "the networks differ, or one of them cannot be read",
  run: async (invocation, [a = "", b = ""], flags) =>
    (await import("../commands/diff.ts")).diff(invocation, a, b, flags as never),
};

const support: CommandSpec = {
  name: "support",
  args: [["<file>", "network: .nir or .nir.json"]],
  summary: "which targets and frameworks can run this network, and because of which node not",
  flags: [
    {
      flags: "--target <names>",
      about: "ask these back ends only (default: all that are installed)",
      parse: moreNames,
    },
    { ...dt, about: "time step that a float network is quantized with (default: the usual one)" },
    ...reading,
  ],
  example: "nirkit support model.nir --dt 1e-3",
  refusal: "the network cannot be read (that nothing can run it is an answer: 0)",
  run: async (invocation, args, flags) =>
    (await import("../commands/support.ts")).support(invocation, args[0] ?? "", flags as never),
};

/** In the order of the help. */
export const lookCommands: readonly CommandSpec[] = [inspect, validate, convert, diff, support];
