/** A small run that comes with the program: random input, and every spike that the chip has to give. */
import { type Events, sizeOf } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import type { SpikeTrain } from "../engine/population-engine.ts";
import { inputTrains } from "../input-trains.ts";
import type { S2Mapping } from "../map/mapping.ts";
import { prepareMapping } from "../prepare.ts";
import { engineRecords } from "../simulate.ts";

/** Spike steps by population and neuron; silent neurons are left out. */
type SpikeLists = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;

/** `selfcheck/input.json`. */
export interface CheckInput {
  readonly steps: number;
  readonly spikes: SpikeLists;
}

/** `selfcheck/expected.json`; voltages of readouts, one list per neuron. */
export interface CheckExpected {
  readonly steps: number;
  readonly spikes: SpikeLists;
  readonly voltages: Readonly<Record<string, readonly (readonly number[])[]>>;
}

const inputSteps = 32;
/** Share of inputs that fire in the last step with input; it grows to that from nothing. */
const highestRate = 0.8;
const seed = 2;

/** Input of up to 32 steps and as many more as the network takes, seeded; keys are ids of populations. */
export function selfCheck(mapping: S2Mapping): {
  readonly input: CheckInput;
  readonly expected: CheckExpected;
} {
  const steps = Math.min(inputSteps, mapping.steps) + mapping.latency;
  const sample = new Map(
    mapping.inputs.map(({ name, shape }) => [
      name,
      randomEvents(name, shape, steps, steps - mapping.latency),
    ]),
  );
  const { trains } = inputTrains(mapping, sample);
  const trace = prepareMapping(mapping).run(trains, steps, engineRecords(mapping, {}));
  const lists = (role: string): SpikeLists =>
    Object.fromEntries(
      mapping.populations.flatMap((population, k) =>
        population.role === role && !population.readout
          ? [[population.id, spikeLists(trace.spikes[k] as SpikeTrain)] as const]
          : [],
      ),
    );
  const voltages = mapping.populations.flatMap(({ readout, name, id, size }) => {
    const values = trace.membranes.get(`${name}/v`);
    if (!readout || values === undefined) return [];
    return [
      [
        id,
        Array.from({ length: size }, (_, i) =>
          Array.from({ length: steps }, (_, t) => values[t * size + i] ?? 0),
        ),
      ] as const,
    ];
  });
  return {
    input: { steps, spikes: lists("input") },
    expected: { steps, spikes: lists("neurons"), voltages: Object.fromEntries(voltages) },
  };
}

function randomEvents(name: string, shape: readonly number[], steps: number, filled: number): Events {
  const random = philox(seed, `selfcheck/${name}`);
  const start = new Uint32Array(steps + 1);
  const index: number[] = [];
  const size = sizeOf(shape);
  for (let t = 0; t < steps; t++) {
    const rate = t < filled ? (highestRate * (t + 1)) / filled : 0;
    for (let i = 0; i < size; i++) if (random.uniform() < rate) index.push(i);
    start[t + 1] = index.length;
  }
  return { steps, shape, start, index: Uint32Array.from(index) };
}

function spikeLists({ start, index }: SpikeTrain): Readonly<Record<string, readonly number[]>> {
  const lists = new Map<number, number[]>();
  for (let t = 0; t + 1 < start.length; t++)
    for (let k = start[t] as number; k < (start[t + 1] as number); k++) {
      const neuron = index[k] as number;
      const list = lists.get(neuron);
      if (list === undefined) lists.set(neuron, [t]);
      else list.push(t);
    }
  return Object.fromEntries([...lists].sort(([a], [b]) => a - b));
}
