/**
 * A network read as layers with arcs: branches that join, layers that feed several, delays, several Inputs and Outputs.
 *
 * No dead lock: a layer takes events from any arc as they come and ends a step when every arc has its tick next. Suppose
 * nothing moves, and take of all that work on the earliest step the first in step order. It does not wait for a tick: who
 * owes it would work on an earlier step, or on the same one and come first. It is not held up by a full buffer either: who
 * reads that works on the same step or a later one, so a buffer without delay is not full before it is read, and one of D
 * steps holds at most D steps of events and a tick, for which it has room (`delayDepth`). Exits are served in step
 * order, so the one that is waited for comes first; a source that leads to several Outputs has room for a whole step in
 * all of its exits but the first.
 */
import { type Diagnostic, sizeOf } from "@nirkit/graph";
import {
  accumulatorBounds,
  type IntegerNeuron,
  type Network,
  type OutputPort,
  type Population,
  type PopulationBounds,
  type Port,
  type Projection,
} from "@nirkit/network";
import { matrixGeometry, type SourceMaps, sourceMaps, windowGeometry } from "./arc-geometry.ts";
import type { ChainLayer } from "./chain.ts";
import { fpgaDiagnostic } from "./diagnostics.ts";
import type { LayerGeometry } from "./layer-geometry.ts";
import type { MapShape } from "./map-address.ts";
import type { SourcePlan } from "./plan-types.ts";
import { portValueBits } from "./port.ts";

/** One arc into a layer: a window operation of its own, or all else that comes from one source equally late. */
export interface GraphArc {
  /** Name of the source. */
  readonly from: string;
  readonly source: SourcePlan;
  readonly delay: number;
  readonly pace: boolean;
  readonly projections: readonly Projection[];
  readonly geometry: LayerGeometry;
  /** Signed bits of a value; 0 for spikes. */
  readonly value: number;
  /** Most events of the source in one step. */
  readonly events: number;
}

/** A layer; as a link of a chain it is what its first arc makes of it. */
export interface GraphLayer extends ChainLayer {
  readonly arcs: readonly GraphArc[];
}

/** An Input and the map whose addresses it takes. */
interface GraphDoor {
  readonly port: Port;
  readonly map: MapShape | null;
}

/** What leaves: the beats of a source, by an Output. */
interface GraphExit {
  readonly source: SourcePlan;
  readonly output: number;
  /** Most events in one step. */
  readonly events: number;
  /** An exit before it has the same source. */
  readonly isRepeated: boolean;
}

/** The graph, or why there is none. */
export interface GraphResult {
  readonly doors: readonly GraphDoor[];
  readonly outputs: readonly { readonly port: OutputPort; readonly map: MapShape | null }[];
  readonly layers: readonly GraphLayer[];
  readonly exits: readonly GraphExit[];
  readonly diagnostics: readonly Diagnostic[];
}

/** What feeds arcs. */
interface Sender {
  readonly plan: SourcePlan;
  readonly size: number;
  readonly map: MapShape | null;
  readonly value: number;
  readonly events: number;
}

/** Reads a valid network; what cannot be is named. */
export function readGraph(network: Network): GraphResult {
  const diagnostics: Diagnostic[] = [];
  const missing = (path: string, found: string, expected: string): void => {
    diagnostics.push(fpgaDiagnostic("E_FPGA_UNSUPPORTED_TOPOLOGY", path, { found, expected }));
  };
  if (network.inputs.length === 0) missing("inputs", "The network has no Input", "at least one");
  if (network.populations.length === 0)
    missing("populations", "The network has no population", "at least one layer");
  if (network.outputs.length === 0) missing("outputs", "The network has no Output", "at least one");
  for (const { name, sources } of network.outputs)
    if (sources.length === 0) missing(`outputs.${name}`, "Nothing leads to it", "a source");
  for (const { name, neuron } of network.populations)
    if (neuron.arithmetic === "float32")
      diagnostics.push(
        fpgaDiagnostic("E_FPGA_NON_INTEGER_PLAN", `populations.${name}`, { model: neuron.model }),
      );
  if (diagnostics.length > 0) return { doors: [], outputs: [], layers: [], exits: [], diagnostics };
  const maps = sourceMaps(network);
  const senders = readSenders(network, maps);
  return {
    doors: network.inputs.map((port) => ({ port, map: maps.get(port.name) ?? null })),
    outputs: network.outputs.map((port) => ({ port, map: outputMap(port, maps) })),
    layers: network.populations.map((population) => readLayer(network, population, senders)),
    exits: readExits(network, senders),
    diagnostics,
  };
}

