/**
 * Which frameworks import which NIR nodes, and what they make of them: one record per framework, read in its source or
 * checked by running it (NIRTorch 2604ce2, Norse 065a3b4, snnTorch 634fc22, Sinabs 904eb89, Rockpool 42cee1c,
 * SpikingJelly afb1322, Spyx 38374e9, lava-dl d825ac5, Nengo 43e46ed, the NIR importer of py-spinnaker2). A type that
 * nobody looked at is said to be unknown, not guessed.
 */
import { type NirNode, type NodeType, tensorParam, toFloat64 } from "@nirkit/graph";

/** What a record says of a node: it stops the import, or it runs as something else. */
interface ImportRule {
  readonly types: readonly NodeType[];
  readonly effect: "refused" | "changed";
  /** True for nodes that the rule speaks of; all of the types when left out. */
  readonly when?: (node: NirNode, where: NodeContext) => boolean;
  readonly what: string;
  readonly hint?: string;
}

/** What a rule may ask about the surroundings of a node. */
interface NodeContext {
  /** The node lies on a loop. */
  readonly recurrent: boolean;
}

/** The record of one framework. */
export interface Importer {
  readonly target: string;
  readonly imports: readonly NodeType[];
  readonly refuses: readonly NodeType[];
  readonly rules: readonly ImportRule[];
}

const values = (node: NirNode, param: string): Float64Array => {
  const tensor = tensorParam(node, param);
  return tensor === undefined ? new Float64Array(0) : toFloat64(tensor);
};
/** Some value of the parameter is another than `value`. */
const differs = (param: string, value: number) => (node: NirNode) =>
  values(node, param).some((v) => v !== value);
/** Close to, as far as float32 files carry it. */
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-5 * Math.abs(b);
const padded = (node: NirNode): boolean =>
  "padding" in node && typeof node.padding !== "string" && [node.padding].flat().some((p) => p !== 0);
const sameStrided = (node: NirNode): boolean =>
  "padding" in node &&
  node.padding === "same" &&
  "stride" in node &&
  [node.stride].flat().some((s) => s !== 1);

const spiking: readonly NodeType[] = ["IF", "LIF", "CubaLIF"];
const leaky: readonly NodeType[] = ["LI", "LIF", "CubaLI", "CubaLIF"];

const resetDropped = (types: readonly NodeType[], to: string): ImportRule => ({
  types,
  effect: "changed",
  when: differs("vReset", 0),
  what: `v_reset is not read: a spike resets ${to}`,
});
const leakMustBeZero = (types: readonly NodeType[] = leaky): ImportRule => ({
  types,
  effect: "refused",
  when: differs("vLeak", 0),
  what: "v_leak has to be 0",
  hint: "Fold v_leak into the bias of the layer before",
});
const stepPerInput: ImportRule = {
  types: ["IF"],
  effect: "changed",
  what: "one step adds the input as it is, without r and dt: the same only where r dt = 1",
};
const recurrentBiasDropped: ImportRule = {
  types: ["Affine"],
  effect: "changed",
  when: (node, { recurrent }) => recurrent && differs("bias", 0)(node),
  what: "the bias of a recurrent Affine is dropped",
};

/** Holds for every framework: PyTorch and the others refuse it. */
const everywhere: readonly ImportRule[] = [
  {
    types: ["Conv1d", "Conv2d"],
    effect: "refused",
    when: sameStrided,
    what: 'padding "same" with a stride is undefined',
    hint: "Write the padding as numbers",
  },
];

const norse: Importer = {
  target: "norse",
  // Run: the LIF, both Braille and the N-MNIST graphs of the NIR paper, and seven small nets.
  imports: ["Affine", "Conv2d", "SumPool2d", "Flatten", "IF", "LI", "LIF", "CubaLIF"],
  refuses: ["I", "CubaLI", "Delay", "Scale", "Threshold"],
  rules: [
    { types: ["LIF"], effect: "changed", when: differs("r", 1), what: "r is ignored, with a warning" },
    { types: ["SumPool2d"], effect: "changed", when: padded, what: "padding is ignored" },
    {
      types: ["CubaLIF"],
      effect: "changed",
      when: differs("vLeak", 0),
      what: "the synaptic current starts at v_leak and decays to it",
    },
    stepPerInput,
    {
      types: ["Flatten"],
      effect: "changed",
      what: "axes are counted with the batch axis: only batches of 1 work",
    },
    resetDropped(spiking, "to 0"),
  ],
};

const snntorch: Importer = {
  target: "snntorch",
  // Its importer fixes dt = 1e-4 and folds the gain into the threshold.
  imports: ["Affine", "LIF", "CubaLIF"],
  refuses: [],
  rules: [
    {
      types: ["IF"],
      effect: "refused",
      what: "it becomes a Leaky with beta 0.9 that returns a tuple, on which the graph stops",
      hint: "snnTorch issue #416, mended by pull request #452",
    },
    {
      types: spiking,
      effect: "refused",
      when: (node) => values(node, "vThreshold").some((v, _, all) => v !== all[0]),
      what: "a layer has to have one threshold",
    },
    leakMustBeZero(["LIF", "CubaLIF"]),
    {
      types: ["CubaLIF"],
      effect: "refused",
      when: (node) => {
        const r = values(node, "r");
        return values(node, "tauMem").some((tau, i) => !near((r[i] ?? r[0] ?? 0) * 1e-4, tau));
      },
      what: "r has to be tau_mem / dt with dt = 1e-4",
    },
    {
      types: ["CubaLIF"],
      effect: "refused",
      when: (_, { recurrent }) => recurrent,
      what: "recurrent cells fail: the graph cannot be constructed, RSynaptic raises without reset delay",
    },
    resetDropped(["LIF", "CubaLIF"], "to 0"),
  ],
};

