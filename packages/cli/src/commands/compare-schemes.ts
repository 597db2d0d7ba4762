/** `nirkit compile --compare pot-vs-uniform`: one float network with powers of two and with uniform weights, side by side. */

import type { VirtualFile } from "@nirkit/backend";
import { processTools } from "@nirkit/backend/node";
import {
  type ComparedVariant,
  type CompareOptions,
  type ComparisonReport,
  comparePlans,
  emitFpga,
  type FpgaOptions,
  planFpga,
} from "@nirkit/backend-fpga";
import { type NirGraph, NirkitError, type NirNode, type PassContext, type Sample } from "@nirkit/graph";
import { writeNir } from "@nirkit/hdf5";
import { lower } from "@nirkit/network";
import { type QuantizeOptions, quantizeGraph } from "@nirkit/quantize";
import { pot } from "@nirkit/quantize-pot";
import { uniform } from "@nirkit/quantize-uniform";
import { createSimulator, parseDialect, type Simulator } from "@nirkit/simulate";
import { comparisonText } from "../comparison-text.ts";
import { allSamples, type DataFlags, openSamples } from "../data-argument.ts";
import { cliDiagnostic } from "../diagnostics.ts";
import { integerEngine, isQuantized } from "../engine.ts";
import { evaluateSamples, outputOf } from "../evaluation.ts";
import type { Invocation } from "../invocation.ts";
import { openModel } from "../model-file.ts";
import { assertFolder, type FolderManifest, writeFolder } from "../output-folder.ts";
import type { AnyQuantizer } from "../plugin.ts";
import { assertStep } from "../time-step.ts";
import { usageError } from "../usage-error.ts";
import { toolsWithYosys } from "../yosys-runner.ts";

/** What is compared; beyond the options of the target. */
export interface CompareSchemesFlags extends DataFlags {
  readonly data?: string;
  readonly dt?: number;
  /** Semantics of the float network; default nir-euler. */
  readonly dialect?: string;
  /** Width of the stored weights of both kinds; default 4. */
  readonly bits?: number;
  /** Width of multi-bit input; without, spikes. */
  readonly inputBits?: number;
  /** One scale per output channel. */
  readonly perChannel?: boolean;
  /** Clock by place and route. */
  readonly fmax?: boolean;
  /** Labels of the designs to compare, of `pot:4`, `uniform:4` and so on; default all. */
  readonly designs?: readonly string[];
  /** Cycles of the netlist whose toggles are counted, after as many; default two steps after one. */
  readonly toggleCycles?: number;
  /** Outside tools to use, of yosys and icarus; default all, `none` for none. */
  readonly tools?: readonly string[];
  readonly out: string;
  readonly force?: boolean;
}

/** One way to store the weights. */
interface Scheme {
  readonly label: string;
  readonly quantizer: AnyQuantizer;
  readonly bits: number;
  readonly mul: "lut" | "dsp";
  /** Share of the weights that are set to 0 first, the smallest. */
  readonly masked: number;
}

/** Samples that calibrate inputs and rates, and that the exact cycle model takes. */
const calibrationSamples = 64;
const cycleSamples = 32;

/** How a folder of a comparison is known. */
const comparisonFolder: FolderManifest = {
  name: "comparison.json",
  scratch: [],
  listed: (text) => (JSON.parse(text) as { readonly files: readonly string[] }).files,
};

/**
 * Quantizes a float network with pot and uniform weights of equal width and with 8-bit uniform ones, masks half of the
 * weights by magnitude in three more, with `sparse` or `skipZeroRows` also without their zeros, plans all of them alike and measures them; writes every design, the quantized
 * networks and `comparison.json`.
 */
