/** Everything that cannot be built, found before any work. */
import { type Diagnostic, sizeOf } from "@nirkit/graph";
import {
  accumulatorBounds,
  type Network,
  type PopulationBounds,
  type Port,
  validateNetwork,
} from "@nirkit/network";
import type { IntegerLeak } from "@nirkit/quantize";
import { boardNamed } from "./boards.ts";
import { buildPlan } from "./build-plan.ts";
import { memoryCapacity } from "./capacity.ts";
import { type ChainLayer, type ChainResult, readChain } from "./chain.ts";
import { fpgaDiagnostic } from "./diagnostics.ts";
import { portAddressBits } from "./graph-plan.ts";
import { chainLanes, graphLanes, type LayerLanes, lanesByName, parseActivity } from "./lanes.ts";
import { chainGeometry, isChain, matrixLimit } from "./layer-geometry.ts";
import { isReservedName } from "./legalize-name.ts";
import { fullNetwork, loadableErrors } from "./loadable-range.ts";
import type { MapShape } from "./map-address.ts";
import { memoryBlocks } from "./memory-blocks.ts";
import { delayDepth, type GraphResult, readGraph } from "./network-graph.ts";
import type { FpgaOptions } from "./options.ts";
import type { FpgaPlan } from "./plan-types.ts";
import { isSpikePort } from "./port.ts";
import { hasAxiLite, mostClasses } from "./readout.ts";
import { stateGrid } from "./state-grid.ts";
import { portPlan } from "./stream-plan.ts";

const accLimit = 48;
const workLimit = 53;

/**
 * Diagnostics of one network and its options, all at once. A network that is itself not valid is reported as such and
 * not looked at further.
 */
export function checkFpga(network: Network, options: FpgaOptions): readonly Diagnostic[] {
  const isFloat = network.populations.some((p) => p.neuron.arithmetic === "float32");
  const broken = isFloat ? [] : validateNetwork(network).filter((d) => d.code === "E_BAD_NETWORK");
  if (broken.length > 0) return broken;
  const found: Diagnostic[] = [...dynamicMasks(network), ...unsupportedNeurons(network)];
  const chain = readChain(network);
  const graph = isChain(chain) ? undefined : readGraph(network);
  found.push(...(graph?.diagnostics ?? []), ...badOptions(network, options));
  if (found.some((d) => d.level === "error")) return found;
  const bounds = accumulatorBounds(options.weights === "ram" ? fullNetwork(network) : network);
  const layers: readonly ChainLayer[] = graph?.layers ?? chain.layers;
  const lanes = graph === undefined ? chainLanes(chain, options) : graphLanes(graph.layers, options);
  found.push(
    ...loadableErrors(options, layers, graph?.layers),
    ...(graph === undefined ? [] : graphErrors(graph, options)),
  );
  layers.forEach((layer, index) => {
    const bound = bounds.get(layer.population.name) as PopulationBounds;
    found.push(...layerErrors(layer, lanes[index] as LayerLanes, bound, options));
    if (graph === undefined && index === 0 && options.holdInput && layer.recurrent.length > 0)
      found.push(fpgaDiagnostic("E_FPGA_HOLD_RECURRENT", `populations.${layer.population.name}`, {}));
  });
  if (!found.some((d) => d.level === "error")) {
    found.push(...streamErrors(network, chain, graph, options));
    found.push(...readoutErrors(chain, graph, options));
  }
  // Without a board there is nothing to fit; with an error there is nothing to place.
  if (options.board !== "generic" && !found.some((d) => d.level === "error"))
    found.push(...memoryCapacity(buildPlan(network, options)));
  if ((options.sparse !== "none" || options.skipZeroRows) && !found.some((d) => d.level === "error"))
    found.push(...denseLayers(buildPlan(network, options)));
  return found;
}

