/** Which dialect a file was most likely made for, read from what its writer left in it. */
import { type NirGraph, type NirNode, type Tensor, toFloat64 } from "@nirkit/graph";
import { dialects } from "./dialects.ts";

/** A choice and what it rests on. */
export interface DialectChoice {
  /** Label; `nir-euler` where nothing speaks for another. */
  readonly dialect: string;
  /** Time step that the file gives away, in the unit of its tau; a hint, to be given as `dt`. */
  readonly dt?: number;
  /** What was seen, one sentence each, the deciding one first. */
  readonly reasons: readonly string[];
}

/** What is known from elsewhere. */
export interface ChooseOptions {
  /** Label that the annotations of a quantized graph stand for: it goes before everything. */
  readonly annotated?: string;
}

interface Evidence {
  readonly dialect: string;
  readonly reason: string;
  readonly dt?: number | undefined;
}

/**
 * Chooses by, in this order: the annotation, a framework's name in the metadata, the habits of exporters in names and
 * parameters. The reset is in no file: `+subtract` is never chosen except by an annotation.
 *
 * @example a LIF with tau 1e-3, r 10, v_leak 0: `snntorch`, dt 1e-4, as its exporter writes r = tau/dt
 */
export function chooseDialect(graph: NirGraph, { annotated }: ChooseOptions = {}): DialectChoice {
  if (annotated !== undefined)
    return { dialect: annotated, reasons: [`The graph was quantized with the convention of ${annotated}`] };
  const flat = [...graph.flatten().nodes()];
  const found = [...named(graph), ...habits(flat)];
  const [first, ...others] = found;
  const step = found.find(({ dt }) => dt !== undefined)?.dt ?? commonStep(flat);
  const dt = step === undefined ? {} : { dt: step };
  const openReset =
    "The file does not say whether a spike resets to a value or subtracts: +subtract, if it was trained so";
  if (first === undefined)
    return {
      dialect: "nir-euler",
      ...dt,
      reasons: ["Nothing in the file speaks for a framework: the NIR equations in Euler steps", openReset],
    };
  const rest = others
    .filter(({ dialect }) => dialect !== first.dialect)
    .map(({ dialect, reason }) => `Against it, for ${dialect}: ${reason}`);
  const agreeing = others.filter(({ dialect }) => dialect === first.dialect).map(({ reason }) => reason);
  const subtracts = dialects.get(first.dialect)?.reset === "subtract";
  return {
    dialect: first.dialect,
    ...dt,
    reasons: [first.reason, ...agreeing, ...rest, ...(subtracts ? [] : [openReset])],
  };
}

const metadataKeys = /^(framework|tool|exporter|writer|simulator|source|generator|created_by|origin)$/i;

/** Frameworks as metadata spell them. */
const spellings: readonly (readonly [RegExp, string])[] = [
  [/snn\s*-?torch/i, "snntorch"],
  [/norse/i, "norse"],
  [/sinabs|speck|dynapcnn/i, "sinabs"],
  [/rockpool|xylo/i, "rockpool"],
  [/spiking\s*-?jelly/i, "spikingjelly"],
  [/spyx/i, "spyx"],
  [/lava/i, "lava-dl"],
  [/spinnaker\s*-?2/i, "spinnaker2"],
  [/nengo/i, "nengo"],
];

function* named(graph: NirGraph): Generator<Evidence> {
  const all = [graph.metadata, ...[...graph.nodes().values()].map(({ metadata }) => metadata)];
  for (const metadata of all)
    for (const [key, value] of metadata ?? []) {
      if (typeof value !== "string" || !metadataKeys.test(key)) continue;
      const dialect = spellings.find(([spelling]) => spelling.test(value))?.[1];
      if (dialect !== undefined) yield { dialect, reason: `The metadata names ${dialect} as "${key}"` };
    }
}

type Named = readonly (readonly [name: string, node: NirNode])[];

function* habits(nodes: Named): Generator<Evidence> {
  for (const habit of [rockpool, snntorch, spikingjelly, nengo, sinabs, norse]) {
    const found = habit(nodes);
    if (found !== undefined) yield found;
  }
}

const values = (tensor: Tensor): Float64Array => toFloat64(tensor);
const near = (a: number, b: number, within = 1e-4): boolean => Math.abs(a - b) <= within * Math.abs(b);
const all = (tensor: Tensor, value: number): boolean => values(tensor).every((v) => v === value);
const rounded = (value: number): number => Number(value.toPrecision(3));

/** tau, tau_mem and r of each leaky neuron that fires. */
function leaky(
  nodes: Named,
): readonly { readonly tau: number; readonly r: number; readonly node: NirNode }[] {
  return nodes.flatMap(([, node]) =>
    node.type === "LIF" || node.type === "CubaLIF"
      ? Array.from(values(node.type === "LIF" ? node.tau : node.tauMem), (tau, n) => {
          const r = values(node.r);
          return { tau, r: r[n] ?? r[0] ?? 0, node };
        })
      : [],
  );
}