export async function compareSchemes(
  invocation: Invocation,
  file: string,
  options: FpgaOptions,
  flags: CompareSchemesFlags,
): Promise<number> {
  const { data } = flags;
  if (data === undefined) throw usageError("--data", "Is needed with --compare", "Give samples with labels");
  const schemes = chosenSchemes(flags);
  const out = invocation.path(flags.out);
  await assertFolder(out, flags.force === true, comparisonFolder);
  const { graph, diagnostics } = await openModel(invocation.path(file));
  await invocation.note(diagnostics);
  if (isQuantized(graph))
    throw usageError(
      "--compare",
      "Takes a float network, which it quantizes itself",
      "Give the float network",
    );
  assertStep(graph, flags.dt);
  const output = outputOf(graph, undefined);
  const { cwd } = invocation.terminal;
  const use = { graph, cwd, flag: "--data", form: "labelled", classes: output.classes } as const;
  const source = await openSamples(data, use, flags);
  await invocation.note(source.diagnostics);
  if (!source.labelled) throw new NirkitError([cliDiagnostic("E_DATA_NO_LABELS", data, {})]);
  const samples = await allSamples(source);
  const made: { readonly variant: ComparedVariant; readonly files: readonly VirtualFile[] }[] = [];
  for (const scheme of schemes) {
    invocation.say(`${scheme.label}: quantize, evaluate`);
    made.push(...(await variantsOf(scheme, { graph, samples, options, flags, output: output.name })));
  }
  const isInstalled = (await processTools().version("yosys")) !== undefined;
  const tools = await toolsWithYosys("auto", invocation.terminal.cwd);
  const has = async (name: string, command: string): Promise<boolean> =>
    (flags.tools ?? [name]).includes(name) && (await tools.version(command)) !== undefined;
  const report = await comparePlans(
    made.map(({ variant }) => variant),
    samples.slice(0, cycleSamples).map(({ input }) => input),
    (await has("yosys", "yosys")) ? tools : undefined,
    {
      // The models of the cells that toggle are files of an installed Yosys.
      toggles: isInstalled && (await has("icarus", "iverilog")),
      fmax: flags.fmax === true,
      ...windowOf(flags),
      progress: (label, what) => invocation.say(`${label}: ${what}`),
    },
  );
  await finish(
    invocation,
    out,
    flags,
    report,
    made.flatMap(({ files }) => files),
  );
  return 0;
}

async function finish(
  invocation: Invocation,
  out: string,
  flags: CompareSchemesFlags,
  report: ComparisonReport,
  files: readonly VirtualFile[],
): Promise<void> {
  const document = { ...report, files: files.map(({ path }) => path) };
  const listing = { path: comparisonFolder.name, content: `${JSON.stringify(document, null, 2)}\n` };
  await writeFolder(out, [...files, listing], flags.force === true, comparisonFolder);
  invocation.document({ ok: true, out: flags.out, ...report, diagnostics: invocation.noted() });
  invocation.print(comparisonText(report));
  invocation.print(`\n${report.designs.length} designs and comparison.json in ${flags.out}`);
}

function windowOf({ toggleCycles: cycles }: CompareSchemesFlags): Pick<CompareOptions, "window"> {
  return cycles === undefined ? {} : { window: { warmUp: cycles, cycles } };
}

/** The schemes that are asked for, each once, in the order of all. */
function chosenSchemes(flags: CompareSchemesFlags): readonly Scheme[] {
  const all = schemesOf(flags);
  const { designs = all.map(({ label }) => label) } = flags;
  const unknown = designs.find((name) => !all.some(({ label }) => label === name));
  if (unknown !== undefined)
    throw usageError(
      "--designs",
      `"${unknown}" is none of this study`,
      `Give some of ${all.map(({ label }) => label).join(", ")}`,
    );
  return all.filter(({ label }) => designs.includes(label));
}

