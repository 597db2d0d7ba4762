/** The page that `compile` writes beside the artefacts. */
import type { Backend, Deployment, VirtualFile } from "@nirkit/backend";
import { type Activity, type Diagnostic, type NirGraph, NirkitError, sizeOf } from "@nirkit/graph";
import type { Network } from "@nirkit/network";
import { type Block, graphSvg, type Report, type Section } from "@nirkit/report";

/** What was compiled, for which target, at which precision, into which files. */
export function compileReport<O, M>(
  backend: Backend<O, M>,
  graph: NirGraph,
  network: Network,
  deployment: Deployment<M>,
  emitted: readonly VirtualFile[],
  diagnostics: readonly Diagnostic[],
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
      costSection(backend, deployment),
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

/** Figures of the back end's estimate, each with unit, method and source. */
export function costSection<O, M>(
  backend: Backend<O, M>,
  deployment: Deployment<M>,
  activity: Activity = new Map(),
): Section {
  try {
    const { figures } = backend.estimate(deployment, activity);
    const rows = figures.map((f) => [f.name, f.part ?? "all", f.value, f.unit, f.method, f.source]);
    const columns = ["figure", "part", "value", "unit", "method", "source"];
    return { title: "Cost", blocks: [{ kind: "table", columns, rows }] };
  } catch (error) {
    // A back end may need activity for its figures; the artefacts do not depend on them.
    if (!(error instanceof NirkitError)) throw error;
    return { title: "Cost", blocks: [{ kind: "diagnostics", diagnostics: error.diagnostics }] };
  }
}

function filesSection(emitted: readonly VirtualFile[]): Section {
  const rows = emitted.map(({ path, content }) => [path, content.length]);
  return { title: "Files", blocks: [{ kind: "table", columns: ["file", "size"], rows }] };
}