/** Layers that keep dense rows although others were asked for. */
function denseLayers({ layers }: FpgaPlan): Diagnostic[] {
  return layers.flatMap(({ path, projections }) =>
    projections.some(({ role, rows }) => role === "feed-forward" && rows.form !== "dense")
      ? []
      : [fpgaDiagnostic("W_FPGA_ROWS_DENSE", `populations.${path}`, {})],
  );
}

function dynamicMasks(network: Network): Diagnostic[] {
  return network.projections.flatMap(({ name, gate }) =>
    gate === undefined
      ? []
      : [fpgaDiagnostic("E_FPGA_DYNAMIC_MASK", `projections.${name}`, { node: gate.node })],
  );
}

/** Most beats of a delay. */
const depthLimit = 2 ** 22;

/** Matrices and delays that are too large, and held inputs that meet something else. */
function graphErrors({ layers, exits }: GraphResult, options: FpgaOptions): Diagnostic[] {
  const found = layers.flatMap(({ population, neurons, recurrent, arcs }) => {
    const path = `populations.${population.name}`;
    const errors = arcs.flatMap((arc): Diagnostic[] => {
      const { geometry, projections, delay, from } = arc;
      const weights = geometry.conv === null ? geometry.inputs * neurons : 0;
      const isUnrolled = projections.some(({ op }) => ["conv2d", "conv3d", "pool"].includes(op.kind));
      const depth = delay > 0 ? delayDepth(arc) : 0;
      return [
        ...(isUnrolled && weights > matrixLimit
          ? [
              fpgaDiagnostic("E_FPGA_UNROLLED", path, {
                why: `The projections from "${from}" into "${population.name}" are no single convolution over a map`,
                weights,
                limit: matrixLimit,
              }),
            ]
          : []),
        ...(depth > depthLimit
          ? [
              fpgaDiagnostic("E_FPGA_DELAY_TOO_LONG", path, {
                source: from,
                delay,
                beats: depth,
                limit: depthLimit,
              }),
            ]
          : []),
      ];
    });
    const isFed = (kind: "input" | "layer"): boolean =>
      arcs.some((arc) => !arc.pace && (arc.source.kind === kind || (kind === "layer" && arc.delay > 0)));
    if (options.holdInput && isFed("input") && (isFed("layer") || recurrent.length > 0))
      errors.push(fpgaDiagnostic("E_FPGA_HOLD_RECURRENT", path, {}));
    return errors;
  });
  if (options.holdInput && exits.some(({ source }) => source.kind === "input"))
    found.push(fpgaDiagnostic("E_FPGA_HOLD_RECURRENT", "outputs", {}));
  return found;
}

function unsupportedNeurons(network: Network): Diagnostic[] {
  return network.populations.flatMap(({ name, neuron }) => {
    const path = `populations.${name}`;
    if (neuron.arithmetic === "float32") return [];
    const found: Diagnostic[] = [];
    if (stateGrid(neuron) === "uneven" && neuron.stateLevels !== undefined)
      found.push(fpgaDiagnostic("E_FPGA_STATE_LEVELS", path, { levels: neuron.stateLevels.length }));
    return found;
  });
}

function badOptions(network: Network, options: FpgaOptions): Diagnostic[] {
  const found: Diagnostic[] = [];
  const known = network.populations.map((p) => p.name);
  if (isReservedName(options.design))
    found.push(fpgaDiagnostic("E_FPGA_NAME_COLLISION", "options.design", { name: options.design }));
  if (options.targetFps !== undefined) {
    const events = parseActivity(options.activity)?.events;
    const names = [...network.inputs.map((port) => port.name), ...known];
    if (!names.every((name) => events?.has(name)))
      found.push(fpgaDiagnostic("E_FPGA_NO_ACTIVITY", "options.activity", { names }));
  }
  if (options.memStyle === "distributed" && !memoryBlocks(boardNamed(options.board).family).hasLutRam)
    found.push(fpgaDiagnostic("E_FPGA_NO_LUT_RAM", "options.memStyle", { board: options.board }));
  for (const [name, lanes] of lanesByName(options))
    if (!known.includes(name) || !(Number.isInteger(lanes) && lanes >= 1 && lanes <= 1024))
      found.push(fpgaDiagnostic("E_FPGA_UNKNOWN_LAYER", "options.lanes", { name, known }));
  return found;
}

