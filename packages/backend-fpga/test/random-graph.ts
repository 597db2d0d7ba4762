/** Random graphs: joins, forks, loops, delays, maps, several Inputs and Outputs, with everything a core knows. */
import type { SpikeInput } from "@nirkit/graph";
import { philox, type Random } from "@nirkit/integer";
import type { IntegerNeuron, Network, Population, Port, Projection } from "@nirkit/network";
import { graphNetwork, sample } from "./graph-designs.ts";
import {
  conv,
  convOutput,
  dense,
  pool,
  population,
  quantTensor,
  randomPopulation,
  randomRows,
} from "./random-network.ts";

type Map3 = readonly [number, number, number];
type Sender = { readonly name: string; readonly shape: readonly number[]; readonly states: boolean };

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** The same seed gives the same network and sample. */
export function randomGraph(seed: number): { network: Network; input: SpikeInput } {
  const random = philox(seed, "fpga-graph");
  const pick = <T>(choices: readonly T[]): T => choices[random.integer(choices.length)] as T;
  const hasMaps = random.integer(2) === 0;
  const map = (): Map3 => [1 + random.integer(3), 2 + random.integer(3), 2 + random.integer(3)];
  const shape = (): readonly number[] => (hasMaps && random.integer(3) > 0 ? map() : [1 + random.integer(7)]);
  const inputs: Record<string, Partial<Port> & { shape: readonly number[] }> = {};
  const senders: Sender[] = [];
  for (let p = 0; p < 1 + random.integer(2); p++) {
    const port = pick([
      { bits: 1, signed: false, maxEvents: 1 },
      { bits: 1, signed: false, maxEvents: 2 },
      { bits: 5, signed: true, maxEvents: 1 },
      { bits: 3, signed: false, maxEvents: 1 },
    ]);
    inputs[`in${p}`] = { shape: shape(), ...port };
    senders.push({ name: `in${p}`, shape: inputs[`in${p}`]?.shape ?? [], states: port.bits > 1 });
  }
  const populations: Population[] = [];
  const projections: Projection[] = [];
  const layers = 1 + random.integer(5);
  const made: Sender[] = [];
  const late: { from: number; to: number }[] = [];
  for (let l = 0; l < layers; l++) {
    const name = `l${l}`;
    const before = [...senders, ...made];
    const first = pick(before);
    const start = feed(`w${l}`, first, name, random, hasMaps);
    populations.push(makeLayer(name, start.shape, random));
    projections.push(start.projection);
    for (let extra = random.integer(3); extra > 0; extra--) {
      const from = pick(before);
      const delay = random.integer(3) === 0 ? 1 + random.integer(3) : 0;
      projections.push(
        join(`x${l}_${extra}`, from, { name, shape: start.shape, states: false }, random, delay),
      );
    }
    const neuron = populations.at(-1)?.neuron as IntegerNeuron;
    made.push({ name, shape: start.shape, states: !neuron.spiking });
    if (random.integer(3) === 0) late.push({ from: l, to: random.integer(l + 1) });
  }
  late.forEach(({ from, to }, k) => {
    const [source, target] = [made[from] as Sender, made[to] as Sender];
    if (!source.states) projections.push(join(`b${k}`, source, target, random, 1 + random.integer(3)));
  });
  const outputs: Record<string, string[]> = { out: [(made.at(-1) as Sender).name] };
  if (random.integer(2) === 0) outputs.more = [pick([...senders, ...made]).name];
  const network = graphNetwork({ inputs, outputs, populations, projections });
  const steps = 1 + random.integer(6);
  const rate = pick([0.1, 0.4, 0.9]);
  const rows = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape: of, bits = 1, signed = false, maxEvents = 1 }]) => {
      const max = bits === 1 ? maxEvents : 2 ** bits - 1;
      const value = (): number =>
        random.uniform() >= rate ? 0 : random.integer(max + 1) - (signed ? 2 ** (bits - 1) : 0);
      return [name, Array.from({ length: steps }, () => Array.from({ length: sizeOf(of) }, value))];
    }),
  );
  return { network, input: sample(rows, network) };
}

/** A layer that is fed by `from`: its shape follows from the projection. */
function feed(
  name: string,
  from: Sender,
  target: string,
  random: Random,
  hasMaps: boolean,
): { projection: Projection; shape: readonly number[] } {
  if (hasMaps && from.shape.length === 3 && random.integer(4) > 0) {
    const inShape = from.shape as Map3;
    const groups = [1, 1, inShape[0]][random.integer(3)] as number;
    const shape = {
      inShape,
      channels: groups * (1 + random.integer(3)),
      groups,
      kernel: [1 + random.integer(3), 1 + random.integer(3)],
      stride: [1 + random.integer(2), 1 + random.integer(2)],
      padding: [1, 1],
      dilation: [1, 1],
    } as const;
    const weight = (): number => random.integer(15) - 6;
    return { projection: conv(name, from.name, target, shape, weight), shape: convOutput(shape) };
  }
  const size = 1 + random.integer(7);
  return {
    projection: dense(name, from.name, target, randomRows(size, sizeOf(from.shape), random)),
    shape: [size],
  };
}

/** A further projection between shapes that are given. */
function join(name: string, from: Sender, to: Sender, random: Random, delay: number): Projection {
  const [sources, targets] = [sizeOf(from.shape), sizeOf(to.shape)];
  const more = { delay, ...(random.integer(3) === 0 ? { shift: random.integer(3) } : {}) };
  const bothMaps = from.shape.length === 3 && to.shape.length === 3;
  const same = from.shape.length === to.shape.length && from.shape.every((n, axis) => n === to.shape[axis]);
  if (same && random.integer(2) === 0)
    return {
      name,
      source: from.name,
      target: to.name,
      op: { kind: "identity" },
      weights: quantTensor([1], [random.integer(7) - 3]),
      ...more,
    };
  if (bothMaps && from.shape[1] === to.shape[1] && from.shape[2] === to.shape[2] && random.integer(2) === 0) {
    const shape = {
      inShape: from.shape as Map3,
      channels: to.shape[0] as number,
      kernel: [3, 3],
      padding: [1, 1],
    } as const;
    return conv(name, from.name, to.name, shape, () => random.integer(9) - 4, more);
  }
  const [, height = 0, width = 0] = from.shape;
  if (from.shape.length === 3 && height > 1 && width > 1 && random.integer(3) === 0) {
    const window = pool(from.shape as Map3, [2, 2]);
    return dense(name, from.name, to.name, randomRows(targets, sizeOf(window.outShape), random), {
      pool: window,
      ...more,
    });
  }
  return dense(name, from.name, to.name, randomRows(targets, sources, random), more);
}

function makeLayer(name: string, shape: readonly number[], random: Random): Population {
  const neurons = sizeOf(shape);
  if (random.integer(5) > 0) return randomPopulation(name, shape, random.integer(3) === 0, random);
  return population(name, shape, {
    kind: "delay",
    spiking: false,
    reset: "none",
    stateBits: 20,
    delaySteps: Int32Array.from({ length: neurons }, () => random.integer(6)),
  });
}
