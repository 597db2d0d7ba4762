/** The hardware model of a network that has passed the checks of its structure. */

import {
  accumulatorBounds,
  type Network,
  type OutputPort,
  type PopulationBounds,
  type Port,
} from "@nirkit/network";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { readChain } from "./chain.ts";
import { chainLanes, type LayerLanes } from "./lanes.ts";
import { chainGeometry, type LayerGeometry } from "./layer-geometry.ts";
import { planLayer } from "./layer-plan.ts";
import { NameLegalizer } from "./legalize-name.ts";
import { fullNetwork } from "./loadable-range.ts";
import { fieldBits, type MapShape } from "./map-address.ts";
import type { FpgaOptions } from "./options.ts";
import type { FpgaPlan, LayerPlan, PortPlan, StreamPlan } from "./plan-types.ts";
import { isSpikePort } from "./port.ts";
import { hasAxiLite, readoutName } from "./readout.ts";
import { registerMap } from "./register-map.ts";
import { version } from "./version.ts";

/** Widths, memories, lanes and parameters; every option filled in. */
export function buildPlan(network: Network, chosen: FpgaOptions): FpgaPlan {
  const chain = readChain(network);
  const input = chain.input as Port;
  const output = chain.output as OutputPort;
  const bounds = accumulatorBounds(chosen.weights === "ram" ? fullNetwork(network) : network);
  const names = new NameLegalizer();
  const geometries = chainGeometry(chain);
  const lanes = chainLanes(chain, chosen, geometries);
  const layers = chain.layers.map((layer, index) =>
    planLayer(layer, {
      geometry: geometries[index] as LayerGeometry,
      lanes: (lanes[index] as LayerLanes).lanes,
      name: names.legalize(layer.population.name),
      bounds: bounds.get(layer.population.name) as PopulationBounds,
      valueBits: index === 0 ? inputValueBits(input) : 0,
      isFirst: index === 0,
      options: chosen,
    }),
  );
  const bare = {
    schema: "nirkit-fpga/1",
    generator: `@nirkit/backend-fpga ${version}`,
    design: chosen.design,
    graphHash: network.meta.graphHash,
    planHash: "",
    dt: network.dt,
    options: chosen,
    input: portPlan(input),
    output: portPlan(output),
    streams: {
      input: inputStream(input, geometries[0]?.inMap ?? null, chosen),
      output: outputStream(
        chain.layers.at(-1)?.neuron.spiking ?? true,
        geometries.at(-1)?.conv?.outShape ?? null,
        chosen,
      ),
    },
    layers,
    ...registersOf(layers, chosen),
  } as const satisfies FpgaPlan;
  return { ...bare, planHash: bytesToHex(sha256(utf8ToBytes(JSON.stringify(bare)))) };
}

function registersOf(layers: readonly LayerPlan[], chosen: FpgaOptions): Pick<FpgaPlan, "registers"> {
  const last = layers.at(-1);
  if (last === undefined || !hasAxiLite(chosen)) return {};
  const { neurons, neuron, conv } = last;
  const readout = readoutName(chosen, { spiking: neuron.spiking, neurons, isMap: conv !== null });
  return { registers: registerMap(layers, readout === "stream" ? 0 : neurons, chosen.weights === "ram") };
}

/** Signed bits of an input value inside the design; spikes carry none. */
function inputValueBits(port: Port): number {
  if (isSpikePort(port)) return 0;
  return port.signed ? port.bits : port.bits + 1;
}

function portPlan({ name, shape, bits, signed, scale, maxEvents }: Port): PortPlan {
  return { name, shape: [...shape], bits, signed, scale, maxEvents };
}

function streamPlan(
  width: 32 | 64,
  content: StreamPlan["content"],
  signed: boolean,
  map: MapShape | null,
): StreamPlan {
  return {
    width,
    kindBits: 2,
    valueBits: width === 64 ? 30 : 8,
    addressBits: width === 64 ? 32 : 22,
    kinds: { event: 0, tick: 1, eos: 2 },
    addressing: map === null ? "linear" : fieldBits(map),
    content,
    signed,
  };
}

function inputStream(port: Port, map: MapShape | null, options: FpgaOptions): StreamPlan {
  return streamPlan(options.streamWidth, isSpikePort(port) ? "spike" : "value", port.signed, map);
}

function outputStream(spiking: boolean, map: MapShape | null, options: FpgaOptions): StreamPlan {
  return spiking
    ? streamPlan(options.streamWidth, "spike", false, map)
    : streamPlan(64, "readout", true, map);
}
