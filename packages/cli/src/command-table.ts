/** All commands: names, flags, help. The work itself is loaded when a command runs. */
import type { CommandSpec, FlagSpec } from "./command.ts";
import {
  compression,
  integerFrom,
  moreCounts,
  moreNames,
  nameList,
  notNegative,
  oneOf,
  positiveNumber,
  someOf,
} from "./option-values.ts";
import { repairNames } from "./read-flags.ts";

const force: FlagSpec = { flags: "--force", about: "replace what is there" };
const dt: FlagSpec = {
  flags: "--dt <step>",
  about: "time step, in the unit of tau (seconds)",
  parse: positiveNumber,
};
const dialect: FlagSpec = {
  flags: "--dialect <name>",
  about:
    "semantics: nir-euler, nir-exp, norse, snntorch, snntorch-2026, sinabs, rockpool, spikingjelly, spyx, lava-dl, spinnaker2, spinnaker2-float or nengo, each with @dt=X, +subtract, +old, +zero_signal (default: that of a quantized file, else nir-euler)",
};
const foldedDialect: FlagSpec = {
  flags: "--dialect <name>",
  about: "semantics: nir-euler or nir-exp, each with +subtract, +old",
  standard: "nir-euler",
};
const limit: FlagSpec = { flags: "--limit <n>", about: "first n samples only", parse: integerFrom(1) };
const data: FlagSpec = {
  flags: "--data <file>",
  about: "samples: .npz with x [samples, time, ...] and y [samples]",
};
const output: FlagSpec = { flags: "--output <node>", about: "Output node to read the class from" };