/** Multipliers in DSP blocks are of interest where there are products. */
function schemesOf({ bits = 4, inputBits }: CompareSchemesFlags): readonly Scheme[] {
  const scheme = (
    name: "pot" | "uniform",
    width: number,
    more: Partial<Pick<Scheme, "mul" | "masked">> = {},
  ): Scheme => {
    const { mul = "lut", masked = 0 } = more;
    const words = [`${name}:${width}`, ...(mul === "dsp" ? ["dsp"] : []), ...(masked > 0 ? ["masked"] : [])];
    // Each scheme checks its own parameters.
    const quantizer = (name === "pot" ? pot : uniform) as unknown as AnyQuantizer;
    return { label: words.join(" "), quantizer, bits: width, mul, masked };
  };
  const widths = bits === 8 ? [8] : [bits, 8];
  return [
    scheme("pot", bits),
    ...widths.map((width) => scheme("uniform", width)),
    ...(inputBits === undefined ? [] : widths.map((width) => scheme("uniform", width, { mul: "dsp" }))),
    scheme("pot", bits, { masked: 0.5 }),
    ...widths.map((width) => scheme("uniform", width, { masked: 0.5 })),
  ];
}

interface VariantRequest {
  readonly graph: NirGraph;
  readonly samples: readonly Sample[];
  readonly options: FpgaOptions;
  readonly flags: CompareSchemesFlags;
  readonly output: string;
}

/** A design of a scheme, and what is written of it. */
interface MadeVariant {
  readonly variant: ComparedVariant;
  readonly files: readonly VirtualFile[];
}

/** Every scheme with dense rows; where rows without their zeros are asked for, with those too. */
async function variantsOf(
  { label, quantizer, bits, mul, masked }: Scheme,
  { graph, samples, options, flags, output }: VariantRequest,
): Promise<readonly MadeVariant[]> {
  const dialect = parseDialect(flags.dialect ?? "nir-euler");
  const dt = flags.dt ?? dialect.dt;
  const simulators = new WeakMap<NirGraph, Simulator>();
  const context: PassContext = {
    calibration: samples.slice(0, calibrationSamples),
    simulate: (of, input, record) => {
      const known = simulators.get(of) ?? createSimulator(of, { dialect, dt });
      simulators.set(of, known);
      return known.run(input, record);
    },
  };
  const given = { bits, ...(flags.perChannel === true ? { axis: 0 } : {}) };
  const driver: QuantizeOptions<unknown> = {
    params: quantizer.params.parse(given),
    dt,
    convention: dialect,
    inputBits: flags.inputBits,
  };
  const result = await quantizeGraph(maskedGraph(graph, masked), quantizer, driver, context);
  const engine = await integerEngine(result.graph, label);
  const { accuracy } = await evaluateSamples(engine, result.graph, samples, { output });
  const network = lower(result.graph);
  const model = await writeNir(result.graph);
  const made = (name: string, rows: Pick<FpgaOptions, "sparse" | "skipZeroRows">): MadeVariant => {
    const plan = planFpga(network, { ...options, ...rows, mul });
    const folder = name.replaceAll(/[: ]/g, "-");
    // Products in DSP blocks have no weighted toggles; masks change what toggles, not what is built.
    const families = mul === "dsp" ? { families: ["xc7"] as const } : {};
    return {
      variant: { label: name, plan, accuracy, ...(masked > 0 ? { families: ["ice40"] } : families) },
      files: [
        ...emitFpga(plan).map(({ path, content }) => ({ path: `${folder}/${path}`, content })),
        { path: `${folder}/model.nir`, content: model },
      ],
    };
  };
  const isSkipping = options.sparse !== "none" || options.skipZeroRows;
  return [
    made(label, { sparse: "none", skipZeroRows: false }),
    ...(isSkipping && mul === "lut" ? [made(`${label} skip`, options)] : []),
  ];
}

/** The smallest weights of every layer set to 0: a stand-in for a pruner. */
function maskedGraph(graph: NirGraph, share: number): NirGraph {
  if (share === 0) return graph;
  const changed: [string, NirNode][] = [];
  for (const [name, node] of graph.nodes()) {
    if (!("weight" in node) || !(node.weight.data instanceof Float32Array)) continue;
    const sizes = Float64Array.from(node.weight.data, Math.abs).sort();
    const least = sizes[Math.trunc(share * sizes.length)] ?? 0;
    const data = node.weight.data.map((w) => (Math.abs(w) < least ? 0 : w));
    changed.push([name, { ...node, weight: { ...node.weight, data } } as NirNode]);
  }
  return graph.with({ setNodes: changed });
}
