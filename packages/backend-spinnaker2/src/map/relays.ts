/**
 * Relay neurons for delays that a synapse does not have.
 *
 * A relay (`lif`, alpha 0, threshold 1, weight 1) repeats every spike 1 … 8 steps later. A delay of D steps is a chain
 * of relays of 8 steps and a remainder on the last synapse, which takes 1 … 8 steps, or exactly 1 into models without
 * delays: 20 steps are 8 + 8 + 4. Chains are shared by all targets of a source.
 */
import type { Float32Neuron } from "@nirkit/network";
import { applicationModels, type ModelName } from "../application-models.ts";
import type { DraftPopulation, DraftProjection } from "./draft.ts";
import { oneToOne } from "./synapse-rows.ts";

const longest = 8;

/** The relays of a network, made as they are needed. */
export class RelayChains {
  readonly populations: DraftPopulation[] = [];
  readonly projections: DraftProjection[] = [];
  readonly #sizes: ReadonlyMap<string, number>;
  readonly #names = new Map<string, string>();

  constructor(sizes: ReadonlyMap<string, number>) {
    this.#sizes = sizes;
  }

  /** The projection as its target's model takes it, behind as many relays as it needs. */
  connect(projection: DraftProjection, model: ModelName): DraftProjection {
    const most = applicationModels[model].delayMax + 1;
    const { delay, source } = projection;
    if (delay <= most) return projection;
    // With delays of its own, the last synapse takes what is left after whole relays.
    const before = most === 1 ? delay - 1 : longest * (Math.ceil(delay / longest) - 1);
    return { ...projection, source: this.#relay(source, before), delay: delay - before };
  }

  /** Name of the population that repeats a source `steps` later. */
  #relay(source: string, steps: number): string {
    const key = `${steps} ${source}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const last = ((steps - 1) % longest) + 1;
    const from = steps === last ? source : this.#relay(source, steps - last);
    const size = this.#sizes.get(source) ?? 0;
    const name = this.#freeName(`${source} + ${steps}`);
    this.#names.set(key, name);
    this.populations.push({ name, role: "relay", model: "lif", shape: [size], size, neuron: relayNeuron });
    this.projections.push({
      name: `${from} -> ${name}`,
      source: from,
      target: name,
      delay: last,
      origin: "relay",
      rows: oneToOne(size),
    });
    return name;
  }

  #freeName(wanted: string): string {
    const taken = new Set([...this.#sizes.keys(), ...this.#names.values()]);
    let name = wanted;
    while (taken.has(name)) name += "'";
    return name;
  }
}

const relayNeuron: Float32Neuron = {
  arithmetic: "float32",
  model: "lif",
  fp: "separate",
  spiking: true,
  reset: "value",
  params: new Map([
    ["threshold", Float64Array.of(1)],
    ["alpha_decay", Float64Array.of(0)],
    ["i_offset", Float64Array.of(0)],
    ["v_reset", Float64Array.of(0)],
  ]),
  biasOffset: Float64Array.of(0),
  stateScale: Float64Array.of(1),
};