const sinabs: Importer = {
  target: "sinabs",
  // Run: six small nets and N-MNIST-like inputs. The importer's list of what it lacks is complete.
  imports: ["Affine", "Conv2d", "SumPool2d", "Flatten", "IF", "LI", "LIF"],
  refuses: ["CubaLIF", "CubaLI", "I", "Threshold", "Delay", "Scale", "Linear", "AvgPool2d"],
  rules: [
    leakMustBeZero(["LIF"]),
    { types: ["SumPool2d"], effect: "changed", when: padded, what: "padding is ignored" },
    {
      types: ["LIF", "LI"],
      effect: "changed",
      when: differs("r", 1),
      what: "r is not used: the input moves the membrane as it is",
    },
    stepPerInput,
    resetDropped(["IF", "LIF"], "by subtracting the threshold"),
  ],
};

const rockpool: Importer = {
  target: "rockpool",
  imports: ["Linear", "Affine", "LIF", "CubaLIF"],
  refuses: ["IF"],
  rules: [recurrentBiasDropped, resetDropped(["LIF", "CubaLIF"], "by subtracting the threshold")],
};

const spikingjelly: Importer = {
  target: "spikingjelly",
  // Complete: "only IF, LIF, dense, Conv2d, AvgPool2d, Flatten".
  imports: ["IF", "LIF", "Affine", "Linear", "Conv2d", "AvgPool2d", "Flatten"],
  refuses: ["I", "LI", "CubaLI", "CubaLIF", "Conv1d", "SumPool2d", "Scale", "Threshold", "Delay"],
  rules: [
    {
      types: ["LIF"],
      effect: "refused",
      when: (node) => {
        const leak = values(node, "vLeak");
        return values(node, "vReset").some((v, i) => v !== (leak[i] ?? leak[0]));
      },
      what: "v_reset has to equal v_leak",
    },
    {
      types: ["IF"],
      effect: "refused",
      when: (node) => values(node, "r").some((r) => !near(r, 1e4)),
      what: "r has to be 1 / dt, 10000 with the importer's usual dt = 1e-4",
    },
  ],
};

const spyx: Importer = {
  target: "spyx",
  imports: ["Linear", "Affine", "IF", "LIF", "CubaLIF"],
  refuses: [],
  rules: [
    { types: ["LIF", "CubaLIF"], effect: "changed", when: differs("r", 1), what: "r and w_in are ignored" },
    { types: leaky, effect: "changed", when: differs("vLeak", 0), what: "v_leak is not read" },
    stepPerInput,
    recurrentBiasDropped,
    resetDropped(["LIF", "CubaLIF"], "by subtracting the threshold"),
  ],
};

const lavaDl: Importer = {
  target: "lava-dl",
  imports: ["Affine", "IF", "LIF", "CubaLIF"],
  refuses: [],
  rules: [leakMustBeZero(), stepPerInput, recurrentBiasDropped, resetDropped(["CubaLIF", "LIF"], "to 0")],
};

const nengo: Importer = {
  target: "nengo",
  imports: ["Affine", "IF", "LIF", "CubaLIF"],
  refuses: [],
  rules: [
    { types: ["LIF"], effect: "refused", when: differs("r", 1), what: "r has to be 1" },
    leakMustBeZero(["LIF"]),
    stepPerInput,
    resetDropped(spiking, "to 0"),
  ],
};

const pySpinnaker2: Importer = {
  target: "py-spinnaker2",
  imports: ["Affine", "Conv2d", "SumPool2d", "Flatten", "IF", "LIF", "CubaLIF"],
  refuses: [],
  rules: [
    {
      types: ["Conv2d"],
      effect: "changed",
      when: (node) =>
        node.type === "Conv2d" &&
        "groups" in node &&
        (node.groups !== 1 || node.dilation.some((d) => d !== 1)),
      what: "dilation and groups are ignored",
    },
    {
      types: ["Affine", "Conv2d"],
      effect: "changed",
      what: "weights become int8, truncated toward zero",
    },
    stepPerInput,
    resetDropped(spiking, "to 0, or by subtracting the threshold"),
  ],
};

/** hxtorch and jaxsnn take three types and no others. */
const threeTypes = (target: string): Importer => ({
  target,
  imports: ["Linear", "CubaLI", "CubaLIF"],
  refuses: [
    "Affine",
    "Scale",
    "Conv1d",
    "Conv2d",
    "AvgPool2d",
    "SumPool2d",
    "Flatten",
    "Delay",
    "Threshold",
    "I",
    "LI",
    "IF",
    "LIF",
  ],
  rules: [],
});

/** All records, by name of the framework. */
export const importers: ReadonlyMap<string, Importer> = new Map(
  [
    norse,
    snntorch,
    sinabs,
    rockpool,
    spikingjelly,
    spyx,
    lavaDl,
    nengo,
    pySpinnaker2,
    threeTypes("hxtorch"),
    threeTypes("jaxsnn"),
  ]
    .map((importer) => ({ ...importer, rules: [...everywhere, ...importer.rules] }))
    .map((importer) => [importer.target, importer]),
);
