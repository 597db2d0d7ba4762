/** The hardware model of a network that is no chain. */
import { bitLength } from "@nirkit/integer";
import { accumulatorBounds, type Network, type PopulationBounds } from "@nirkit/network";
import { addressBits } from "./address-bits.ts";
import { sweepOrder } from "./event-addresses.ts";
import { graphLanes, type LayerLanes } from "./lanes.ts";
import { type ExtraArc, planLayer } from "./layer-plan.ts";
import { NameLegalizer } from "./legalize-name.ts";
import { fullNetwork } from "./loadable-range.ts";
import { fieldBits, type MapShape, streamAddressBits } from "./map-address.ts";
import { delayDepth, type GraphArc, type GraphLayer, type GraphResult, readGraph } from "./network-graph.ts";
import type { FpgaOptions } from "./options.ts";
import type {
  ArcPlan,
  ConvPlan,
  DoorPlan,
  FpgaPlan,
  GraphPlan,
  LayerPlan,
  PortPlan,
  StreamPlan,
  StreamPorts,
} from "./plan-types.ts";
import { isSpikePort, portSize, portValueBits } from "./port.ts";
import { portPlan, streamPlan } from "./stream-plan.ts";
import { kernelMatrix, placedMatrix, weightMatrix } from "./weight-matrix.ts";

/** What of a plan depends on how its layers are joined. */
export type GraphParts = Pick<FpgaPlan, "input" | "output" | "streams" | "layers" | "graph">;

/** Doors, exits, streams and layers; the network has passed the checks. */
export function graphParts(network: Network, options: FpgaOptions): GraphParts {
  const read = readGraph(network);
  const bounds = accumulatorBounds(options.weights === "ram" ? fullNetwork(network) : network);
  const names = new NameLegalizer();
  const lanes = graphLanes(read.layers, options);
  const layers = read.layers.map((layer, index) =>
    planGraphLayer(layer, {
      name: names.legalize(layer.population.name),
      bounds: bounds.get(layer.population.name) as PopulationBounds,
      lanes: (lanes[index] as LayerLanes).lanes,
      options,
    }),
  );
  const graph = planPorts(read, options);
  return {
    input: portPlan(graph.inputs[0] as DoorPlan),
    output: portPlan(graph.outputs[0] as PortPlan),
    streams: { input: inputStream(graph, options), output: outputStream(graph, layers, options) },
    layers,
    graph,
  };
}

interface GraphLayerContext {
  readonly name: string;
  readonly bounds: PopulationBounds;
  readonly lanes: number;
  readonly options: FpgaOptions;
}

function planGraphLayer(layer: GraphLayer, context: GraphLayerContext): LayerPlan {
  const { lanes, options } = context;
  const [first, ...others] = layer.arcs;
  const { geometry, value } = first as GraphArc;
  const isHeld = options.holdInput && layer.arcs.some(({ source, pace }) => source.kind === "input" && !pace);
  const planned = planLayer(layer, {
    ...context,
    geometry,
    valueBits: value,
    isFirst: isHeld,
    extra: others.map((arc) => extraArc(layer, arc, geometry.conv, lanes)),
  });
  const arcs = layer.arcs.map(
    (arc, k): ArcPlan => ({
      source: arc.source,
      delay: arc.delay,
      depth: arc.delay > 0 ? delayDepth(arc) : Math.max(2, options.fifoDepth),
      pace: arc.pace,
      ...arc.geometry,
      inputAddress: streamAddressBits(arc.geometry.conv?.inShape ?? null, arc.geometry.inputs),
      value: arc.value,
      projection: planned.arcProjections[k] as ArcPlan["projection"],
    }),
  );
  const { arcProjections: _, ...plan } = planned;
  return {
    ...plan,
    arcs,
    state: [
      ...plan.state,
      ...layer.arcs.flatMap((arc) =>
        arc.delay === 0
          ? []
          : [{ role: "delayedBeats" as const, width: beatBits(arc), depth: delayDepth(arc) }],
      ),
    ],
  };
}

