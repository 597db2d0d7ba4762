/** `nirkit quantize`: from a float network to exact integers. */
import { createHash } from "node:crypto";
import type { NirGraph, PassContext, Sample, Trace } from "@nirkit/graph";
import {
  type DriverOptions,
  membraneScaling,
  percentileScaling,
  type QuantizedInput,
  type QuantizeOptions,
  type QuantizeOverride,
  type QuantizePreset,
  quantizeGraph,
  quantizePresets,
  withPreset,
} from "@nirkit/quantize";
import { createSimulator, type Dialect, parseDialect, type Simulator } from "@nirkit/simulate";
import { allSamples, type DataFlags, openSamples } from "../data-argument.ts";
import { portsOf } from "../data-file.ts";
import { cliDiagnostic } from "../diagnostics.ts";
import { isQuantized } from "../engine.ts";
import { outputOf } from "../evaluation.ts";
import type { Invocation } from "../invocation.ts";
import { assertModelName, saveModel } from "../model-file.ts";
import { assertWritable } from "../output-file.ts";
import type { AnyQuantizer } from "../plugin.ts";
import type { PluginChoice } from "../plugin-flags.ts";
import { membraneOf } from "../quantization/membrane-word.ts";
import { nodeOverrides } from "../quantization/node-overrides.ts";
import { quantizationText } from "../quantization/report-text.ts";
import { readBytes } from "../read-bytes.ts";
import { openRunnable } from "../runnable-model.ts";
import { parseOptions, type SchemaFlag } from "../schema-flags.ts";
import { assertStep } from "../time-step.ts";
import { trainedStep } from "../trained-dialect.ts";
import { usageError } from "../usage-error.ts";

/** Flags of the command. */
export interface QuantizeFlags extends DataFlags {
  readonly scheme: string;
  readonly preset?: string;
  readonly perChannel?: boolean;
  readonly node?: readonly string[];
  readonly calibrate?: string;
  readonly search?: "none" | "percentile" | "membrane";
  readonly secondOrder?: boolean;
  readonly dialect?: string;
  readonly dt?: number;
  readonly membrane?: string;
  readonly membraneBits?: number;
  readonly leakFrac?: number;
  readonly leakForm?: "mul" | "shift";
  readonly leakBits?: number;
  readonly leakRound?: "floor" | "zero" | "rne";
  readonly tauTolerance?: number;
  readonly threshold?: "aligned" | "round" | "fraction";
  readonly joint?: "equal" | "shift";
  readonly overflow?: "sat" | "wrap";
  readonly accumulatorBits?: number;
  readonly inputBits?: number;
  readonly inputScale?: number;
  readonly inputSigned?: boolean;
  readonly steps?: number;
  readonly out: string;
  readonly force?: boolean;
  readonly plugin: PluginChoice;
}

/** What of the command line stands before any file is read. */
interface Plan {
  readonly quantizer: AnyQuantizer;
  readonly preset: QuantizePreset | undefined;
  readonly params: unknown;
  readonly dialect: Dialect;
  readonly dt: number | undefined;
  readonly options: DriverOptions;
  readonly overrides: readonly QuantizeOverride<unknown>[];
}

/** Quantizes a network and writes it; prints what every layer lost. */
export async function quantize(invocation: Invocation, file: string, flags: QuantizeFlags): Promise<number> {
  const written = await planOf(flags, invocation.terminal.cwd);
  const out = invocation.path(flags.out);
  const force = flags.force === true;
  assertModelName(flags.out);
  await assertWritable(out, force);
  const path = invocation.path(file);
  const { graph } = await openRunnable(invocation, file);
  if (isQuantized(graph) && !trainedOnLevels(graph))
    await invocation.note([cliDiagnostic("W_ALREADY_QUANTIZED", file, {})]);
  const plan = await asTrained(invocation, graph, written, flags);
  const { quantizer, preset, params, dialect, dt } = plan;
  assertStep(graph, dt);
  const inputs = inputOptions(graph, flags);
  const calibration = await calibrationOf(invocation, graph, flags);
  const given: DriverOptions = { ...plan.options, ...inputs };
  const searching = calibration !== undefined && flags.search !== "none";
  const options: QuantizeOptions<unknown> = {
    ...(preset === undefined ? given : withPreset(preset, given, searching)),
    overrides: plan.overrides,
    params,
    sourceSha256: createHash("sha256")
      .update(await readBytes(path))
      .digest("hex"),
  };
  const result = await withProgress(invocation, calibration, options, (context) =>
    quantizeGraph(graph, quantizer, options, {
      ...context,
      simulate: counted(context, floatRuns(dialect, dt)),
    }),
  );
  await invocation.note(result.diagnostics);
  await saveModel(out, result.graph, force);
  const { report } = result;
  invocation.document({
    ok: true,
    out: flags.out,
    scheme: quantizer.scheme,
    params,
    dialect: dialect.name,
    ...(preset === undefined ? {} : { preset: preset.name }),
    ...report,
    diagnostics: invocation.noted(),
  });
  invocation.print(quantizationText(report));
  const by = preset === undefined ? "" : `, preset ${preset.name}`;
  invocation.print(`\n${flags.scheme} in ${dialect.name}${by}, dt ${report.dt}, written to ${flags.out}`);
  return 0;
}

