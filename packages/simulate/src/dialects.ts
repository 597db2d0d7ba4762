/**
 * The named dialects, and their labels `NAME[@dt=X][+subtract][+old][+zero_signal]`.
 *
 * Each record says what a framework or chip computes after it imported a NIR file, checked by running the release that
 * `import-table.ts` names, or read in its source.
 */
import { NirkitError } from "@nirkit/graph";
import { simulateDiagnostic } from "./diagnostics.ts";
import type { Dialect, DialectOptions } from "./dialect.ts";

const nirEuler: Dialect = {
  name: "nir-euler",
  summary: "The NIR equations in forward Euler steps; nirkit's reference",
  usualDt: 1e-4,
  leak: "euler",
  gain: "nir",
  cubaGain: "nir",
  ifGain: "dt",
  ifDecay: 1,
  cubaOrder: "new",
  decayPlace: "first",
  compare: "gt",
  reset: "value",
  multiSpike: false,
  vFloor: "none",
  fire: "after",
  doubleResetGuard: false,
  vInit: "zero",
  useR: true,
  useVReset: true,
  useVLeak: true,
  leakPath: "target",
  synLeak: false,
  feedbackT0: "zeroSpikes",
  recurrentBias: "kept",
  links: "same-step",
  biasPath: "synapse",
  weightQuant: "none",
  arithmetic: "float",
};

const nirExp: Dialect = {
  ...nirEuler,
  name: "nir-exp",
  summary: "The NIR equations with exponential decay, exact for input that is constant over a step",
  leak: "exp",
};

const norse: Dialect = {
  ...nirEuler,
  name: "norse",
  summary: "Norse after from_nir: r of LIF ignored, synapses leak toward v_leak, loops start at 0",
  usualDt: 1e-3,
  ifGain: "step",
  useR: false,
  useVReset: false,
  vInit: "vLeak",
  synLeak: true,
  feedbackT0: "zeroSignal",
};

const snntorch: Dialect = {
  ...nirEuler,
  name: "snntorch",
  summary:
    "snnTorch with reset_delay=False after import_from_nir; membranes in NIR units, not divided by the gain",
  ifGain: "step",
  ifDecay: 0.9,
  useVReset: false,
  doubleResetGuard: true,
};

const snntorch2026: Dialect = {
  ...snntorch,
  name: "snntorch-2026",
  summary: "snnTorch since July 2026: the threshold of CubaLIF is no longer scaled by the gain",
  cubaGain: "raw",
};

const sinabs: Dialect = {
  ...nirEuler,
  name: "sinabs",
  summary:
    "Sinabs after from_nir: several spikes per step, threshold subtracted, IF bounded below; tau counts in steps",
  usualDt: 1,
  leak: "exp",
  gain: "raw",
  cubaGain: "raw",
  ifGain: "step",
  compare: "ge",
  reset: "subtract",
  multiSpike: true,
  vFloor: "-thr",
  useVReset: false,
  useVLeak: false,
};

const rockpool: Dialect = {
  ...nirEuler,
  name: "rockpool",
  summary:
    "Rockpool's LIFTorch: current decays after its input, several spikes per step, threshold subtracted",
  leak: "exp",
  gain: "raw",
  cubaGain: "raw",
  ifGain: "step",
  decayPlace: "last",
  compare: "ge",
  reset: "subtract",
  multiSpike: true,
  useR: false,
  useVReset: false,
  leakPath: "bias",
  recurrentBias: "dropped",
};

const spikingjelly: Dialect = {
  ...nirEuler,
  name: "spikingjelly",
  summary: "SpikingJelly: fires on equality, LIF starts at v_reset, loops start at 0",
  ifGain: "step",
  compare: "ge",
  vInit: "vReset",
  feedbackT0: "zeroSignal",
};

const spyx: Dialect = {
  ...nirEuler,
  name: "spyx",
  summary: "Spyx of 2023: spikes of the state that the step before left, threshold always subtracted",
  usualDt: 1,
  cubaGain: "raw",
  ifGain: "step",
  reset: "subtract",
  fire: "before",
  useVReset: false,
  useVLeak: false,
};

