/** Everything that cannot be built, found before any work. */
import type { Diagnostic } from "@nirkit/graph";
import { accumulatorBounds, type Network, type PopulationBounds, validateNetwork } from "@nirkit/network";
import type { IntegerLeak } from "@nirkit/quantize";
import { boardNamed } from "./boards.ts";
import { buildPlan } from "./build-plan.ts";
import { memoryCapacity } from "./capacity.ts";
import { type ChainLayer, type ChainResult, readChain } from "./chain.ts";
import { fpgaDiagnostic } from "./diagnostics.ts";
import { chainLanes, type LayerLanes, lanesByName, parseActivity } from "./lanes.ts";
import { chainGeometry } from "./layer-geometry.ts";
import { isReservedName } from "./legalize-name.ts";
import { fullNetwork, loadableErrors } from "./loadable-range.ts";
import { memoryBlocks } from "./memory-blocks.ts";
import type { FpgaOptions } from "./options.ts";
import { hasAxiLite, mostClasses } from "./readout.ts";
import { stateGrid } from "./state-grid.ts";

const accLimit = 48;
const workLimit = 53;
const matrixLimit = 2 ** 24;

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
  found.push(...chain.diagnostics, ...badOptions(network, options));
  if (found.some((d) => d.level === "error")) return found;
  const bounds = accumulatorBounds(options.weights === "ram" ? fullNetwork(network) : network);
  found.push(...unrolledErrors(chain), ...loadableErrors(options, network.populations.length));
  const lanes = chainLanes(chain, options);
  chain.layers.forEach((layer, index) => {
    const bound = bounds.get(layer.population.name) as PopulationBounds;
    found.push(...layerErrors(layer, lanes[index] as LayerLanes, bound, options));
    if (index === 0 && options.holdInput && layer.recurrent.length > 0)
      found.push(fpgaDiagnostic("E_FPGA_HOLD_RECURRENT", `populations.${layer.population.name}`, {}));
  });
  found.push(...streamErrors(network, chain.layers.at(-1) as ChainLayer, options));
  found.push(...readoutErrors(chain, options));
  // Without a board there is nothing to fit; with an error there is nothing to place.
  if (options.board !== "generic" && !found.some((d) => d.level === "error"))
    found.push(...memoryCapacity(buildPlan(network, options)));
  return found;
}

function dynamicMasks(network: Network): Diagnostic[] {
  return network.projections.flatMap(({ name, gate }) =>
    gate === undefined
      ? []
      : [fpgaDiagnostic("E_FPGA_DYNAMIC_MASK", `projections.${name}`, { node: gate.node })],
  );
}

/** Windows that have no core of their own and are too many for a full matrix. */
function unrolledErrors(chain: ChainResult): Diagnostic[] {
  return chainGeometry(chain).flatMap(({ conv, inputs }, index) => {
    const { feedForward, recurrent, neurons, population } = chain.layers[index] as ChainLayer;
    const windows = [...feedForward, ...recurrent].filter(
      ({ op, pool }) => pool !== undefined || ["conv2d", "conv3d", "pool"].includes(op.kind),
    );
    const weights = inputs * neurons + (recurrent.length > 0 ? neurons * neurons : 0);
    if (conv !== null || windows.length === 0 || weights <= matrixLimit) return [];
    const why = `The projections into "${population.name}" are no single convolution over a map`;
    const path = `populations.${population.name}`;
    return [fpgaDiagnostic("E_FPGA_UNROLLED", path, { why, weights, limit: matrixLimit })];
  });
}

function unsupportedNeurons(network: Network): Diagnostic[] {
  return network.populations.flatMap(({ name, neuron }) => {
    const path = `populations.${name}`;
    if (neuron.arithmetic === "float32") return [];
    const found: Diagnostic[] = [];
    if (neuron.kind === "delay")
      found.push(fpgaDiagnostic("E_FPGA_UNSUPPORTED_NODE", path, { kind: "delay" }));
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
    const names = [network.inputs[0]?.name ?? "", ...known];
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

function readoutErrors(chain: ChainResult, options: FpgaOptions): Diagnostic[] {
  const { readout } = options;
  const { neuron, neurons } = chain.layers.at(-1) as ChainLayer;
  if (readout === undefined || readout === "stream") return [];
  const refuse = (what: string, hint: string): Diagnostic[] => [
    fpgaDiagnostic("E_FPGA_READOUT", "options.readout", { readout, found: what, hint }),
  ];
  if (!hasAxiLite(options))
    return refuse("axiLite is off", "Leave axiLite on; the readout stands in registers");
  const isOfSpikes = readout === "spikeCount" || readout === "firstSpike";
  if (isOfSpikes !== neuron.spiking)
    return neuron.spiking
      ? refuse("the last layer sends spikes, not states", "Choose spikeCount or firstSpike, or end in LI")
      : refuse("the last layer sends states", "Choose maxMembrane, lastMembrane or sumMembrane");
  if (chainGeometry(chain).at(-1)?.conv != null)
    return refuse("the output is a map", "End in a dense layer, or read the stream");
  if (neurons > mostClasses)
    return refuse(`${neurons} classes, at most ${mostClasses}`, "Read the stream instead");
  return [];
}

function streamErrors(network: Network, last: ChainLayer, options: FpgaOptions): Diagnostic[] {
  const input = network.inputs[0];
  const found: Diagnostic[] = [];
  if (input === undefined) return found;
  const [valueBits, addressBits] = options.streamWidth === 64 ? [30, 32] : [8, 22];
  const size = input.shape.reduce((a, b) => a * b, 1);
  if (input.bits > valueBits)
    found.push(
      fpgaDiagnostic("E_FPGA_INPUT_TOO_WIDE", `inputs.${input.name}`, { bits: input.bits, limit: valueBits }),
    );
  if (size > 2 ** addressBits)
    found.push(
      fpgaDiagnostic("E_FPGA_ADDRESS_TOO_WIDE", `inputs.${input.name}`, { size, bits: addressBits }),
    );
  const path = `populations.${last.population.name}`;
  if (last.neuron.spiking && last.neurons > 2 ** addressBits)
    found.push(fpgaDiagnostic("E_FPGA_ADDRESS_TOO_WIDE", path, { size: last.neurons, bits: addressBits }));
  if (!last.neuron.spiking && last.neuron.stateBits > 30)
    found.push(fpgaDiagnostic("E_FPGA_READOUT_TOO_WIDE", path, { bits: last.neuron.stateBits }));
  return found;
}