/** The one dt for which r = tau/dt holds everywhere, where r is not simply 1. */
function commonStep(nodes: Named): number | undefined {
  const neurons = leaky(nodes);
  const steps = new Set(neurons.map(({ tau, r }) => rounded(tau / r)));
  const [dt] = steps;
  if (dt !== undefined && dt > 0 && steps.size === 1 && neurons.some(({ r }) => r !== 1)) return dt;
  const counted = neurons.length > 0 && neurons.every(({ tau }) => tau >= 1);
  const onlyIf = neurons.length === 0 && nodes.some(([, node]) => node.type === "IF" && all(node.r, 1));
  return counted || onlyIf ? 1 : undefined;
}

function rockpool(nodes: Named): Evidence | undefined {
  if (nodes.some(([name]) => /(^|\/)\d+_(Linear|LIF)\w*Torch$/.test(name)))
    return {
      dialect: "rockpool",
      reason: "Nodes are named like Rockpool's modules (0_LinearTorch)",
      dt: rockpoolStep(nodes),
    };
  const dt = rockpoolStep(nodes);
  return dt === undefined
    ? undefined
    : { dialect: "rockpool", reason: `r is tau exp(-dt/tau)/dt for dt ${dt}, as Rockpool writes it`, dt };
}

/** The dt = tau/(1 + r) that Rockpool finds, if r = tau·exp(−dt/tau)/dt indeed holds for one dt. */
function rockpoolStep(nodes: Named): number | undefined {
  const neurons = leaky(nodes);
  const [first] = neurons;
  if (first === undefined || first.r <= 1) return undefined;
  // r = (tau/dt)·exp(−dt/tau): with y = dt/tau, y = exp(−y)/r, a contraction for r > 1.
  let y = 1 / (1 + first.r);
  for (let k = 0; k < 100; k++) y = Math.exp(-y) / first.r;
  // Every single r fits some dt; one that people choose has one digit.
  const dt = Number((y * first.tau).toPrecision(1));
  const holds = neurons.every(({ tau, r }) => near(r, (tau * Math.exp(-dt / tau)) / dt, 1e-3));
  return holds ? dt : undefined;
}

function snntorch(nodes: Named): Evidence | undefined {
  const neurons = leaky(nodes);
  const dt = 1e-4;
  const scaled = neurons.length > 0 && neurons.every(({ tau, r }) => r !== 1 && near(tau, r * dt));
  if (!scaled || !neurons.every(({ node }) => !("vLeak" in node) || all(node.vLeak, 0))) return undefined;
  const recurrent = nodes.some(([name]) => /\.w_rec$/.test(name))
    ? "; loops are named x.lif and x.w_rec"
    : "";
  return {
    dialect: "snntorch",
    reason: `r is tau/dt for dt 1e-4 and v_leak is 0, as snnTorch writes them${recurrent}`,
    dt,
  };
}

function spikingjelly(nodes: Named): Evidence | undefined {
  const gains = nodes.flatMap(([, node]) => (node.type === "IF" ? [...values(node.r)] : []));
  const [r] = gains;
  if (r === undefined || r === 1 || !gains.every((g) => g === r)) return undefined;
  const dt = 1 / r;
  if (!/^10*$/.test(String(r))) return undefined;
  return {
    dialect: "spikingjelly",
    reason: `r of every IF is ${r}, that is 1/dt, as SpikingJelly writes it`,
    dt: rounded(dt),
  };
}

function nengo(nodes: Named): Evidence | undefined {
  const whole = nodes.filter(
    ([, node]) => node.type === "LIF" && node.r.dtype === "int64" && node.tau.dtype === "float64",
  );
  if (whole.length === 0) return undefined;
  return {
    dialect: "nengo",
    reason: "r is an integer of 64 bits beside a tau of float64, as Nengo writes them",
  };
}

function sinabs(nodes: Named): Evidence | undefined {
  const neurons = nodes.filter(([, node]) => node.type === "IF");
  const images = neurons.some(([, node]) => node.type === "IF" && node.vThreshold.shape.length === 3);
  const dense = nodes.filter(([, node]) => node.type === "Linear").length === 0;
  const plain = neurons.every(([, node]) => node.type === "IF" && all(node.r, 1));
  const numbered = neurons.every(([name]) => /^\d+$/.test(name));
  if (!images || !dense || !plain || !numbered) return undefined;
  return {
    dialect: "sinabs",
    reason: "IF populations have the shape of images, r 1 and numbers for names, as Sinabs writes them",
    dt: 1,
  };
}

function norse(nodes: Named): Evidence | undefined {
  const neurons = leaky(nodes);
  const names = nodes.filter(([, node]) => node.type !== "Input" && node.type !== "Output");
  const numbered = names.length > 0 && names.every(([name]) => /^\d+$/.test(name));
  if (neurons.length === 0 || !numbered || !neurons.every(({ r, tau }) => r === 1 && tau < 1))
    return undefined;
  return {
    dialect: "norse",
    reason: "r is 1, tau is in seconds and nodes are numbered, as Norse writes them",
  };
}
