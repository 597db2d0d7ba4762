/** The page that `compile` writes beside the artefacts. */
import type { Backend, CostFigure, CostReport, Deployment, VirtualFile } from "@nirkit/backend";
import { type Activity, type Diagnostic, type NirGraph, NirkitError, sizeOf } from "@nirkit/graph";
import { roundHalfEven } from "@nirkit/integer";
import type { Network } from "@nirkit/network";
import { type Block, type Cell, graphSvg, type Report, type Section } from "@nirkit/report";

/** What stands in the report beside the network. */
interface CompiledParts {
  readonly emitted: readonly VirtualFile[];
  readonly diagnostics: readonly Diagnostic[];
  /** What costs are counted for; empty where no data are given. */
  readonly activity: Activity;
}

/** What was compiled, for which target, at which precision, into which files. */
export function compileReport<O, M>(
  backend: Backend<O, M>,
  graph: NirGraph,
  network: Network,
  deployment: Deployment<M>,
  { emitted, diagnostics, activity }: CompiledParts,
): Report {
  const neurons = network.populations.reduce((sum, p) => sum + sizeOf(p.shape), 0);
  const weights = network.projections.reduce((sum, p) => sum + p.weights.ints.length, 0);
  return {
    title: `Compiled for ${backend.name}`,
    subtitle: backend.summary,
    facts: [
      { label: "neurons", value: neurons },
      { label: "weights", value: weights },
      { label: "files", value: emitted.length },
      { label: "time step", value: network.dt },
    ],
    sections: [
      { title: "Network", blocks: [{ kind: "figure", svg: graphSvg(graph) }] },
      precisionSection(network),
      costSection(backend, deployment, activity),
      filesSection(emitted),
      ...(diagnostics.length === 0
        ? []
        : [{ title: "Diagnostics", blocks: [{ kind: "diagnostics", diagnostics } as const] }]),
    ],
    footer: `nirkit, back end ${deployment.backend} ${deployment.version}, graph ${deployment.graphHash}`,
  };
}

/** Bits of weights and states, population by population. */
export function precisionSection(network: Network): Section {
  const weights: Block = {
    kind: "table",
    caption: "Weights",
    columns: ["projection", "scheme", "bits", "integers", "scales", "zero"],
    rows: network.projections.map(({ name, weights: w }) => [
      name,
      w.scheme,
      w.bits,
      w.ints.length,
      w.scale.length,
      `${(100 * w.stats.zeroFraction).toFixed(1)} %`,
    ]),
  };
  const states: Block = {
    kind: "table",
    caption: "Neurons",
    columns: ["population", "kind", "neurons", "state bits", "fraction bits", "leak", "reset", "compare"],
    rows: network.populations.map(({ name, shape, neuron }) =>
      neuron.arithmetic === "integer"
        ? [
            name,
            neuron.kind,
            sizeOf(shape),
            neuron.stateBits,
            neuron.fracBits,
            leakText(neuron.leak),
            neuron.reset,
            neuron.compare,
          ]
        : [name, neuron.model, sizeOf(shape), 32, "float", neuron.fp, "", ""],
    ),
  };
  return { title: "Precision", blocks: [weights, states] };
}

type Leak = Extract<Network["populations"][number]["neuron"], { arithmetic: "integer" }>["leak"];

function leakText(leak: Leak): string {
  if (leak.form === "none") return "none";
  if (leak.form === "shift") return `U − (U >> ${leak.shift})`;
  const factor = typeof leak.mul === "number" ? String(leak.mul) : "per neuron";
  return `(U · ${factor}) >> ${leak.shift}, ${leak.round}`;
}

/** Cycles that a simulator of the hardware counted. */
export interface MeasuredCycles {
  readonly engine: string;
  readonly samples: number;
  readonly cycles: number;
}

/** Figures of the back end's estimate: layers down, figures across, a note per method; measured cycles where there are. */
export function costSection<O, M>(
  backend: Backend<O, M>,
  deployment: Deployment<M>,
  activity: Activity = new Map(),
  measured?: MeasuredCycles,
): Section {
  try {
    return {
      title: "Cost",
      blocks: costBlocks(deployment, backend.estimate(deployment, activity), measured),
    };
  } catch (error) {
    // A back end may need activity for its figures; the artefacts do not depend on them.
    if (!(error instanceof NirkitError)) throw error;
    return { title: "Cost", blocks: [{ kind: "diagnostics", diagnostics: error.diagnostics }] };
  }
}

