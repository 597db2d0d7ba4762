/**
 * The fast engine: SIMD kernels over many steps at once, the same integers as the plain one.
 *
 * A population without a loop takes all steps of a chunk in one go; populations in a loop take as many as the
 * shortest delay among them allows. Images keep the channels of a pixel together inside.
 */
import { sizeOf } from "@nirkit/graph";
import { type Kernels, type LoadKernelsOptions, loadKernels } from "@nirkit/kernels";
import { accumulatorBounds, type PopulationBounds } from "../bounds.ts";
import { createFloat32Layer } from "../float32-layer.ts";
import { createIntegerLayer } from "../integer-layer.ts";
import type { Network, Population, Port, Projection } from "../network.ts";
import type { Engine, EngineCounts, PortEvents } from "./engine.ts";
import { type PopulationGroup, populationGroups } from "./groups.ts";
import { eachEvent, fitsKernel, KernelPopulation } from "./kernel-population.ts";
import { KernelProjection, wantedImage } from "./kernel-projection.ts";
import { KernelSource } from "./kernel-source.ts";
import { imageLayout, type Layout, nirLayout } from "./layout.ts";
import type { OutputCollector } from "./output-collector.ts";
import { longestDelay, PlainEngine, sourceSize } from "./plain-engine.ts";
import { PlainMember } from "./plain-member.ts";
import type { Recorder } from "./recorder.ts";

/** Sums of one chunk that a cache of the second level holds. */
const chunkValues = 2 ** 17;
const mostSteps = 256;
/** Room for the past, in events. Delays so long that they pass it are left to the plain engine, which grows with the spikes. */
const mostHistory = 2 ** 26;

/** An engine on the kernels; the plain one where graded outputs may pass int32, or delays are too long. */
export function createKernelEngine(network: Network, build: LoadKernelsOptions["build"]): Engine {
  const bounds = accumulatorBounds(network);
  const isWide = (population: Population): boolean => {
    const { neuron } = population;
    const own = bounds.get(population.name) as PopulationBounds;
    return !neuron.spiking && !(neuron.arithmetic === "integer" && own.widest <= 2 ** 31 - 1);
  };
  if (network.populations.some(isWide) || historyValues(network) > mostHistory)
    return new PlainEngine(network);
  return new KernelEngine(network, bounds, loadKernels({ ...(build === undefined ? {} : { build }) }));
}

/** Events that the past of all sources could hold: the kernels keep room for every one. */
function historyValues(network: Network): number {
  return [...network.inputs, ...network.populations].reduce(
    (sum, { name, shape }) => sum + longestDelay(network, name) * sizeOf(shape),
    0,
  );
}

interface Member {
  readonly name: string;
  readonly source: KernelSource;
  readonly saturations: number;
  reset(): void;
  begin(recorders: readonly Recorder[]): void;
  run(row: number, rows: number): void;
  record(count: number): void;
}

class KernelEngine implements Engine {
  readonly chunk: number;
  readonly #sources = new Map<string, KernelSource>();
  readonly #groups: readonly (PopulationGroup & { readonly members: readonly Member[] })[];
  readonly #projections = new Map<string, readonly KernelProjection[]>();
  #collectors: readonly OutputCollector[] = [];
  #row = 0;

