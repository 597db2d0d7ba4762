/** Samples that an emitted folder proves itself with, without any data of the user. */
import type { Events, SpikeInput } from "@nirkit/graph";
import { philox, type Random } from "@nirkit/integer";
import { inputPorts } from "./input-stream.ts";
import type { FpgaPlan, PortPlan } from "./plan-types.ts";
import { isSpikePort, portSize } from "./port.ts";
import { createFpgaSimulator } from "./simulate.ts";

/**
 * Work that Icarus Verilog 11 does in seconds. Its time for both passes of the bench is, measured with 1 to 16 lanes,
 * cycles · sum over layers of (1 + lanes²) / 62 000 a second: every lane writes its part of vectors that all lanes read.
 */
const affordable = 250_000;

/** How large the samples are. */
interface Extent {
  /** Most addresses that are active in one step. */
  readonly addresses: number;
  /** Random steps of the first sample. */
  readonly steps: number;
}

/**
 * Random samples of a design, the same for the same plan: a few sparse, empty and dense steps, for values both ends of
 * their range, several samples in a row so that the clear after an eos is seen, the last of a single step.
 *
 * They grow until every address and 32 random steps are in, or until Icarus Verilog would take longer than seconds.
 */
export function selfTestSamples(plan: FpgaPlan): readonly SpikeInput[] {
  const perCycle = plan.layers.reduce((sum, { lanes }) => sum + 1 + lanes ** 2, 0);
  const simulator = createFpgaSimulator(plan);
  let chosen: readonly SpikeInput[] = [];
  for (const extent of extents(Math.max(...inputPorts(plan).map(portSize)))) {
    const samples = drawSamples(plan, extent);
    if (chosen.length > 0 && simulator.streamCycles(samples) * perCycle > affordable) break;
    chosen = samples;
  }
  return chosen;
}

function extents(size: number): Extent[] {
  const found: Extent[] = [];
  for (let addresses = 1; addresses < size; addresses *= 2) found.push({ addresses, steps: 4 });
  return [...found, ...[4, 8, 16, 32].map((steps) => ({ addresses: size, steps }))];
}

/** Samples for every Input, each with steps of its own. */
function drawSamples(plan: FpgaPlan, extent: Extent): readonly SpikeInput[] {
  const perPort = inputPorts(plan).map((port, p) => ({ port, samples: drawPort(plan, port, p, extent) }));
  const count = perPort[0]?.samples.length ?? 0;
  return Array.from(
    { length: count },
    (_, k) => new Map(perPort.map(({ port, samples }) => [port.name, events(port, samples[k] ?? [])])),
  );
}

function drawPort(
  plan: FpgaPlan,
  port: PortPlan,
  p: number,
  { addresses, steps }: Extent,
): readonly (readonly Step[])[] {
  const stream = `fpga/self-test/${plan.planHash}${p === 0 ? "" : `/${p}`}`;
  const door = new Door(port, Math.min(addresses, portSize(port)), stream);
  const random = Array.from({ length: steps }, (_, t) => door.random([1, 4, 2][t % 3] as number));
  const some = door.random(2);
  return plan.options.holdInput
    ? [new Array<Step>(3).fill(door.dense()), new Array<Step>(2).fill(some), [door.random(4)]]
    : [
        [some, [], door.dense(), door.highest(), [], door.lowest(), door.alternating(), ...random],
        [[], door.random(4), door.dense()],
        [some],
      ];
}

/** Address and integer, addresses ascending. */
type Step = readonly (readonly [address: number, value: number])[];

/** Draws steps that one input port takes. */
class Door {
  readonly #random: Random;
  readonly #size: number;
  readonly #addresses: number;
  readonly #copies: number;
  readonly #min: number;
  readonly #max: number;

  constructor(input: PortPlan, addresses: number, stream: string) {
    this.#random = philox(0, stream);
    this.#size = portSize(input);
    this.#addresses = addresses;
    this.#copies = input.maxEvents;
    this.#min = isSpikePort(input) ? 1 : input.signed ? -(2 ** (input.bits - 1)) : 0;
    this.#max = input.signed ? 2 ** (input.bits - 1) - 1 : 2 ** input.bits - 1;
  }

  /** One in `every` addresses, on the average. */
  random(every: number): Step {
    return this.#step(Math.max(1, Math.floor(this.#addresses / every)), () => this.#value());
  }

  /** Every address as often as it may send. */
  dense(): Step {
    return this.#step(this.#addresses, () => this.#value(), this.#copies);
  }

  highest(): Step {
    return this.#step(this.#addresses, () => this.#max);
  }

  lowest(): Step {
    return this.#step(this.#addresses, () => this.#min);
  }

  alternating(): Step {
    return this.#step(this.#addresses, (address) => (address % 2 === 0 ? this.#min : this.#max));
  }

  #value(): number {
    return this.#min + this.#random.integer(this.#max - this.#min + 1);
  }

  /** `count` addresses spread over the port at random; all of them where `count` is its size. */
  #step(count: number, value: (address: number) => number, copies = 1): Step {
    const events: (readonly [number, number])[] = [];
    let last = -1;
    for (let k = 0; k < count; k++) {
      const address = Math.floor(((k + this.#random.uniform()) * this.#size) / count);
      if (address === last) continue;
      last = address;
      for (let copy = 0; copy < copies; copy++) events.push([address, value(address)]);
    }
    return events;
  }
}

/** Steps as real values in front of the port's quantizer. */
function events({ shape, scale }: PortPlan, steps: readonly Step[]): Events {
  const all = steps.flat();
  const start = new Uint32Array(steps.length + 1);
  steps.forEach((step, t) => {
    start[t + 1] = (start[t] as number) + step.length;
  });
  return {
    steps: steps.length,
    shape,
    start,
    index: Uint32Array.from(all, ([address]) => address),
    value: Float32Array.from(all, ([, value]) => value * scale),
  };
}