function costBlocks(
  { options }: { readonly options: unknown },
  { figures }: CostReport,
  measured: MeasuredCycles | undefined,
): Block[] {
  const { board, clockMhz } = options as { readonly board?: string; readonly clockMhz?: number };
  const parts = figures.filter((f) => f.part !== undefined);
  const wholes = figures.filter((f) => f.part === undefined && !(measured !== undefined && isCycles(f)));
  const notes = [...new Set([...parts, ...wholes].map(noteOf))];
  const mark = (f: CostFigure): string => `${f.name} [${notes.indexOf(noteOf(f)) + 1}]`;
  const rows: Cell[][] = [
    ...measuredRows(measured, clockMhz),
    ...wholes.map((f) => [mark(f), shortNumber(f.value), f.unit]),
  ];
  const on = [
    ...(board === undefined ? [] : [`board ${board}${board === "generic" ? " (no limits)" : ""}`]),
    ...(clockMhz === undefined ? [] : [`clock ${clockMhz} MHz`]),
  ].join(", ");
  return [
    ...(on === "" ? [] : [{ kind: "text", text: `Counted for ${on}.` } as const]),
    ...pivot(
      "Area and memory",
      figures,
      parts.filter((f) => !isPerSample(f)),
      mark,
    ),
    ...pivot("Work per sample, estimated", figures, parts.filter(isPerSample), mark),
    ...(rows.length === 0
      ? []
      : [{ kind: "table", caption: "Whole design", columns: ["figure", "value", "unit"], rows } as const]),
    ...notes.map((note, k) => ({ kind: "text", text: `[${k + 1}] ${note}` }) as const),
  ];
}

function isPerSample({ name, unit }: CostFigure): boolean {
  return name.includes("per sample") || unit.includes("per sample");
}

function isCycles({ name }: CostFigure): boolean {
  return name.startsWith("cycles per sample") || name.startsWith("latency per sample");
}

function noteOf({ method, source }: CostFigure): string {
  return `${method}. Source: ${source}.`;
}

function shortNumber(value: number): number {
  return Number.isInteger(value) || value < 1000 ? value : roundHalfEven(value);
}

function measuredRows(measured: MeasuredCycles | undefined, clockMhz: number | undefined): Cell[][] {
  if (measured === undefined) return [];
  const { engine, samples, cycles } = measured;
  const each = cycles / Math.max(samples, 1);
  const where = `measured in ${engine}, ${samples} ${samples === 1 ? "sample" : "samples"}`;
  const rows: Cell[][] = [[`cycles per sample, ${where}`, shortNumber(each), "cycles"]];
  if (clockMhz !== undefined)
    rows.push([`time per sample at ${clockMhz} MHz, ${where}`, each / clockMhz, "us"]);
  return rows;
}

/** Layers down, figures across; the row "all" is the whole where the back end gives it, else the sum. */
function pivot(
  caption: string,
  figures: readonly CostFigure[],
  parts: readonly CostFigure[],
  mark: (figure: CostFigure) => string,
): Block[] {
  if (parts.length === 0) return [];
  const heads = [...new Map(parts.map((f) => [f.name, f])).values()];
  const layers = [...new Set(parts.map((f) => f.part as string))];
  const cell = (name: string, part: string): Cell => {
    const found = parts.find((f) => f.name === name && f.part === part);
    return found === undefined ? null : shortNumber(found.value);
  };
  const total = ({ name }: CostFigure): Cell => {
    const whole = figures.find((f) => f.name === name && f.part === undefined);
    return shortNumber(whole?.value ?? parts.reduce((sum, f) => sum + (f.name === name ? f.value : 0), 0));
  };
  return [
    {
      kind: "table",
      caption,
      columns: ["layer", ...heads.map((f) => ({ name: mark(f), unit: f.unit }))],
      rows: [
        ...layers.map((part) => [part, ...heads.map(({ name }) => cell(name, part))]),
        ["all", ...heads.map(total)],
      ],
    },
  ];
}

function filesSection(emitted: readonly VirtualFile[]): Section {
  const rows = emitted.map(({ path, content }) => [path, content.length]);
  return { title: "Files", blocks: [{ kind: "table", columns: ["file", "size"], rows }] };
}