function layerErrors(
  layer: ChainLayer,
  chosen: LayerLanes,
  bounds: PopulationBounds,
  options: FpgaOptions,
): Diagnostic[] {
  const { neuron, population } = layer;
  const path = `populations.${population.name}`;
  const found: Diagnostic[] = [];
  const { lanes, rowLength, budget, cycles } = chosen;
  if (lanes > rowLength) found.push(fpgaDiagnostic("W_FPGA_IDLE_LANES", path, { lanes, neurons: rowLength }));
  if (budget !== undefined && cycles !== undefined && cycles > budget)
    found.push(
      fpgaDiagnostic("E_FPGA_TARGET_FPS", path, {
        lanes,
        cycles,
        budget,
        fps: (options.clockMhz * 1e6) / cycles,
      }),
    );
  const width = (what: string, bits: number, limit: number): void => {
    if (bits > limit) found.push(fpgaDiagnostic("E_FPGA_ACC_TOO_WIDE", path, { what, bits, limit }));
  };
  width("The accumulator", bounds.accBits, accLimit);
  width("The sum before the spike test", Math.max(bounds.xBits, bounds.synBits) + 1, workLimit);
  if (neuron.resetDelay === 1 && neuron.reset === "value")
    for (const vReset of neuron.vReset)
      if (vReset < -(2 ** (neuron.stateBits - 1)) || vReset >= 2 ** (neuron.stateBits - 1)) {
        found.push(fpgaDiagnostic("E_FPGA_STATE_TOO_NARROW", path, { vReset, bits: neuron.stateBits }));
        break;
      }
  if (neuron.kind === "cuba" || neuron.kind === "lif")
    found.push(...leakErrors(neuron.leak, `${path}.leak`, { layer, lanes, options }));
  if (neuron.kind === "cuba")
    found.push(...leakErrors(neuron.synLeak, `${path}.synLeak`, { layer, lanes, options }));
  const limit =
    neuron.overflow === "wrap" ? 2 ** (neuron.stateBits - 1) - 1 : Math.max(-neuron.vMin, neuron.vMax);
  if (neuron.overflow === "sat" && bounds.reach > limit)
    found.push(
      fpgaDiagnostic("W_FPGA_SATURATION_POSSIBLE", path, {
        reach: Number.isFinite(bounds.reach) ? `${bounds.reach}` : "any size",
        vMin: neuron.vMin,
        vMax: neuron.vMax,
      }),
    );
  return found;
}

function leakErrors(
  leak: IntegerLeak,
  path: string,
  { layer, lanes, options }: { layer: ChainLayer; lanes: number; options: FpgaOptions },
): Diagnostic[] {
  if (leak.form === "none") return [];
  const found: Diagnostic[] = [];
  const refuse = (what: string): void => {
    found.push(fpgaDiagnostic("E_FPGA_LEAK_UNREPRESENTABLE", path, { found: what }));
  };
  if (!Number.isInteger(leak.shift) || leak.shift < 0 || leak.shift > 31) refuse(`the shift ${leak.shift}`);
  if (leak.form === "shift") return found;
  const factors = typeof leak.mul === "number" ? [leak.mul] : leak.mul;
  const odd = factors.find((m) => !Number.isInteger(m) || m < 0 || m >= 2 ** 31);
  if (odd !== undefined) refuse(`the factor ${odd}`);
  if (new Set(factors).size > 1 && options.mul === undefined)
    found.push(
      fpgaDiagnostic("E_FPGA_PER_NEURON_LEAK_DSP", path, {
        neurons: layer.neurons,
        lanes,
      }),
    );
  return found;
}