function readSenders(network: Network, maps: SourceMaps): ReadonlyMap<string, Sender> {
  const senders = new Map<string, Sender>();
  network.inputs.forEach((port, index) => {
    const size = sizeOf(port.shape);
    senders.set(port.name, {
      plan: { kind: "input", index },
      size,
      map: maps.get(port.name) ?? null,
      value: portValueBits(port),
      events: size * port.maxEvents,
    });
  });
  const bounds = accumulatorBounds(network);
  network.populations.forEach((population, index) => {
    const size = sizeOf(population.shape);
    const neuron = hardwareNeuron(network, population, bounds.get(population.name) as PopulationBounds);
    senders.set(population.name, {
      plan: { kind: "layer", index },
      size,
      map: maps.get(population.name) ?? null,
      value: neuron.spiking ? 0 : neuron.stateBits,
      events: size,
    });
  });
  return senders;
}

/** An Output whose sources all send the same map; else row-major indices, to which maps are flattened. */
function outputMap({ sources }: OutputPort, maps: SourceMaps): MapShape | null {
  const [first = null, ...others] = sources.map((name) => maps.get(name) ?? null);
  return others.every((map) => `${map}` === `${first}`) ? first : null;
}

function readExits(network: Network, senders: ReadonlyMap<string, Sender>): GraphExit[] {
  const exits = network.outputs.flatMap(({ sources }, output) =>
    sources.map((name) => {
      const { plan, events } = senders.get(name) as Sender;
      return { source: plan, output, events, isRepeated: false };
    }),
  );
  const place = ({ kind, index }: SourcePlan): number =>
    kind === "input" ? index : network.inputs.length + index;
  const ordered = exits.sort((a, b) => place(a.source) - place(b.source) || a.output - b.output);
  return ordered.map((exit, e) => ({
    ...exit,
    isRepeated: e > 0 && place((ordered[e - 1] as GraphExit).source) === place(exit.source),
  }));
}

function readLayer(
  network: Network,
  population: Population,
  senders: ReadonlyMap<string, Sender>,
): GraphLayer {
  const { name } = population;
  const self = senders.get(name) as Sender;
  const bound = accumulatorBounds(network).get(name) as PopulationBounds;
  const neuron = hardwareNeuron(network, population, bound);
  const late = neuron.kind === "delay" ? shortestDelay(population) : 0;
  const incoming = network.projections
    .filter((p) => p.target === name)
    .map((p) => (late === 0 ? p : { ...p, delay: p.delay + late }));
  // Replayed spikes count neurons in index order, which a map does not keep.
  const isReplayed = (p: Projection): boolean =>
    p.source === name && p.delay === 1 && neuron.spiking && self.map === null;
  const recurrent = incoming.filter(isReplayed);
  const arcs = orderedArcs(network, senders, {
    self,
    incoming: incoming.filter((p) => !isReplayed(p)),
  });
  const first = arcs[0] as GraphArc;
  return {
    population,
    neuron,
    inputs: first.geometry.inputs,
    neurons: self.size,
    feedForward: first.projections,
    recurrent,
    arcs,
  };
}