/** Everything that can be wrong in the command line alone is refused here. */
async function planOf(flags: QuantizeFlags, folder: string): Promise<Plan> {
  const quantizer = flags.plugin.plugin as AnyQuantizer;
  const preset = presetOf(quantizer, flags.preset);
  const params = schemeParams(quantizer, flags, preset);
  const dialect = parseDialect(flags.dialect ?? "nir-euler");
  if (flags.dt !== undefined && dialect.dt !== undefined && flags.dt !== dialect.dt)
    throw usageError("--dt", `Contradicts --dialect ${flags.dialect}`, "Give the time step once");
  const dt = flags.dt ?? dialect.dt;
  const overrides = await nodeOverrides(flags.node ?? [], quantizer, folder);
  return {
    quantizer,
    preset,
    params,
    dialect,
    dt,
    overrides,
    options: await driverOptions(dialect, dt, flags),
  };
}

/** A vendor's rule by name, made for the scheme that is asked for. */
/** Without a dialect in the command line, the step that the network was trained in. */
async function asTrained(
  invocation: Invocation,
  graph: NirGraph,
  plan: Plan,
  flags: QuantizeFlags,
): Promise<Plan> {
  const trained =
    flags.dialect === undefined && !graph.metadata.has("nirkit:graph") ? trainedStep(graph) : undefined;
  if (trained === undefined) return plan;
  const { name, late } = trained;
  const dialect = { ...trained.dialect, name };
  if (late)
    await invocation.note([
      cliDiagnostic("W_DIALECT_DIFFERS", "--dialect", {
        dialect: name,
        differing: ["resetDelay 1"],
        trained: true,
      }),
    ]);
  else if (name !== plan.dialect.name)
    await invocation.note([
      cliDiagnostic("H_DIALECT_OF_FILE", "--dialect", { dialect: name, trained: true }),
    ]);
  const dt = plan.dt ?? trained.dt;
  const own = await driverOptions(dialect, dt, flags);
  if (!trainedOnLevels(graph)) return { ...plan, dialect, dt, options: own };
  // What was trained stays as it is, where the scheme is the same: thresholds take the fractions.
  const options = { ...own, weights: "kept", thresholdMode: own.thresholdMode ?? "fraction" } as const;
  return { ...plan, dialect, dt, options };
}

/** True for a network whose weights were trained on levels, and whose neurons are still floats. */
function trainedOnLevels(graph: NirGraph): boolean {
  return isQuantized(graph) && trainedStep(graph) !== undefined && !graph.metadata.has("nirkit:graph");
}

function presetOf(quantizer: AnyQuantizer, name: string | undefined): QuantizePreset | undefined {
  if (name === undefined) return undefined;
  const preset = quantizePresets.get(name);
  if (preset === undefined)
    throw usageError(
      "--preset",
      `There is no preset ${name}`,
      `Presets are ${[...quantizePresets.keys()].join(", ")}`,
    );
  if (preset.scheme !== quantizer.scheme)
    throw usageError(
      "--preset",
      `${name} is made for scheme ${preset.scheme}`,
      `Use --scheme ${preset.scheme}`,
    );
  return preset;
}

function schemeParams(
  quantizer: AnyQuantizer,
  flags: QuantizeFlags,
  preset: QuantizePreset | undefined,
): unknown {
  const { flags: known } = flags.plugin;
  const values = { ...preset?.params, ...flags.plugin.values };
  assertWidth(quantizer, values, flags);
  if (flags.perChannel !== true) return parseOptions(quantizer.params, values, known);
  if (!known.some((flag: SchemaFlag) => flag.key === "axis"))
    throw usageError("--per-channel", `Scheme ${quantizer.scheme} has no axis`, "Leave --per-channel out");
  if (values.axis !== undefined && values.axis !== 0)
    throw usageError("--per-channel", `Contradicts --axis ${String(values.axis)}`, "Give one of both");
  return parseOptions(quantizer.params, { ...values, axis: 0 }, known);
}

/** `ternary:5`: a scheme of one width takes no other. */
function assertWidth(
  quantizer: AnyQuantizer,
  { bits, ...values }: Readonly<Record<string, unknown>>,
  { plugin }: QuantizeFlags,
): void {
  if (bits === undefined || plugin.flags.some((flag) => flag.key === "bits")) return;
  const width = quantizer.bits(parseOptions(quantizer.params, values, plugin.flags));
  if (bits !== width)
    throw usageError(
      "--scheme",
      `Scheme ${quantizer.scheme} has ${width} bits, not ${String(bits)}`,
      `Write --scheme ${quantizer.scheme}`,
    );
}

