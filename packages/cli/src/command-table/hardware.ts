/** Commands that emit hardware and hold it against the integers. */
import type { CommandSpec, FlagSpec } from "../command.ts";
import { integerFrom, moreCounts, nameList, oneOf } from "../option-values.ts";
import { data, dataOptions, dt, force, limit } from "./shared-flags.ts";

const otherTarget: FlagSpec = {
  flags: "--target <name>",
  about: "back end that is not nirkit's own: a package or a path",
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
    {
      ...data,
      about:
        "samples to measure events on, for costs in report.html and options such as --target-fps: .npz with x, or DATASET:PATH",
    },
    dataOptions,
    limit,
    {
      flags: "--compare <study>",
      about:
        "pot-vs-uniform: quantize a float network in several ways, compare the designs (fpga, with --data)",
      parse: oneOf("pot-vs-uniform"),
    },
    { ...dt, about: "time step of the float network of --compare" },
    {
      flags: "--dialect <label>",
      about:
        "semantics of the float network of --compare, as nirkit dialects lists them (default: nir-euler)",
    },
    { flags: "--bits <n>", about: "stored weight bits of --compare (default: 4)", parse: integerFrom(2, 8) },
    {
      flags: "--input-bits <bits>",
      about: "width of multi-bit input of --compare (default: spikes)",
      parse: integerFrom(1, 16),
    },
    { flags: "--per-channel", about: "one scale per output channel in --compare" },
    {
      flags: "--tools <names>",
      about: "outside tools of --compare: yosys, icarus, or none (default: all that are installed)",
      parse: nameList,
    },
    {
      flags: "--designs <names>",
      about:
        "designs of --compare between commas, such as pot:4,uniform:8 (default: all); the first is compared with",
      parse: nameList,
    },
    {
      flags: "--toggle-cycles <n>",
      about: "cycles whose toggles --compare counts, after as many (default: two steps after one)",
      parse: integerFrom(100),
    },
    { flags: "--fmax", about: "place and route in --compare too (nextpnr-ice40)" },
    { flags: "-o, --out <dir>", about: "folder to write, whole or not at all", required: true },
    { flags: "--zip <file>", about: "the same files as one archive too" },
    force,
  ],
  example: "nirkit compile model.q4.nir --target fpga -o build",
  refusal: "the target cannot run this network exactly; nothing is written",
  plugin: { kind: "backend", flag: "--target" },
  run: async (invocation, args, flags) =>
    (await import("../commands/compile.ts")).compile(invocation, args[0] ?? "", flags as never),
};

const verify: CommandSpec = {
  name: "verify",
  args: [["<dir>", "folder that nirkit compile wrote"]],
  summary: "prove the emitted artefacts equal to the golden integer network, spike by spike",
  flags: [
    data,
    dataOptions,
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
    otherTarget,
    { flags: "--samples <n>", about: "random samples without --data", parse: integerFrom(1), standard: 4 },
    { flags: "--steps <n>", about: "steps of a random sample", parse: integerFrom(1), standard: 32 },
  ],
  example: "nirkit verify build --data test.npz --tools verilator,icarus",
  refusal: "a file was changed, or an artefact differs (the first place is named)",
  run: async (invocation, args, flags) =>
    (await import("../commands/verify.ts")).verify(invocation, args[0] ?? "", flags as never),
};

const estimate: CommandSpec = {
  name: "estimate",
  args: [["<dir>", "folder that nirkit compile wrote"]],
  summary: "what a deployment costs in area, memory, time and energy, each figure with method and source",
  flags: [
    { ...data, about: "samples whose events time and energy are counted for: .npz with x, or DATASET:PATH" },
    dataOptions,
    limit,
    {
      flags: "--yosys <which>",
      about:
        "count LUT, FF and memories by synthesis (fpga): native, wasm (the package @yowasp/yosys), or auto, which takes what is installed",
      parse: oneOf("auto", "native", "wasm"),
    },
    otherTarget,
  ],
  example: "nirkit estimate build --data test.npz",
  refusal: "the folder is no deployment, or its files were changed",
  run: async (invocation, args, flags) =>
    (await import("../commands/estimate.ts")).estimate(invocation, args[0] ?? "", flags as never),
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
    (await import("../commands/demo.ts")).demo(invocation, flags as never),
};

/** In the order of the help. */
export const hardwareCommands: readonly CommandSpec[] = [compile, verify, estimate, demo];