const lavaDl: Dialect = {
  ...nirEuler,
  name: "lava-dl",
  summary: "lava-dl's CUBA neuron: 12-bit decays, integer state, no bias on loops",
  ifGain: "step",
  useVReset: false,
  feedbackT0: "zeroSignal",
  recurrentBias: "dropped",
  arithmetic: "fixed-12",
};

const spinnaker2: Dialect = {
  ...nirEuler,
  name: "spinnaker2",
  summary:
    "SpiNNaker2 through py-spinnaker2: int8 weights, one tick per link, biases as an offset of the membrane",
  usualDt: 1,
  compare: "ge",
  ifGain: "stepR",
  useVReset: false,
  links: "one-step",
  biasPath: "membrane",
  weightQuant: "int8-trunc-127",
};

const spinnaker2Float: Dialect = {
  ...spinnaker2,
  name: "spinnaker2-float",
  summary: "spinnaker2 with the weights as they are in the file",
  weightQuant: "none",
};

const nengo: Dialect = {
  ...nirExp,
  name: "nengo",
  summary:
    "Nengo with the importer of the NIR paper: exponential decay, membrane not below 0, no refractory time",
  usualDt: 1e-3,
  ifGain: "step",
  useVReset: false,
  vFloor: "0",
};

/** All dialects by name. */
export const dialects: ReadonlyMap<string, Dialect> = new Map(
  [
    nirEuler,
    nirExp,
    norse,
    snntorch,
    sinabs,
    rockpool,
    spikingjelly,
    spyx,
    lavaDl,
    spinnaker2,
    nengo,
    snntorch2026,
    spinnaker2Float,
  ].map((d) => [d.name, d]),
);

const modifiers: ReadonlyMap<string, Partial<DialectOptions>> = new Map<string, Partial<DialectOptions>>([
  ["subtract", { reset: "subtract" }],
  ["old", { cubaOrder: "old" }],
  ["zero_signal", { feedbackT0: "zeroSignal" }],
]);

/**
 * The dialect of a label.
 *
 * @param label `NAME[@dt=X][+subtract][+old][+zero_signal]`
 * @throws E_UNKNOWN_DIALECT, E_UNKNOWN_MODIFIER, both with the list of the known ones; E_DT_VALUE
 * @example parseDialect("nir-euler+subtract").reset // "subtract"
 * @example parseDialect("nir-euler@dt=1").dt // 1
 */
export function parseDialect(label: string): Dialect {
  const [name = "", ...words] = label.replaceAll("@", "+@").split("+");
  const base = dialects.get(name);
  if (base === undefined)
    throw new NirkitError([
      simulateDiagnostic("E_UNKNOWN_DIALECT", "dialect", { name, known: [...dialects.keys()] }),
    ]);
  const known = [...modifiers.keys()];
  const steps = words.filter((word) => word.startsWith("@dt="));
  const unknown = words.filter((word) => !modifiers.has(word) && !word.startsWith("@dt="));
  if (unknown.length > 0)
    throw new NirkitError(
      unknown.map((modifier) => simulateDiagnostic("E_UNKNOWN_MODIFIER", "dialect", { modifier, known })),
    );
  const dt = labelDt(steps);
  // One order of modifiers, so that equal dialects have equal names.
  const used = known.filter((word) => words.includes(word));
  return Object.assign({}, base, ...used.map((word) => modifiers.get(word)), {
    name: [dt === undefined ? name : `${name}@dt=${dt}`, ...used].join("+"),
    ...(dt === undefined ? {} : { dt }),
  }) as Dialect;
}

function labelDt(words: readonly string[]): number | undefined {
  const given = new Set(words.map((word) => (word === "@dt=" ? Number.NaN : Number(word.slice(4)))));
  const [dt, other] = given;
  if (dt === undefined) return undefined;
  if (other !== undefined)
    throw new NirkitError([
      simulateDiagnostic("E_DT_CONFLICT", "dialect", { given: other, stored: dt, where: "the label" }),
    ]);
  if (!(dt > 0 && Number.isFinite(dt)))
    throw new NirkitError([simulateDiagnostic("E_DT_VALUE", "dialect", { dt })]);
  return dt;
}