async function calibrationOf(
  invocation: Invocation,
  graph: NirGraph,
  flags: QuantizeFlags,
): Promise<readonly Sample[] | undefined> {
  if (flags.calibrate === undefined) return undefined;
  const outputs = [...graph.nodes()].filter(([, node]) => node.type === "Output").map(([name]) => name);
  const classes = outputs.length === 1 ? outputOf(graph, undefined).classes : undefined;
  const { cwd } = invocation.terminal;
  const use = { graph, cwd, flag: "--calibrate", form: "input", labels: true, classes } as const;
  const source = await openSamples(flags.calibrate, use, flags);
  await invocation.note(source.diagnostics);
  return allSamples(source);
}

/** Flags as options of the driver; what is not given keeps the driver's own default. */
async function driverOptions(
  dialect: Dialect,
  dt: number | undefined,
  flags: QuantizeFlags,
): Promise<DriverOptions> {
  const { search = "none", secondOrder, calibrate } = flags;
  for (const [flag, used] of [
    [`--search ${search}`, search !== "none"],
    ["--second-order", secondOrder === true],
  ] as const)
    if (used && calibrate === undefined)
      throw usageError(flag, "Needs samples to search with", "Give them with --calibrate");
  const membrane = flags.membrane === undefined ? {} : await membraneOf(flags.membrane, "--membrane");
  if (flags.membraneBits !== undefined && "stateBits" in membrane)
    throw usageError("--membrane-bits", `Contradicts --membrane ${flags.membrane}`, "Give the width once");
  return {
    dt,
    convention: dialect,
    stateBits: flags.membraneBits,
    ...membrane,
    fracBits: flags.leakFrac,
    leakForm: flags.leakForm,
    leakBits: flags.leakBits,
    leakRound: flags.leakRound,
    tauTolerance: flags.tauTolerance,
    thresholdMode: flags.threshold,
    joint: flags.joint,
    overflow: flags.overflow,
    accumulatorBits: flags.accumulatorBits,
    scaling: { none: undefined, percentile: percentileScaling, membrane: membraneScaling }[search],
    secondOrder,
    steps: flags.steps,
  };
}

/** With a scale the integers at the door are fixed; with a width alone calibration finds the scale. */
function inputOptions(
  graph: NirGraph,
  flags: QuantizeFlags,
): { readonly inputs?: ReadonlyMap<string, QuantizedInput>; readonly inputBits?: number } {
  const { inputBits: bits, inputScale: scale, inputSigned: signed = false } = flags;
  if (bits === undefined) {
    if (scale !== undefined || signed)
      throw usageError(
        "--input-bits",
        "Is needed with --input-scale and --input-signed",
        "Give the width of the input",
      );
    return {};
  }
  if (scale !== undefined)
    return { inputs: new Map(portsOf(graph).map(([name]) => [name, { bits, signed, scale }])) };
  if (signed)
    throw usageError(
      "--input-scale",
      "Is needed with --input-signed",
      "Without a scale, calibration finds sign and scale",
    );
  return { inputBits: bits };
}

/** Runs the driver with progress: candidates of a search, else runs of the calibration samples. */
async function withProgress<R>(
  invocation: Invocation,
  calibration: readonly Sample[] | undefined,
  { scaling, secondOrder }: DriverOptions,
  work: (context: PassContext) => Promise<R>,
): Promise<R> {
  const progress = invocation.progress("quantized");
  const searches = scaling !== undefined || secondOrder === true;
  const what = searches ? "searched" : calibration === undefined ? "quantized" : "calibrated";
  try {
    return await work({
      ...(calibration === undefined ? {} : { calibration }),
      seed: invocation.flags.seed,
      progress: (done, total) => progress.update(done, total, what),
    });
  } finally {
    progress.end();
  }
}

/** Lets the runs of the samples show as progress too: there, quantizing itself takes no time. */
function counted(
  { calibration, progress }: PassContext,
  simulate: NonNullable<PassContext["simulate"]>,
): NonNullable<PassContext["simulate"]> {
  const total = 2 * ((calibration as readonly Sample[] | undefined)?.length ?? 0);
  let runs = 0;
  return (graph, input, record) => {
    runs++;
    if (runs <= total) progress?.(runs, total);
    return simulate(graph, input, record);
  };
}

/** The float reference for the driver; one simulator per graph, as the driver runs many samples through few graphs. */
function floatRuns(dialect: Dialect, dt: number | undefined): NonNullable<PassContext["simulate"]> {
  const simulators = new WeakMap<NirGraph, Simulator>();
  return (graph, input, record): Trace => {
    const known = simulators.get(graph) ?? createSimulator(graph, { dialect, dt });
    simulators.set(graph, known);
    return known.run(input, record);
  };
}
