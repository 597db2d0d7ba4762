/**
 * The Braille networks of the NIR paper as a case, made the way the recordings were: one scale per population, weights
 * rounded toward zero, forward Euler with dt 1e-4, biases added to the membrane.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type NirGraph, type Tensor, toFloat64 } from "@nirkit/graph";
import { readNir } from "@nirkit/hdf5";
import { readNpz } from "@nirkit/npy";
import type { CasePopulation, CaseProjection, PopulationCase } from "../src/index.ts";
import { dataFolder } from "./s2-data.ts";

export type Braille = "noDelay_bias_zero" | "noDelay_noBias_subtract";

const dt = 1e-4;

export async function brailleGraph(name: Braille): Promise<NirGraph> {
  return (await readNir(readFileSync(join(dataFolder, `traces/real/braille_${name}.nir`)))).graph;
}

/** Input and the recorded spikes of the hidden layer, both [256, n]. */
export function brailleSample(name: Braille): { readonly input: Tensor; readonly recorded: Tensor } {
  const keys = ["input", "paper/s2/lif1.lif/out"];
  const arrays = readNpz(readFileSync(join(dataFolder, `traces/real/braille_${name}_sample0.npz`)), {
    select: (key) => keys.includes(key),
  }) as ReadonlyMap<string, Tensor>;
  return { input: arrays.get("input") as Tensor, recorded: arrays.get("paper/s2/lif1.lif/out") as Tensor };
}

export async function brailleCase(name: Braille): Promise<PopulationCase> {
  const graph = await brailleGraph(name);
  const { input } = brailleSample(name);
  const reset = name === "noDelay_bias_zero" ? "reset_to_v_reset" : "reset_by_subtraction";
  const hidden = quantizedLayer(graph, "lif1.lif", ["fc1", "lif1.w_rec"]);
  const output = quantizedLayer(graph, "lif2", ["fc2"]);
  const population = (label: string, layer: Layer): CasePopulation => ({
    name: label,
    model: "lif_curr_exp_no_delay",
    size: layer.size,
    params: { ...layer.params, reset },
  });
  const projection = (pre: string, post: string, connections: number[][] = []): CaseProjection => ({
    pre,
    post,
    connections,
  });
  return {
    timesteps: 256,
    populations: [
      { name: "input", model: "spike_list", size: 12, spikes: spikeList(input) },
      population("lif1.lif", hidden),
      population("lif2", output),
    ],
    projections: [
      projection("input", "lif1.lif", hidden.rows[0]),
      projection("lif1.lif", "lif1.lif", hidden.rows[1]),
      projection("lif1.lif", "lif2", output.rows[0]),
    ],
  };
}

interface Layer {
  readonly size: number;
  readonly params: NonNullable<CasePopulation["params"]>;
  readonly rows: readonly number[][][];
}

function quantizedLayer(graph: NirGraph, neuron: string, weightNodes: readonly string[]): Layer {
  const node = graph.node(neuron);
  if (node.type !== "CubaLIF") throw new Error(`${neuron} is a ${node.type}`);
  const value = (tensor: Tensor): number[] => [...toFloat64(tensor)];
  const [tauSyn, tauMem, r, wIn, threshold, vLeak] = [
    value(node.tauSyn),
    value(node.tauMem),
    value(node.r),
    value(node.wIn),
    value(node.vThreshold),
    value(node.vLeak),
  ];
  const size = threshold.length;
  const weights = weightNodes.map((name) => {
    const one = graph.node(name);
    if (one.type !== "Affine" && one.type !== "Linear") throw new Error(`${name} is a ${one.type}`);
    return {
      matrix: value(one.weight),
      bias: one.type === "Affine" ? value(one.bias) : new Array<number>(size).fill(0),
    };
  });
  const largest = Math.max(...weights.flatMap(({ matrix }) => matrix.map(Math.abs)));
  const scale = 127 / largest;
  const per = (f: (i: number) => number): number[] => Array.from({ length: size }, (_, i) => f(i));
  const km = per((i) => dt / (tauMem[i] ?? 1));
  const ks = per((i) => dt / (tauSyn[i] ?? 1));
  const factor = per((i) => scale / ((km[i] ?? 1) * (r[i] ?? 1) * (ks[i] ?? 1) * (wIn[i] ?? 1)));
  const params = {
    threshold: per((i) => (threshold[i] ?? 0) * (factor[i] ?? 1)),
    alpha_decay: per((i) => 1 - (km[i] ?? 0)),
    exc_decay: per((i) => 1 - (ks[i] ?? 0)),
    inh_decay: per((i) => 1 - (ks[i] ?? 0)),
    i_offset: per(
      (i) =>
        (km[i] ?? 0) * (vLeak[i] ?? 0) * (factor[i] ?? 1) +
        (weights.reduce((sum, { bias }) => sum + (bias[i] ?? 0), 0) * scale) / (ks[i] ?? 1),
    ),
  };
  const rows = weights.map(({ matrix }) => {
    const sources = matrix.length / size;
    return matrix
      .map((w, k) => [k % sources, Math.floor(k / sources), Math.trunc(w * scale)])
      .filter(([, , w]) => w !== 0);
  });
  return { size, params, rows };
}

function spikeList(input: Tensor): Record<string, number[]> {
  const [steps = 0, channels = 0] = input.shape;
  const values = toFloat64(input);
  return Object.fromEntries(
    Array.from({ length: channels }, (_, c) => [
      c,
      Array.from({ length: steps }, (_, t) => t).filter((t) => values[t * channels + c] !== 0),
    ]),
  );
}