/** The arcs of a layer, one that decides its map first, and one that is not late among them. */
function orderedArcs(
  network: Network,
  senders: ReadonlyMap<string, Sender>,
  { self, incoming }: { readonly self: Sender; readonly incoming: readonly Projection[] },
): readonly GraphArc[] {
  const maps: SourceMaps = new Map([...senders].map(([name, { map }]) => [name, map]));
  const windows: GraphArc[] = [];
  const rest = new Map<string, Projection[]>();
  for (const projection of incoming) {
    const geometry = windowGeometry(projection, maps, self.map);
    if (geometry !== undefined) {
      windows.push(arcOf(projection, [projection], geometry, senders));
      continue;
    }
    const key = JSON.stringify([projection.source, projection.delay]);
    rest.set(key, [...(rest.get(key) ?? []), projection]);
  }
  const matrices = [...rest.values()].map((projections) => {
    const first = projections[0] as Projection;
    const { map, size } = senders.get(first.source) as Sender;
    return arcOf(first, projections, matrixGeometry(projections, map, size), senders);
  });
  const arcs = [...oneLayout(windows), ...matrices.sort((a, b) => a.delay - b.delay)];
  return arcs.some(({ delay }) => delay === 0) ? arcs : [...arcs, paceArc(network, senders)];
}

function arcOf(
  { source, delay }: Projection,
  projections: readonly Projection[],
  geometry: LayerGeometry,
  senders: ReadonlyMap<string, Sender>,
): GraphArc {
  const { plan, value, events } = senders.get(source) as Sender;
  return { from: source, source: plan, delay, pace: false, projections, geometry, value, events };
}

/** Words of neurons are laid out by groups: by those that all convolutions share, else by one. */
function oneLayout(windows: readonly GraphArc[]): readonly GraphArc[] {
  const groups = windows[0]?.geometry.conv?.groups;
  if (windows.every(({ geometry }) => geometry.conv?.groups === groups)) return windows;
  return windows.map((arc) => {
    const { conv } = arc.geometry;
    return conv === null ? arc : { ...arc, geometry: { ...arc.geometry, conv: { ...conv, groups: 1 } } };
  });
}

/** The ticks of the first Input, without weights. */
function paceArc(network: Network, senders: ReadonlyMap<string, Sender>): GraphArc {
  const from = network.inputs[0]?.name ?? "";
  const { plan, events } = senders.get(from) as Sender;
  const geometry = { inMap: null, pool: null, conv: null, inputs: 1 };
  return { from, source: plan, delay: 0, pace: true, projections: [], geometry, value: 0, events };
}

/**
 * The neuron as the core has it. A population of delays that hands on spikes one by one sends spikes; what all of its
 * delays share stands in its arcs.
 */
function hardwareNeuron(network: Network, population: Population, bound: PopulationBounds): IntegerNeuron {
  const neuron = population.neuron as IntegerNeuron;
  if (neuron.kind !== "delay") return neuron;
  const shortest = shortestDelay(population);
  const isSpikes =
    bound.acc <= 1 &&
    network.projections
      .filter((p) => p.target === population.name)
      .every((p) => sendsSpikes(network, p.source) && p.weights.ints.every((w: number) => w >= 0));
  return {
    ...neuron,
    spiking: isSpikes,
    compare: "ge",
    theta: Int32Array.of(1),
    reset: "none",
    spikeDelay: 0,
    resetDelay: 0,
    fracBits: 0,
    delaySteps: (neuron.delaySteps ?? new Int32Array(0)).map((steps) => steps - shortest),
  };
}

/** Whether a source says nothing but 0 and 1; a Delay behind a Delay is taken for wider. */
function sendsSpikes(network: Network, name: string): boolean {
  const port = network.inputs.find((p) => p.name === name);
  if (port !== undefined) return port.bits === 1 && !port.signed;
  const neuron = network.populations.find((p) => p.name === name)?.neuron;
  return neuron?.spiking ?? false;
}

function shortestDelay({ neuron }: Population): number {
  const steps =
    neuron.arithmetic === "integer" ? (neuron.delaySteps ?? new Int32Array(0)) : new Int32Array(0);
  return steps.reduce((a, b) => Math.min(a, b), steps[0] ?? 0);
}

/** Beats that an arc of so many steps may hold: D steps with all events and ticks, and one more tick. */
export function delayDepth({ delay, events }: Pick<GraphArc, "delay" | "events">): number {
  return delay * (events + 1) + 1;
}
