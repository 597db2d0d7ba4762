/** Random networks for comparisons of execution paths: a number makes a network. */
import { graph, type NirGraph } from "@nirkit/graph";
import { philox, type Random } from "@nirkit/integer";

function matrix(random: Random, rows: number, columns: number): number[][] {
  // Inputs fire every other step: a drive of about one threshold.
  const scale = 1.6 / Math.sqrt(columns);
  return Array.from({ length: rows }, () =>
    Array.from({ length: columns }, () => scale * (random.normal() + 0.3)),
  );
}

function vector(random: Random, length: number, low: number, high: number): number[] {
  return Array.from({ length }, () => low + (high - low) * random.uniform());
}

/**
 * One to three layers of 3 to 12 neurons of every kind, some recurrent, some behind delays, some past by a branch, and a
 * readout that spikes or does not.
 */
export function randomNetwork(seed: number): NirGraph {
  const random = philox(seed, "network");
  const inputs = 4 + random.integer(8);
  let builder = graph().input("in", [inputs]);
  let width = inputs;
  const depth = 1 + random.integer(3);
  for (let l = 0; l < depth; l++) {
    const size = 3 + random.integer(10);
    const [fc, neuron] = [`fc${l}`, `n${l}`];
    const weight = matrix(random, size, width);
    builder =
      random.integer(2) === 0
        ? builder.linear(fc, { weight })
        : builder.affine(fc, { weight, bias: vector(random, size, -0.1, 0.3) });
    builder = spiking(builder, neuron, size, random);
    if (random.integer(3) === 0)
      builder = builder
        .linear(`rec${l}`, { weight: matrix(random, size, size) })
        .edge(`rec${l}`, neuron)
        .at(neuron);
    if (random.integer(3) === 0) builder = builder.delay(`d${l}`, { delay: 1 + random.integer(2) });
    width = size;
  }
  builder = builder.linear("read", { weight: matrix(random, 3, width) });
  builder =
    random.integer(2) === 0
      ? builder.li("out", { tau: 3, r: 3 })
      : builder.lif("out", { tau: 4, r: 4, vThreshold: 1 });
  return builder.output("output").build();
}

type Builder = ReturnType<typeof graph>;

function spiking(builder: Builder, name: string, size: number, random: Random): Builder {
  const tau = vector(random, size, 2.5, 8);
  const limit = vector(random, size, 0.7, 1.3);
  switch (random.integer(3)) {
    case 0:
      return builder.lif(name, { tau, r: tau, vThreshold: limit, vReset: vector(random, size, -0.2, 0.2) });
    case 1:
      return builder.if(name, { r: vector(random, size, 0.5, 1), vThreshold: limit });
    default:
      return builder.cubaLif(name, {
        tauSyn: vector(random, size, 2, 4),
        tauMem: tau,
        r: tau,
        wIn: 2,
        vThreshold: limit,
      });
  }
}