  constructor(network: Network, bounds: ReadonlyMap<string, PopulationBounds>, kernels: Kernels) {
    const sizes = [...network.inputs, ...network.populations].map(({ shape }) => sizeOf(shape));
    this.chunk = Math.min(mostSteps, Math.max(1, Math.floor(chunkValues / Math.max(1, ...sizes))));
    for (const port of network.inputs)
      this.#addSource(kernels, network, port.name, nirLayout(sizeOf(port.shape)), isGradedPort(port));
    for (const population of network.populations) {
      const fits = fitsKernel(population, bounds.get(population.name) as PopulationBounds);
      const layout = fits ? layoutOf(network, population) : nirLayout(sizeOf(population.shape));
      this.#addSource(kernels, network, population.name, layout, !population.neuron.spiking);
    }
    const members = new Map(
      network.populations.map((population) => [
        population.name,
        fitsKernel(population, bounds.get(population.name) as PopulationBounds)
          ? this.#kernelMember(kernels, network, population)
          : this.#plainMember(network, population, bounds.get(population.name) as PopulationBounds),
      ]),
    );
    this.#groups = populationGroups(network).map((group) => ({
      ...group,
      members: group.names.map((name) => members.get(name) as Member),
    }));
  }

  #addSource(kernels: Kernels, network: Network, name: string, layout: Layout, isGraded: boolean): void {
    const { chunk } = this;
    const source = new KernelSource(kernels, layout, longestDelay(network, name), { chunk, isGraded });
    this.#sources.set(name, source);
  }

  #kernelMember(kernels: Kernels, network: Network, population: Population): Member {
    const member = new KernelPopulation(kernels, population, this.#source(population.name), this.chunk);
    this.#projections.set(
      population.name,
      into(network, population).map(
        (projection) =>
          new KernelProjection(kernels, projection, this.#source(projection.source), member, this.chunk),
      ),
    );
    return member;
  }

  #plainMember(network: Network, population: Population, bounds: PopulationBounds): Member {
    const { neuron, name } = population;
    const { state, fanOut } =
      neuron.arithmetic === "float32"
        ? createFloat32Layer(population, neuron)
        : createIntegerLayer(population, neuron, bounds);
    const targets = sizeOf(population.shape);
    const inputs = into(network, population).map((projection) => ({
      projection,
      source: this.#source(projection.source),
      fanOut: fanOut({ projection, sources: sourceSize(network, projection.source), targets }),
      eventsIn: 0,
      synapticOps: 0,
    }));
    return new PlainMember(name, state, this.#source(name), inputs);
  }

  #source(name: string): KernelSource {
    return this.#sources.get(name) as KernelSource;
  }

  reset(): void {
    for (const source of this.#sources.values()) source.clear();
    for (const { members } of this.#groups) for (const member of members) member.reset();
  }

  begin(recorders: readonly Recorder[], collectors: readonly OutputCollector[]): void {
    this.#collectors = collectors;
    this.#row = 0;
    for (const source of this.#sources.values()) source.total = 0;
    for (const { members } of this.#groups) for (const member of members) member.begin(recorders);
    for (const input of this.#inputs()) {
      input.eventsIn = 0;
      input.synapticOps = 0;
    }
  }

  advance(ports: PortEvents, from: number, count: number): void {
    for (const [name, events] of ports) this.#source(name).fill(events, from, count);
    for (const { members, stride } of this.#groups)
      for (let row = 0; row < count; row += stride) {
        const rows = Math.min(stride, count - row);
        for (const member of members) {
          for (const projection of this.#projections.get(member.name) ?? []) projection.run(row, rows);
          member.run(row, rows);
        }
      }
    for (const { members } of this.#groups) for (const member of members) member.record(count);
    for (const collector of this.#collectors) this.#collect(collector, count);
    for (const source of this.#sources.values()) source.shift(count);
    this.#row += count;
  }

  #collect(collector: OutputCollector, count: number): void {
    for (const name of collector.port.sources) {
      const source = this.#source(name);
      for (let row = 0; row < count; row++)
        eachEvent(source, row, (index, value) => collector.add(this.#row + row, index, value));
    }
  }

  counts(): EngineCounts {
    return {
      eventsOut: new Map([...this.#sources].map(([name, { total }]) => [name, total])),
      projections: this.#inputs().map(({ projection, eventsIn, synapticOps }) => ({
        name: projection.name,
        eventsIn,
        synapticOps,
      })),
      saturations: new Map(
        this.#groups.flatMap(({ members }) => members.map((m) => [m.name, m.saturations] as const)),
      ),
    };
  }

  #inputs(): readonly { readonly projection: Projection; eventsIn: number; synapticOps: number }[] {
    const plain = this.#groups.flatMap(({ members }) =>
      members.flatMap((member) => (member instanceof PlainMember ? member.inputs : [])),
    );
    return [...plain, ...[...this.#projections.values()].flat()];
  }
}

function into(network: Network, { name }: Population): readonly Projection[] {
  return network.projections.filter(({ target }) => target === name);
}

function isGradedPort({ bits, signed, scale, maxEvents }: Port): boolean {
  return bits > 1 || signed || scale !== 1 || maxEvents > 1;
}

/** Pixels with their channels together where a window writes into the population. */
function layoutOf(network: Network, population: Population): Layout {
  for (const projection of into(network, population)) {
    const image = wantedImage(projection);
    if (image !== undefined) return imageLayout(image);
  }
  return nirLayout(sizeOf(population.shape));
}
