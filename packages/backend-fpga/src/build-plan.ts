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
import { type ChainResult, readChain } from "./chain.ts";
import { graphParts } from "./graph-plan.ts";
import { chainLanes, type LayerLanes } from "./lanes.ts";
import { chainGeometry, isChain, type LayerGeometry } from "./layer-geometry.ts";
import { planLayer } from "./layer-plan.ts";
import { NameLegalizer } from "./legalize-name.ts";
import { fullNetwork } from "./loadable-range.ts";
import type { MapShape } from "./map-address.ts";
import type { FpgaOptions } from "./options.ts";
import type { FpgaPlan, LayerPlan, StreamPlan } from "./plan-types.ts";
import { isSpikePort, portValueBits } from "./port.ts";
import { hasAxiLite, planReadout, readoutLayer } from "./readout.ts";
import { registerMap } from "./register-map.ts";
import { portPlan, streamPlan } from "./stream-plan.ts";
import { version } from "./version.ts";

/** Widths, memories, lanes and parameters; every option filled in. */
export function buildPlan(network: Network, chosen: FpgaOptions): FpgaPlan {
  const chain = readChain(network);
  const parts = isChain(chain) ? chainParts(network, chain, chosen) : graphParts(network, chosen);
  const { input, output, streams, layers, graph } = parts;
  const bare = {
    schema: "nirkit-fpga/1",
    generator: `@nirkit/backend-fpga ${version}`,
    design: chosen.design,
    graphHash: network.meta.graphHash,
    planHash: "",
    dt: network.dt,
    options: chosen,
    input,
    output,
    streams,
    layers,
    ...(graph === undefined ? {} : { graph }),
  } as const satisfies FpgaPlan;
  const plan = { ...bare, ...registersOf(bare) };
  return { ...plan, planHash: bytesToHex(sha256(utf8ToBytes(JSON.stringify(plan)))) };
}

function chainParts(
  network: Network,
  chain: ChainResult,
  chosen: FpgaOptions,
): Pick<FpgaPlan, "input" | "output" | "streams" | "layers" | "graph"> {
  const input = chain.input as Port;
  const bounds = accumulatorBounds(chosen.weights === "ram" ? fullNetwork(network) : network);
  const names = new NameLegalizer();
  const geometries = chainGeometry(chain);
  const lanes = chainLanes(chain, chosen, geometries);
  const layers = chain.layers.map((layer, index): LayerPlan => {
    const { arcProjections: _, ...planned } = planLayer(layer, {
      geometry: geometries[index] as LayerGeometry,
      lanes: (lanes[index] as LayerLanes).lanes,
      name: names.legalize(layer.population.name),
      bounds: bounds.get(layer.population.name) as PopulationBounds,
      valueBits: index === 0 ? portValueBits(input) : 0,
      isFirst: index === 0,
      options: chosen,
    });
    return planned;
  });
  return {
    input: portPlan(input),
    output: portPlan(chain.output as OutputPort),
    streams: {
      input: inputStream(input, geometries[0]?.inMap ?? null, chosen),
      output: outputStream(
        chain.layers.at(-1)?.neuron.spiking ?? true,
        geometries.at(-1)?.conv?.outShape ?? null,
        chosen,
      ),
    },
    layers,
  };
}

function registersOf(plan: FpgaPlan): Pick<FpgaPlan, "registers"> {
  if (!hasAxiLite(plan.options)) return {};
  const classes = planReadout(plan) === "stream" ? 0 : (readoutLayer(plan)?.neurons ?? 0);
  return { registers: registerMap(plan.layers, classes, plan.options.weights === "ram") };
}

function inputStream(port: Port, map: MapShape | null, options: FpgaOptions): StreamPlan {
  return streamPlan(options.streamWidth, isSpikePort(port) ? "spike" : "value", port.signed, map);
}

function outputStream(spiking: boolean, map: MapShape | null, options: FpgaOptions): StreamPlan {
  return spiking
    ? streamPlan(options.streamWidth, "spike", false, map)
    : streamPlan(64, "readout", true, map);
}
