/** Random chains over feature maps: convolutions, window sums, one-to-one and dense layers with everything a core knows. */
import type { SpikeInput } from "@nirkit/graph";
import { philox, type Random } from "@nirkit/integer";
import type { Network, Population, Projection } from "@nirkit/network";
import {
  type ConvShape,
  conv,
  convOutput,
  dense,
  network,
  pool,
  quantTensor,
  randomPopulation,
  randomRows,
  spikes,
} from "./random-network.ts";

type Map3 = readonly [number, number, number];

/** The same seed gives the same network and sample. */
export function randomMaps(seed: number): { network: Network; input: SpikeInput } {
  const random = philox(seed, "fpga-maps");
  const pick = <T>(choices: readonly T[]): T => choices[random.integer(choices.length)] as T;
  const shape: Map3 = [1 + random.integer(4), 1 + random.integer(7), 1 + random.integer(7)];
  const populations: Population[] = [];
  const projections: Projection[] = [];
  const depth = 1 + random.integer(3);
  let source = "in";
  let map = shape;
  for (let l = 0; l < depth; l++) {
    const isLast = l + 1 === depth;
    const name = `l${l}`;
    const built = random.integer(6) === 0 && isLast ? undefined : mapLayer(source, name, map, random);
    if (built === undefined) {
      const size = 1 + random.integer(6);
      const inputs = map[0] * map[1] * map[2];
      const window = isTiled(map, random);
      const front = window === undefined ? inputs : window.outShape.reduce((a, b) => a * b, 1);
      populations.push(randomPopulation(name, size, isLast, random));
      projections.push(
        dense(
          `w${l}`,
          source,
          name,
          randomRows(size, front, random),
          window === undefined ? {} : { pool: window },
        ),
      );
    } else {
      populations.push(randomPopulation(name, built.map, isLast, random));
      projections.push(built.projection);
      map = built.map;
    }
    source = name;
  }
  const port = pick([
    { bits: 1, signed: false, maxEvents: 1 + random.integer(2) },
    { bits: 1, signed: false, maxEvents: 1 },
    { bits: 8, signed: true, maxEvents: 1 },
    { bits: 3, signed: false, maxEvents: 1 },
  ]);
  const max = port.bits === 1 ? port.maxEvents : 2 ** port.bits - 1;
  const rate = pick([0.05, 0.3, 0.8]);
  const value = (): number => {
    if (random.uniform() >= rate) return 0;
    const level = random.integer(max + 1);
    return port.signed ? level - 128 : level;
  };
  const size = shape[0] * shape[1] * shape[2];
  const rows = Array.from({ length: 1 + random.integer(6) }, () => Array.from({ length: size }, value));
  return {
    network: network({ input: { shape, ...port }, populations, projections }),
    input: spikes(rows, shape),
  };
}

function isTiled(map: Map3, random: Random): ReturnType<typeof pool> | undefined {
  const window = [1 + random.integer(3), 1 + random.integer(3)] as const;
  if (random.integer(2) === 0 || window[0] > map[1] || window[1] > map[2]) return undefined;
  return pool(map, window);
}

function mapLayer(
  source: string,
  target: string,
  map: Map3,
  random: Random,
): { projection: Projection; map: Map3 } {
  const window = isTiled(map, random);
  const inShape = (window?.outShape ?? map) as Map3;
  const groups = [1, 1, inShape[0]][random.integer(3)] as number;
  const shape: ConvShape = {
    inShape,
    channels: groups * (1 + random.integer(4)),
    groups,
    kernel: [1 + random.integer(3), 1 + random.integer(3)],
    stride: [1 + random.integer(3), 1 + random.integer(3)],
    padding: [2 + random.integer(2), 2 + random.integer(2)],
    dilation: [1 + random.integer(2), 1 + random.integer(2)],
  };
  const out = convOutput(shape);
  const levels = [1, 7, 127][random.integer(3)] as number;
  const powers = random.integer(3) === 0;
  const weight = (): number => {
    const sign = random.integer(3) - 1;
    return powers ? sign * 2 ** random.integer(7) : sign * random.integer(levels + 1);
  };
  const projection = conv(`w_${target}`, source, target, shape, weight, {
    ...(window === undefined ? {} : { pool: window }),
    ...(random.integer(3) === 0 ? { shift: 1 } : {}),
  });
  if (random.integer(6) > 0) return { projection, map: out };
  // A window sum, overlapping or not, straight into the neurons.
  const sum = pool(map, [1 + random.integer(map[1]), 1 + random.integer(map[2])], [1 + random.integer(2), 1]);
  const { pool: _, ...bare } = projection;
  return {
    projection: { ...bare, op: sum, weights: quantTensor([1], [3]) },
    map: sum.outShape as Map3,
  };
}