/** Bits of a beat as it waits in front of a layer: kind, value, address. */
function beatBits({ geometry, value, pace }: GraphArc): number {
  return 2 + value + (pace ? 1 : streamAddressBits(geometry.inMap, geometry.inputs));
}

/** The weights of an arc in the words of the layer's first one. */
function extraArc(
  { neurons }: GraphLayer,
  { geometry, projections, value }: GraphArc,
  layout: ConvPlan | null,
  lanes: number,
): ExtraArc {
  const [only] = projections;
  if (geometry.conv !== null && only !== undefined)
    return { matrix: kernelMatrix(only, geometry.conv), projections, value };
  const isPooled = geometry.pool !== null;
  const matrix = weightMatrix(projections, { inputs: geometry.inputs, neurons, isPooled });
  if (layout === null) return { matrix, projections, value };
  const rowWords = Math.ceil(layout.outShape[0] / layout.groups / lanes);
  const words = rowWords * layout.groups * layout.outShape[1] * layout.outShape[2];
  const order = sweepOrder({ conv: layout, neurons, lanes, words, rowWords });
  return { matrix: placedMatrix(matrix, order), projections, value };
}

function planPorts({ doors, outputs, exits }: GraphResult, { fifoDepth }: FpgaOptions): GraphPlan {
  return {
    inputs: doors.map(({ port, map }) => ({ ...portPlan(port), map, value: portValueBits(port) })),
    outputs: outputs.map(({ port, map }) => ({ ...portPlan(port), map })),
    exits: exits.map(({ source, output, events, isRepeated }) => {
      const least = isRepeated ? events + 1 : 2;
      return { source, output, depth: Math.max(2 ** bitLength(least - 1), fifoDepth) };
    }),
  };
}

type Ports = readonly (PortPlan & { readonly map: MapShape | null })[];

/** Bits of the address within a port. */
function localBits(ports: Ports): number {
  return Math.max(...ports.map((port) => streamAddressBits(port.map, portSize(port))));
}

/** Bits of all addresses of several ports. */
export function portAddressBits(ports: Ports): number {
  return localBits(ports) + (ports.length > 1 ? addressBits(ports.length) : 0);
}

function portsOf(ports: Ports): { readonly ports?: StreamPorts } {
  if (ports.length === 1) return {};
  const addressing = ports.map(({ map }) => (map === null ? ("linear" as const) : fieldBits(map)));
  return { ports: { localBits: localBits(ports), addressing } };
}

function inputStream({ inputs }: GraphPlan, options: FpgaOptions): StreamPlan {
  const content = inputs.every(isSpikePort) ? "spike" : "value";
  const signed = inputs.some((port) => port.signed);
  const [first] = inputs as readonly [DoorPlan];
  return { ...streamPlan(options.streamWidth, content, signed, first.map), ...portsOf(inputs) };
}

/** Signed bits of the values that leave; 0 where all are spikes. */
export function exitValueBits(graph: GraphPlan, layers: readonly LayerPlan[]): number {
  return graph.exits.reduce((bits, { source }) => Math.max(bits, sourceValueBits(graph, layers, source)), 0);
}

/** Signed bits of the values of a source; 0 for spikes. */
export function sourceValueBits(
  graph: GraphPlan,
  layers: readonly LayerPlan[],
  { kind, index }: GraphPlan["exits"][number]["source"],
): number {
  return (kind === "input" ? graph.inputs[index]?.value : layers[index]?.widths.output) ?? 0;
}

function outputStream(graph: GraphPlan, layers: readonly LayerPlan[], options: FpgaOptions): StreamPlan {
  const { outputs, exits } = graph;
  const [first] = outputs as readonly [GraphPlan["outputs"][number]];
  const isSpikes = exitValueBits(graph, layers) === 0;
  const isReadout = exits.every(
    ({ source }) => source.kind === "layer" && layers[source.index]?.neuron.spiking === false,
  );
  const stream = isSpikes
    ? streamPlan(options.streamWidth, "spike", false, first.map)
    : streamPlan(64, isReadout ? "readout" : "value", true, first.map);
  return { ...stream, ...portsOf(outputs) };
}
