/** The convention that a quantized graph was folded with, set against a dialect of the float simulator. */
import { type Diagnostic, type NirGraph, NirkitError, type NirNode, type Tensor } from "@nirkit/graph";
import { type IntegerLeak, leakDecay, type NeuronArithmetic } from "@nirkit/quantize";
import { chooseDialect, type Dialect, parseDialect } from "@nirkit/simulate";
import { precisionOf } from "./describe-quantization.ts";
import { cliDiagnostic } from "./diagnostics.ts";
import { type TrainedStep, trainedStep } from "./trained-dialect.ts";

/** Values of dialect options that the annotations fix, each option with every value that occurs. */
type Annotated = ReadonlyMap<"leak" | "reset" | "compare" | "cubaOrder" | "feedbackT0", ReadonlySet<string>>;

const reference = "nir-euler";

/** Label that asks for the dialect which the file seems to be made for. */
const automatic = "auto";

/**
 * Refuses a label that no dialect has, before any work; `auto` and none are fine.
 *
 * @throws NirkitError `E_UNKNOWN_DIALECT`, `E_UNKNOWN_MODIFIER`
 */
export function assertLabel(asked: string | undefined): void {
  if (asked !== undefined && asked !== automatic) parseDialect(asked);
}

/** Time step that a label names (`nir-euler@dt=1`), or undefined. */
export function stepOfLabel(asked: string | undefined): number | undefined {
  return asked === undefined || asked === automatic ? undefined : parseDialect(asked).dt;
}