const reading: readonly FlagSpec[] = [
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

const inspect: CommandSpec = {
  name: "inspect",
  args: [["<file>", "network: .nir or .nir.json"]],
  summary: "show nodes, shapes, parameters, edges, totals and provenance of a network",
  flags: reading,
  example: "nirkit inspect model.nir --json | jq .nodes",
  refusal: "the file is unreadable or has errors (what could be read is shown)",
  run: async (invocation, args, flags) =>
    (await import("./commands/inspect.ts")).inspect(invocation, args[0] ?? "", flags as never),
};

const validate: CommandSpec = {
  name: "validate",
  args: [["<files...>", "networks: .nir or .nir.json"]],
  summary: "list every error, warning and hint of one or more networks, with its place in the file",
  flags: reading,
  example: "nirkit validate *.nir --json",
  refusal: "at least one file has an error",
  run: async (invocation, args, flags) =>
    (await import("./commands/validate.ts")).validate(invocation, args, flags as never),
};

const convert: CommandSpec = {
  name: "convert",
  args: [
    ["<in>", "network: .nir or .nir.json"],
    ["<out>", "file to write; its ending, .nir or .nir.json, chooses the form"],
  ],
  summary: "write a network in another form: .nir to .nir, .nir to .nir.json and back",
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
    (await import("./commands/convert.ts")).convert(invocation, from, to, flags as never),
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
    (await import("./commands/diff.ts")).diff(invocation, a, b, flags as never),
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
    (await import("./commands/support.ts")).support(invocation, args[0] ?? "", flags as never),
};

const simulate: CommandSpec = {
  name: "simulate",
  args: [["<file>", "network: .nir or .nir.json"]],
  summary: "run the float reference simulation and record signals",
  flags: [
    {
      flags: "--input <file>",
      about: ".npz with input (or x) [time, ...] or [samples, time, ...], or an .npy",
      required: true,
    },
    dialect,
    dt,
    {
      flags: "--record <signals>",
      about: "all, or some of out,v,vpre,i between commas",
      parse: nameList,
      standard: ["out"],
    },
    { flags: "--node <names>", about: "record these nodes only, by path (block/lif)", parse: moreNames },
    {
      flags: "--precision <type>",
      about: "element type of the state: f32 or f64",
      parse: oneOf("f32", "f64"),
      standard: "f32",
    },
    {
      flags: "-o, --out <file>",
      about: ".npz to write, with keys NODE/out, NODE/v, NODE/vpre, NODE/i",
      required: true,
    },
    force,
  ],
  example:
    "nirkit simulate model.nir --input x.npz --dialect nir-euler --dt 1e-3 --record all --out trace.npz",
  refusal: "network, input or time step cannot be used; nothing is written",
  run: async (invocation, args, flags) =>
    (await import("./commands/simulate.ts")).simulate(invocation, args[0] ?? "", flags as never),
};

const evaluate: CommandSpec = {
  name: "evaluate",
  args: [["<file>", "network; engines other than float need a quantized one"]],
  summary: "accuracy, confusion, synaptic operations, sparsity and rates on labelled samples",
  flags: [
    { ...data, required: true },
    {
      flags: "--engine <name>",
      about: "float, integer, or a back end (fpga, spinnaker2)",
      standard: "float",
    },
    dialect,
    dt,
    limit,
    output,
    { flags: "--counts", about: "list spike counts and class of every sample in --json" },
  ],
  example: "nirkit evaluate model.nir --data test.npz --dt 1e-3",
  refusal: "network, data or time step cannot be used",
  plugin: { kind: "backend", flag: "--engine", except: ["float", "integer"] },
  run: async (invocation, args, flags) =>
    (await import("./commands/evaluate.ts")).evaluate(invocation, args[0] ?? "", flags as never),
};

const quantize: CommandSpec = {
  name: "quantize",
  args: [["<file>", "float network: .nir or .nir.json"]],
  summary: "turn weights, thresholds and leaks into exact integers (post-training quantization)",
  flags: [
    {
      flags: "--scheme <name[:bits]>",
      about: "uniform:2 to uniform:8, nirkit-quantize-NAME, a package or a path",
      required: true,
    },
    {
      flags: "--preset <name>",
      about: "rule of a target: dynapcnn, xylo-global, xylo-channel, loihi, spinnaker2",
    },
    { flags: "--per-channel", about: "one scale per output channel: the same as --axis 0" },
    { flags: "--calibrate <file>", about: "samples to measure rates and input ranges on (.npz with x)" },
    limit,
    foldedDialect,
    dt,
    {
      flags: "--membrane-bits, --membrane <bits>",
      about: "width of the membrane",
      parse: integerFrom(2, 32),
    },
    { flags: "--leak-frac <bits>", about: "fractional bits of the membrane", parse: integerFrom(0, 24) },
    { flags: "--leak-form <form>", about: "decay by multiplier or by shift", parse: oneOf("mul", "shift") },
    { flags: "--leak-bits <bits>", about: "bits of the decay multiplier", parse: integerFrom(1, 24) },
    { flags: "--leak-round <mode>", about: "floor, zero or rne", parse: oneOf("floor", "zero", "rne") },
    {
      flags: "--threshold <mode>",
      about: "threshold of a subtract reset: aligned, round or fraction",
      parse: oneOf("aligned", "round", "fraction"),
    },
    {
      flags: "--input-bits <bits>",
      about: "width of multi-bit input (default: spikes)",
      parse: integerFrom(1, 16),
    },
    {
      flags: "--input-scale <s>",
      about: "real value of one input step (default: from the data)",
      parse: positiveNumber,
    },
    { flags: "--input-signed", about: "multi-bit input has a sign" },
    { flags: "--steps <n>", about: "length of a sample: bounds states without leak", parse: integerFrom(1) },
    { flags: "-o, --out <file>", about: "network to write: .nir or .nir.json", required: true },
    force,
  ],
  example: "nirkit quantize model.nir --scheme uniform:4 --per-channel --dt 1e-3 -o model.q4.nir",
  refusal: "the network cannot be quantized as asked; nothing is written",
  plugin: { kind: "quantize", flag: "--scheme" },
  run: async (invocation, args, flags) =>
    (await import("./commands/quantize.ts")).quantize(invocation, args[0] ?? "", flags as never),
};

const compile: CommandSpec = {
  name: "compile",
  args: [["<file>", "quantized network: .nir or .nir.json"]],
  summary: "check, map and emit a quantized network for a target",
  flags: [
    {
      flags: "--target <name>",
      about: "fpga, spinnaker2, nirkit-backend-NAME, a package or a path",
      required: true,
    },
    { flags: "-o, --out <dir>", about: "folder to write, whole or not at all", required: true },
    force,
  ],
  example: "nirkit compile model.q4.nir --target fpga -o build",
  refusal: "the target cannot run this network exactly; nothing is written",
  plugin: { kind: "backend", flag: "--target" },
  run: async (invocation, args, flags) =>
    (await import("./commands/compile.ts")).compile(invocation, args[0] ?? "", flags as never),
};

const verify: CommandSpec = {
  name: "verify",
  args: [["<dir>", "folder that nirkit compile wrote"]],
  summary: "prove the emitted artefacts equal to the golden integer network, spike by spike",
  flags: [
    data,
    {
      flags: "--tools <names>",
      about: "outside tools between commas, or none (default: all)",
      parse: nameList,
    },
    {
      flags: "--limit <n>",
      about: "first n samples; ENGINE=n for one engine (icarus=5), repeatable",
      parse: moreCounts,
    },
    { flags: "--target <name>", about: "back end that is not nirkit's own: a package or a path" },
    { flags: "--samples <n>", about: "random samples without --data", parse: integerFrom(1), standard: 4 },
    { flags: "--steps <n>", about: "steps of a random sample", parse: integerFrom(1), standard: 32 },
  ],
  example: "nirkit verify build --data test.npz --tools verilator,icarus",
  refusal: "a file was changed, or an artefact differs (the first place is named)",
  run: async (invocation, args, flags) =>
    (await import("./commands/verify.ts")).verify(invocation, args[0] ?? "", flags as never),
};

const demo: CommandSpec = {
  name: "demo",
  args: [],
  summary: "the whole path on a network and data that come with nirkit, ending in report.html",
  flags: [
    { flags: "-o, --out <dir>", about: "folder to write", standard: "nirkit-demo" },
    { flags: "--open", about: "open the report in the browser" },
  ],
  example: "nirkit demo --open",
  refusal: "a step failed",
  run: async (invocation, _args, flags) =>
    (await import("./commands/demo.ts")).demo(invocation, flags as never),
};

/** Every command, in the order of the help. */
export const commandTable: readonly CommandSpec[] = [
  inspect,
  validate,
  convert,
  diff,
  support,
  simulate,
  evaluate,
  quantize,
  compile,
  verify,
  demo,
];
