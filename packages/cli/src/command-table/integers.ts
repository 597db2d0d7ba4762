/** Commands that turn networks into integers. */
import type { CommandSpec } from "../command.ts";
import { integerFrom, moreTexts, oneOf, positiveNumber } from "../option-values.ts";
import { dataOptions, dt, force, limit } from "./shared-flags.ts";

const quantize: CommandSpec = {
  name: "quantize",
  args: [["<file>", "float network: .nir or .nir.json"]],
  summary: "turn weights, thresholds and leaks into exact integers (post-training quantization)",
  flags: [
    {
      flags: "--scheme <name[:bits]>",
      about:
        "uniform, ternary, binary, dorefa, duq, sigmoid-steps, plus-minus, pot, apot, sbit, slots, deepshift or mint; nirkit-quantize-NAME, a package or a path",
      required: true,
    },
    {
      flags: "--preset <name>",
      about: "rule of a target: dynapcnn, xylo-global, xylo-channel, loihi, spinnaker2",
    },
    { flags: "--per-channel", about: "one scale per output channel: the same as --axis 0" },
    {
      flags: "--node <pattern=what>",
      about:
        "other choices for some nodes, repeatable, later ones win: 'conv*=uniform:8', 'fc1=bits=4+axis=0', 'lif*=membrane=8', 'lif2=state-bits=12'",
      parse: moreTexts,
    },
    {
      flags: "--calibrate <data>",
      about:
        "samples to measure rates and inputs on, and to search with: .npz with x (and y), or DATASET:PATH",
    },
    dataOptions,
    limit,
    {
      flags: "--search <how>",
      about:
        "clip percentiles and thresholds by --calibrate: percentile (spike counts), membrane (potentials, accuracy) or none",
      parse: oneOf("none", "percentile", "membrane"),
    },
    { flags: "--second-order", about: "weights make good for the rounding of the others; needs --calibrate" },
    {
      flags: "--dialect <label>",
      about:
        "semantics to fold, as nirkit dialects lists them; usually nir-euler, nir-exp, each with +subtract, +old (default: as trained, else nir-euler)",
    },
    dt,
    {
      flags: "--membrane <how>",
      about:
        "what is stored of a membrane: 2 to 32 bits, im-snn[:LOWEST], or mint:BITS (default: what its bound needs)",
    },
    {
      flags: "--membrane-bits <bits>",
      about: "width of the state, its fractional bits as they are",
      parse: integerFrom(2, 32),
    },
    { flags: "--leak-frac <bits>", about: "fractional bits of the membrane", parse: integerFrom(0, 24) },
    { flags: "--leak-form <form>", about: "decay by multiplier or by shift", parse: oneOf("mul", "shift") },
    { flags: "--leak-bits <bits>", about: "bits of the decay multiplier", parse: integerFrom(1, 24) },
    { flags: "--leak-round <mode>", about: "floor, zero or rne", parse: oneOf("floor", "zero", "rne") },
    {
      flags: "--tau-tolerance <x>",
      about: "most relative change of a time constant (default: 0.01)",
      parse: positiveNumber,
    },
    {
      flags: "--threshold <mode>",
      about: "threshold of a subtract reset: aligned, round or fraction",
      parse: oneOf("aligned", "round", "fraction"),
    },
    {
      flags: "--joint <how>",
      about: "projections into one population: one scale (equal), or apart by powers of two (shift)",
      parse: oneOf("equal", "shift"),
    },
    {
      flags: "--overflow <how>",
      about: "states sat, or wrap where that is proven impossible",
      parse: oneOf("sat", "wrap"),
    },
    {
      flags: "--accumulator-bits <bits>",
      about: "width that input sums may need (default: 32)",
      parse: integerFrom(2, 32),
    },
    {
      flags: "--input-bits <bits>",
      about: "width of multi-bit input (default: spikes, or what --calibrate shows)",
      parse: integerFrom(1, 16),
    },
    {
      flags: "--input-scale <s>",
      about: "real value of one input step (default: from the data)",
      parse: positiveNumber,
    },
    { flags: "--input-signed", about: "multi-bit input has a sign" },
    {
      flags: "--steps <n>",
      about: "length of a sample: bounds states without leak",
      parse: integerFrom(1),
    },
    { flags: "-o, --out <file>", about: "network to write: .nir or .nir.json", required: true },
    force,
  ],
  example: "nirkit quantize model.nir --scheme uniform:4 --per-channel --dt 1e-3 -o model.q4.nir",
  refusal: "the network cannot be quantized as asked; nothing is written",
  plugin: { kind: "quantize", flag: "--scheme" },
  run: async (invocation, args, flags) =>
    (await import("../commands/quantize.ts")).quantize(invocation, args[0] ?? "", flags as never),
};

/** In the order of the help. */
export const integerCommands: readonly CommandSpec[] = [quantize];
