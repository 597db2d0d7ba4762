/** Commands that run networks. */
import type { CommandSpec, FlagSpec } from "../command.ts";
import { dialectLabels, integerFrom, moreNames, nameList, oneOf } from "../option-values.ts";
import { data, dataOptions, dialect, dt, force, limit, workers } from "./shared-flags.ts";

const input: FlagSpec = {
  flags: "--input <data>",
  about:
    ".npz with input (or x) [time, ...] or [samples, time, ...], an .npy, or DATASET:PATH; with several Input nodes one key each",
  required: true,
};
const precision: FlagSpec = {
  flags: "--precision <type>",
  about: "element type of the state: f32 or f64",
  parse: oneOf("f32", "f64"),
  standard: "f32",
};

const simulate: CommandSpec = {
  name: "simulate",
  args: [["<file>", "network: .nir or .nir.json"]],
  summary: "run the float reference simulation and record signals",
  flags: [
    input,
    dataOptions,
    limit,
    dialect,
    dt,
    {
      flags: "--record <signals>",
      about: "all, or some of out,v,vpre,i between commas",
      parse: nameList,
      standard: ["out"],
    },
    { flags: "--node <names>", about: "record these nodes only, by path (block/lif)", parse: moreNames },
    { flags: "--neurons <list>", about: "record these neurons only, by row-major position", parse: nameList },
    { flags: "--from <step>", about: "first step that is recorded", parse: integerFrom(0) },
    { flags: "--to <step>", about: "step before which recording ends", parse: integerFrom(1) },
    { flags: "--every <n>", about: "record every n-th step", parse: integerFrom(1) },
    precision,
    workers,
    {
      flags: "-o, --out <file>",
      about: ".npz to write, with keys NODE/out, NODE/v, NODE/vpre, NODE/i",
    },
    {
      flags: "--stream <dir>",
      about: "write records to .npy files of this folder as they come, instead of --out: for long runs",
    },
    force,
  ],
  example:
    "nirkit simulate model.nir --input x.npz --dialect nir-euler --dt 1e-3 --record all --out trace.npz",
  refusal: "network, input or time step cannot be used; nothing is written",
  run: async (invocation, args, flags) =>
    (await import("../commands/simulate.ts")).simulate(invocation, args[0] ?? "", flags as never),
};

const evaluate: CommandSpec = {
  name: "evaluate",
  args: [["<file>", "network; engines other than float need a quantized one"]],
  summary: "accuracy, confusion, synaptic operations, sparsity and rates on labelled samples",
  flags: [
    { ...data, required: true },
    dataOptions,
    {
      flags: "--engine <name>",
      about: "float, integer, or a back end (fpga, spinnaker2)",
      standard: "float",
    },
    dialect,
    dt,
    limit,
    { flags: "--output <node>", about: "Output node to read the class from" },
    workers,
    { flags: "--counts", about: "list spike counts and class of every sample in --json" },
  ],
  example: "nirkit evaluate model.nir --data test.npz --dt 1e-3",
  refusal: "network, data or time step cannot be used",
  plugin: { kind: "backend", flag: "--engine", except: ["float", "integer"] },
  run: async (invocation, args, flags) =>
    (await import("../commands/evaluate.ts")).evaluate(invocation, args[0] ?? "", flags as never),
};

const compare: CommandSpec = {
  name: "compare",
  args: [["<file>", "network: .nir or .nir.json"]],
  summary: "where two dialects part on one input: node, step, neuron, and the option that causes it",
  flags: [
    {
      flags: "--dialects <a,b,...>",
      about: "two labels or more between commas; each is compared with the first (names: nirkit dialects)",
      parse: dialectLabels,
      required: true,
    },
    input,
    dataOptions,
    limit,
    dt,
    precision,
  ],
  example: "nirkit compare model.nir --dialects nir-euler,norse --input x.npz --dt 1e-3",
  refusal: "network, input or a dialect cannot be used (that dialects differ is an answer: 0)",
  run: async (invocation, args, flags) =>
    (await import("../commands/compare.ts")).compare(invocation, args[0] ?? "", flags as never),
};

const dialects: CommandSpec = {
  name: "dialects",
  args: [["[label]", "dialect to explain, option by option: NAME[@dt=X][+subtract][+old][+zero_signal]"]],
  summary: "list the dialects with their meaning, or every option of one",
  flags: [],
  example: "nirkit dialects norse",
  refusal: "there is no such dialect",
  run: async (invocation, args) => (await import("../commands/dialects.ts")).dialects(invocation, args[0]),
};

/** In the order of the help. */
export const runCommands: readonly CommandSpec[] = [simulate, evaluate, compare, dialects];
