/** The networks and inputs that nirkit and its peers run, written to files that both read. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { graph, type NirGraph, type Tensor, tensor } from "@nirkit/graph";
import { readNir, writeNir } from "@nirkit/hdf5";
import { philox } from "@nirkit/integer";
import { readNpz, writeNpy } from "@nirkit/npy";

/** One line of the comparison. */
export interface Case {
  readonly name: string;
  /** What the peers' script calls it. */
  readonly kind: "braille" | "mlp" | "cnn";
  readonly graph: string;
  /** `[batch, T, ...]` */
  readonly input: string;
  readonly dt: number;
  readonly batch: number;
  /** Largest share of the best peer's time. */
  readonly target: number;
}

/** Files of all cases; those on networks of others are left out where the reference data is not. */
export async function makeCases(folder: string, data: string): Promise<readonly Case[]> {
  mkdirSync(folder, { recursive: true });
  const file = (name: string): string => join(folder, name);
  writeFileSync(file("mlp.nir"), await writeNir(mlp([784, 512, 256, 10])));
  for (const batch of [1, 64])
    writeFileSync(file(`mlp-${batch}.npy`), writeNpy(spikes([batch, 25, 784], 0.1)));
  const own: Case[] = [1, 64].map((batch) => ({
    name: `MLP 784-512-256-10, T 25, batch ${batch}`,
    kind: "mlp",
    graph: file("mlp.nir"),
    input: file(`mlp-${batch}.npy`),
    dt: 1e-3,
    batch,
    target: batch === 1 ? 1 / 3 : 1.5,
  }));
  const real = join(data, "traces/real");
  if (!existsSync(real)) return own;
  const braille = readNpz(readFileSync(join(real, "braille_noDelay_bias_zero_sample0.npz")), {
    select: (key) => key === "input",
  }).get("input") as Tensor;
  writeFileSync(file("braille.npy"), writeNpy({ ...braille, shape: [1, ...braille.shape] } as Tensor));
  const moving = readNpz(readFileSync(join(real, "cnn_synth_saccade_xy.npz"))).get("x") as Tensor;
  const size = moving.data.length / (moving.shape[0] ?? 1);
  const one = {
    ...moving,
    shape: [1, ...moving.shape.slice(1)],
    data: moving.data.subarray(0, size),
  } as Tensor;
  writeFileSync(file("cnn.npy"), writeNpy(one));
  return [
    {
      name: "Braille RNN 12-38-7, T 256, batch 1",
      kind: "braille",
      graph: join(real, "braille_noDelay_bias_zero.nir"),
      input: file("braille.npy"),
      dt: 1e-4,
      batch: 1,
      target: 1 / 20,
    },
    ...own,
    {
      name: "cnn_sinabs.nir, T 300, batch 1",
      kind: "cnn",
      graph: join(real, "cnn_sinabs.nir"),
      input: file("cnn.npy"),
      dt: 1,
      batch: 1,
      target: 1 / 5,
    },
  ];
}

/** Layers of LIF with r 1, which every peer reads alike, and weights that keep every twentieth neuron or so firing. */
export function mlp(sizes: readonly number[]): NirGraph {
  const source = philox(1, "weights");
  let builder = graph().input("input", [sizes[0] ?? 0]);
  for (const [k, to] of sizes.slice(1).entries()) {
    const from = sizes[k] ?? 0;
    const scale = 10 / Math.sqrt(from);
    const weight = tensor(
      "float32",
      [to, from],
      Float32Array.from({ length: to * from }, () => scale * source.normal()),
    );
    builder = builder.linear(`fc${k + 1}`, { weight }).lif(`lif${k + 1}`, { tau: 5e-3, r: 1, vThreshold: 1 });
  }
  return builder.output("output").build();
}

/** Seeded spikes. */
export function spikes(shape: readonly number[], density: number): Tensor {
  const source = philox(2, "spikes");
  const length = shape.reduce((a, n) => a * n, 1);
  return tensor(
    "uint8",
    shape,
    Uint8Array.from({ length }, () => (source.uniform() < density ? 1 : 0)),
  );
}

/** A graph from a file. */
export async function readGraph(path: string): Promise<NirGraph> {
  return (await readNir(readFileSync(path))).graph;
}