function readoutErrors(
  chain: ChainResult,
  graph: GraphResult | undefined,
  options: FpgaOptions,
): Diagnostic[] {
  const { readout } = options;
  if (readout === undefined || readout === "stream") return [];
  const refuse = (what: string, hint: string): Diagnostic[] => [
    fpgaDiagnostic("E_FPGA_READOUT", "options.readout", { readout, found: what, hint }),
  ];
  if (!hasAxiLite(options))
    return refuse("axiLite is off", "Leave axiLite on; the readout stands in registers");
  const [exit, ...others] = graph?.exits ?? [];
  if (graph !== undefined && (exit?.source.kind !== "layer" || others.length > 0))
    return refuse("more than one layer leads to the Outputs", "Read the stream instead");
  const { neuron, neurons } = (
    graph === undefined ? chain.layers.at(-1) : graph.layers[exit?.source.index ?? 0]
  ) as ChainLayer;
  const isMap =
    graph === undefined
      ? chainGeometry(chain).at(-1)?.conv != null
      : graph.layers[exit?.source.index ?? 0]?.arcs[0]?.geometry.conv != null;
  const isOfSpikes = readout === "spikeCount" || readout === "firstSpike";
  if (isOfSpikes !== neuron.spiking)
    return neuron.spiking
      ? refuse("the last layer sends spikes, not states", "Choose spikeCount or firstSpike, or end in LI")
      : refuse("the last layer sends states", "Choose maxMembrane, lastMembrane or sumMembrane");
  if (isMap) return refuse("the output is a map", "End in a dense layer, or read the stream");
  if (neurons > mostClasses)
    return refuse(`${neurons} classes, at most ${mostClasses}`, "Read the stream instead");
  return [];
}

function streamErrors(
  network: Network,
  chain: ChainResult,
  graph: GraphResult | undefined,
  options: FpgaOptions,
): Diagnostic[] {
  const found: Diagnostic[] = [];
  const [valueBits, addressBits] = options.streamWidth === 64 ? [30, 32] : [8, 22];
  const tooMany = (path: string, size: number, bits: number): void => {
    if (size > 2 ** bits) found.push(fpgaDiagnostic("E_FPGA_ADDRESS_TOO_WIDE", path, { size, bits }));
  };
  for (const { name, bits } of network.inputs)
    if (bits > valueBits)
      found.push(fpgaDiagnostic("E_FPGA_INPUT_TOO_WIDE", `inputs.${name}`, { bits, limit: valueBits }));
  const leaving = graph === undefined ? chain.layers.slice(-1) : exitLayers(graph);
  const isSpikes =
    leaving.every(({ neuron }) => neuron.spiking) &&
    graph?.exits.some(
      ({ source }) => source.kind === "input" && !isSpikePort(graph.doors[source.index]?.port as Port),
    ) !== true;
  const outBits = isSpikes ? addressBits : 32;
  if (graph === undefined) {
    const [input] = network.inputs as readonly [Port];
    const last = chain.layers.at(-1) as ChainLayer;
    tooMany(`inputs.${input.name}`, sizeOf(input.shape), addressBits);
    tooMany(`populations.${last.population.name}`, last.neurons, outBits);
  } else {
    const ports = (of: readonly { readonly port: Port; readonly map: MapShape | null }[]): number =>
      2 ** portAddressBits(of.map(({ port, map }) => ({ ...portPlan(port), map })));
    tooMany("inputs", ports(graph.doors), addressBits);
    tooMany("outputs", ports(graph.outputs), outBits);
  }
  for (const { neuron, population } of leaving)
    if (!neuron.spiking && neuron.stateBits > 30)
      found.push(
        fpgaDiagnostic("E_FPGA_READOUT_TOO_WIDE", `populations.${population.name}`, {
          bits: neuron.stateBits,
        }),
      );
  return found;
}

/** The layers whose beats leave. */
function exitLayers({ exits, layers }: GraphResult): readonly ChainLayer[] {
  return layers.filter((_, l) => exits.some(({ source }) => source.kind === "layer" && source.index === l));
}
