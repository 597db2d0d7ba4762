/** `nirkit quantize`: from a float network to exact integers. */
import { createHash } from "node:crypto";
import type { NirGraph, PassContext, Sample, Trace } from "@nirkit/graph";
import {
  type QuantizedInput,
  type QuantizeOptions,
  type QuantizePreset,
  type QuantizeReport,
  quantizeGraph,
  quantizePresets,
  withPreset,
} from "@nirkit/quantize";
import { createSimulator, type Dialect, parseDialect, type Simulator } from "@nirkit/simulate";
import { portsOf, readInput } from "../data-file.ts";
import { cliDiagnostic } from "../diagnostics.ts";
import { isQuantized } from "../engine.ts";
import type { Invocation } from "../invocation.ts";
import { assertModelName, openModel, saveModel } from "../model-file.ts";
import { assertWritable } from "../output-file.ts";
import type { AnyQuantizer } from "../plugin.ts";
import type { PluginChoice } from "../plugin-flags.ts";
import { readBytes } from "../read-bytes.ts";
import { parseOptions, type SchemaFlag } from "../schema-flags.ts";
import { type Cell, grouped, percent, table } from "../table.ts";
import { assertStep } from "../time-step.ts";
import { usageError } from "../usage-error.ts";

/** Flags of the command. */
export interface QuantizeFlags {
  readonly scheme: string;
  readonly preset?: string;
  readonly perChannel?: boolean;
  readonly calibrate?: string;
  readonly limit?: number;
  readonly dialect: string;
  readonly dt?: number;
  readonly membrane?: number;
  readonly leakFrac?: number;
  readonly leakForm?: "mul" | "shift";
  readonly leakBits?: number;
  readonly leakRound?: "floor" | "zero" | "rne";
  readonly threshold?: "aligned" | "round" | "fraction";
  readonly inputBits?: number;
  readonly inputScale?: number;
  readonly inputSigned?: boolean;
  readonly steps?: number;
  readonly out: string;
  readonly force?: boolean;
  readonly plugin: PluginChoice;
}

/** Quantizes a network and writes it; prints what every layer lost. */
export async function quantize(invocation: Invocation, file: string, flags: QuantizeFlags): Promise<number> {
  const quantizer = flags.plugin.plugin as AnyQuantizer;
  const preset = presetOf(quantizer, flags.preset);
  const params = schemeParams(quantizer, flags, preset);
  const dialect = parseDialect(flags.dialect);
  const out = invocation.path(flags.out);
  const force = flags.force === true;
  assertModelName(flags.out);
  await assertWritable(out, force);
  const path = invocation.path(file);
  const { graph, diagnostics } = await openModel(path);
  await invocation.note(diagnostics);
  if (isQuantized(graph)) await invocation.note([cliDiagnostic("W_ALREADY_QUANTIZED", file, {})]);
  assertStep(graph, flags.dt);
  const calibration = await calibrationOf(invocation, graph, flags);
  const progress = invocation.progress("calibrated");
  const context: PassContext = {
    ...calibration,
    seed: invocation.flags.seed,
    simulate: floatRuns(dialect, flags.dt),
    progress: (done, total) => progress.update(done, total),
  };
  const given = driverOptions(graph, dialect, flags);
  const options: QuantizeOptions<unknown> = {
    ...(preset === undefined ? given : withPreset(preset, given, calibration.calibration !== undefined)),
    params,
    sourceSha256: createHash("sha256")
      .update(await readBytes(path))
      .digest("hex"),
  };
  const result = await quantizeGraph(graph, quantizer, options, context);
  progress.end();
  await invocation.note(result.diagnostics);
  await saveModel(out, result.graph, force);
  const report = result.report as QuantizeReport;
  const { scheme } = quantizer;
  invocation.document({
    ok: true,
    out: flags.out,
    scheme,
    params,
    dialect: dialect.name,
    ...report,
    diagnostics: invocation.noted(),
  });
  invocation.print(quantizationText(report));
  invocation.print(`\n${flags.scheme} in ${dialect.name}, dt ${report.dt}, written to ${flags.out}`);
  return 0;
}

/** A vendor's rule by name, made for the scheme that is asked for. */
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
  if (flags.perChannel !== true) return parseOptions(quantizer.params, values, known);
  if (!known.some((flag: SchemaFlag) => flag.key === "axis"))
    throw usageError("--per-channel", `Scheme ${quantizer.scheme} has no axis`, "Leave --per-channel out");
  if (values.axis !== undefined && values.axis !== 0)
    throw usageError("--per-channel", `Contradicts --axis ${String(values.axis)}`, "Give one of both");
  return parseOptions(quantizer.params, { ...values, axis: 0 }, known);
}

async function calibrationOf(
  invocation: Invocation,
  graph: NirGraph,
  flags: QuantizeFlags,
): Promise<{ readonly calibration?: readonly Sample[] }> {
  if (flags.calibrate === undefined) return {};
  const { inputs } = await readInput(invocation.path(flags.calibrate), graph);
  return { calibration: inputs.slice(0, flags.limit).map((input) => ({ input })) };
}

/** Flags as options of the driver; what is not given keeps the driver's own default. */
function driverOptions(
  graph: NirGraph,
  dialect: Dialect,
  flags: QuantizeFlags,
): Omit<QuantizeOptions<unknown>, "params"> {
  return {
    dt: flags.dt,
    convention: dialect,
    stateBits: flags.membrane,
    fracBits: flags.leakFrac,
    leakForm: flags.leakForm,
    leakBits: flags.leakBits,
    leakRound: flags.leakRound,
    thresholdMode: flags.threshold,
    steps: flags.steps,
    ...inputOptions(graph, flags),
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

/** The float reference for the driver; one simulator per graph, as the driver runs many samples through few graphs. */
function floatRuns(dialect: Dialect, dt: number | undefined): NonNullable<PassContext["simulate"]> {
  const simulators = new WeakMap<NirGraph, Simulator>();
  return (graph, input, record): Trace => {
    const known = simulators.get(graph) ?? createSimulator(graph, { dialect, dt });
    simulators.set(graph, known);
    return known.run(input, record);
  };
}

/** Per-layer report as a person reads it: weights, then neurons. */
export function quantizationText(report: QuantizeReport): string {
  const number = (value: number): string => String(Number(value.toPrecision(4)));
  const span = ([least, most]: readonly [number, number]): string =>
    least === most ? number(least) : `${number(least)} … ${number(most)}`;
  const weights = report.weights.map((w): readonly Cell[] => [
    w.path,
    `${w.scheme}:${w.bits}${w.axis === null ? "" : "/channel"}`,
    grouped(w.weights),
    span(w.scale),
    Number.isFinite(w.sqnrDb) ? w.sqnrDb.toFixed(1) : "exact",
    percent(w.clippedFraction, 1),
    percent(w.zeroFraction, 1),
  ]);
  const neurons = report.neurons.map((n): readonly Cell[] => [
    n.path,
    n.type,
    grouped(n.neurons),
    span(n.theta),
    n.stateBits,
    n.fracBits,
    n.accumulatorBits,
    percent(n.tauError, 1),
    n.rateBefore === undefined ? "-" : `${n.rateBefore.toFixed(4)} -> ${(n.rateAfter ?? 0).toFixed(4)}`,
  ]);
  return [
    table(["weights", "scheme", "count", "scale", "SQNR dB", "clipped", "zero"], weights),
    "",
    table(
      ["neurons", "type", "count", "threshold", "state bits", "frac", "sum bits", "tau error", "rate"],
      neurons,
    ),
  ].join("\n");
}