/** A dialect to run in. */
interface FloatDialect {
  /** What it is called in reports. */
  readonly dialect: string;
  /** What the simulator gets: the label, or options that no label has. */
  readonly run: string | Dialect;
  /** Time step that the file was trained with. */
  readonly dt?: number | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The dialect for a float run: the one that is asked for, else that of the annotations, else that of training, else the
 * reference.
 *
 * @param asked `--dialect`; `auto` chooses by what the file's writer left in it
 * @throws NirkitError `E_UNKNOWN_DIALECT`, `E_UNKNOWN_MODIFIER`
 */
export function floatDialect(graph: NirGraph, asked: string | undefined): FloatDialect {
  const annotated = annotatedOptions(graph);
  const own = (asked === undefined || asked === automatic) && annotated.size === 0;
  const trained = own ? trainedStep(graph) : undefined;
  if (trained !== undefined) return dialectOfTraining(trained, asked === automatic);
  if (asked === automatic) return chosenDialect(graph, annotated);
  const dialect = asked ?? labelOf(annotated);
  const differing = differences(annotated, parseDialect(dialect));
  if (differing.length > 0)
    return {
      dialect,
      run: dialect,
      diagnostics: [cliDiagnostic("W_DIALECT_DIFFERS", "--dialect", { dialect, differing })],
    };
  const told = asked === undefined && dialect !== reference;
  return {
    dialect,
    run: dialect,
    diagnostics: told ? [cliDiagnostic("H_DIALECT_OF_FILE", "--dialect", { dialect })] : [],
  };
}

/** The step of training, and what has to be said of it. */
function dialectOfTraining({ name, dialect, dt, late }: TrainedStep, chosen: boolean): FloatDialect {
  const at = "--dialect";
  const said = (): readonly Diagnostic[] => {
    if (late)
      return [
        cliDiagnostic("W_DIALECT_DIFFERS", at, { dialect: name, differing: ["resetDelay 1"], trained: true }),
      ];
    if (chosen) {
      const reasons = ["The file says that it was trained in it"];
      return [cliDiagnostic("H_DIALECT_CHOSEN", at, { dialect: name, dt: undefined, reasons })];
    }
    return name === reference
      ? []
      : [cliDiagnostic("H_DIALECT_OF_FILE", at, { dialect: name, trained: true })];
  };
  return { dialect: name, run: name === dialect.name ? name : dialect, dt, diagnostics: said() };
}

/** The choice with its reasons; a time step that the file gives away is told, not taken. */
function chosenDialect(graph: NirGraph, annotated: Annotated): FloatDialect {
  const known = annotated.size === 0 ? {} : { annotated: labelOf(annotated) };
  const { dialect, dt, reasons } = chooseDialect(graph, known);
  return {
    dialect,
    run: dialect,
    diagnostics: [cliDiagnostic("H_DIALECT_CHOSEN", "--dialect", { dialect, dt, reasons })],
  };
}

/**
 * Refuses a dialect that the integers of a graph do not follow: they cannot be run in another one.
 *
 * @param asked `--dialect`; nothing is checked without it
 * @throws NirkitError `E_DIALECT_CONFLICT`, `E_UNKNOWN_DIALECT`, `E_UNKNOWN_MODIFIER`
 */
export function assertDialect(graph: NirGraph, asked: string | undefined): void {
  if (asked === undefined || asked === automatic) return;
  const differing = differences(annotatedOptions(graph), parseDialect(asked));
  if (differing.length > 0)
    throw new NirkitError([cliDiagnostic("E_DIALECT_CONFLICT", "--dialect", { dialect: asked, differing })]);
}

function labelOf(annotated: Annotated): string {
  const only = (option: "leak" | "reset" | "cubaOrder", value: string): boolean => {
    const values = annotated.get(option);
    return values?.size === 1 && values.has(value);
  };
  return [
    only("leak", "exp") ? "nir-exp" : reference,
    ...(only("reset", "subtract") ? ["subtract"] : []),
    ...(only("cubaOrder", "old") ? ["old"] : []),
  ].join("+");
}

/** `reset subtract`, for every annotated value that the dialect does not have. */
function differences(annotated: Annotated, dialect: Dialect): readonly string[] {
  return [...annotated].flatMap(([option, values]) =>
    [...values].filter((value) => value !== dialect[option]).map((value) => `${option} ${value}`),
  );
}

/** Nothing for a float graph, and for annotations that what reads the integers will refuse. */
function annotatedOptions(graph: NirGraph): Annotated {
  const { neurons, dt } = precisionOf(graph) ?? {};
  if (neurons === undefined || dt === undefined) return new Map();
  const found = new Map<keyof Dialect, Set<string>>();
  // Integer neurons express no other start of a loop.
  found.set("feedbackT0", new Set(["zeroSpikes"]));
  const nodes = graph.flatten().nodes();
  for (const [path, arithmetic] of neurons) {
    const node = nodes.get(path);
    for (const [option, value] of node === undefined ? [] : optionsOf(node, arithmetic, dt))
      found.set(option, (found.get(option) ?? new Set()).add(value));
  }
  return found as Annotated;
}

/** What one neuron says of a dialect; an option that its type does not use is left out. */
function optionsOf(
  node: NirNode,
  { compare, reset, cubaOrder, leak }: NeuronArithmetic,
  dt: number,
): readonly (readonly [keyof Dialect, string])[] {
  const spiking = ["IF", "LIF", "CubaLIF"].includes(node.type);
  const how =
    "tau" in node ? leakOf(leak, node.tau, dt) : "tauMem" in node ? leakOf(leak, node.tauMem, dt) : undefined;
  return [
    ...(spiking ? ([["reset", reset]] as const) : []),
    ...(spiking || node.type === "Threshold" ? ([["compare", compare]] as const) : []),
    ...("tauMem" in node ? ([["cubaOrder", cubaOrder]] as const) : []),
    ...(how === undefined ? [] : ([["leak", how]] as const)),
  ];
}

/** The leak that the integers are nearer to; undefined where rounding leaves that open. */
function leakOf(leak: IntegerLeak, tau: Tensor, dt: number): "euler" | "exp" | undefined {
  let euler = 0;
  let exp = 0;
  let apart = 0;
  for (const [i, value] of Array.from(tau.data, Number).entries()) {
    const decay = leakDecay(leak, i);
    const linear = Math.max(1 - dt / value, 0);
    const exact = Math.exp(-dt / value);
    euler = Math.max(euler, Math.abs(decay - linear));
    exp = Math.max(exp, Math.abs(decay - exact));
    apart = Math.max(apart, exact - linear);
  }
  const least = Math.min(euler, exp);
  // A leak is rounded by less than a hundredth of 1 - decay; only a clear winner counts.
  if (least > apart / 4) return undefined;
  return euler < exp ? "euler" : "exp";
}
