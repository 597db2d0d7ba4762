/** A mapping made ready to run: decoded weights, populations and links of the engine. */
import type { Float32Neuron, Float32Parameter } from "@nirkit/network";
import { applicationModels } from "./application-models.ts";
import { fromBase64, int8From, uint32From } from "./base64.ts";
import { convFanOut } from "./engine/convolution.ts";
import { type FanOut, listFanOut, rowsFanOut } from "./engine/fan-out.ts";
import { PopulationEngine } from "./engine/population-engine.ts";
import type { S2Mapping, S2Population, S2Projection } from "./map/mapping.ts";

const prepared = new WeakMap<S2Mapping, PopulationEngine>();

/** The engine of a mapping; made once, as mappings do not change. */
export function prepareMapping(mapping: S2Mapping): PopulationEngine {
  const known = prepared.get(mapping);
  if (known !== undefined) return known;
  const { populations, projections, fp } = mapping;
  const engine = new PopulationEngine(
    populations.map((population) => {
      const { name, size, model } = population;
      return model === "spike_list" ? { name, size } : { name, size, neuron: neuronOf(population, fp) };
    }),
    projections.map((projection) => ({
      pre: projection.pre,
      post: projection.post,
      fanOut: fanOutOf(projection, populations[projection.post] as S2Population),
    })),
  );
  prepared.set(mapping, engine);
  return engine;
}

/** The neuron model of a population from its parameters. */
export function neuronOf(
  {
    model,
    params,
    reset,
    readout,
    vScale,
  }: Pick<S2Population, "model" | "params" | "reset" | "readout" | "vScale">,
  fp: Float32Neuron["fp"],
): Float32Neuron {
  const dynamics = model === "spike_list" ? "lif" : applicationModels[model].dynamics;
  return {
    arithmetic: "float32",
    model: dynamics,
    fp,
    spiking: !readout,
    reset: reset === "reset_by_subtraction" ? "subtract" : "value",
    params: new Map(
      Object.entries(params).map(([name, values]) => [
        name as Float32Parameter,
        typeof values === "number" ? Float64Array.of(values) : Float64Array.from(values),
      ]),
    ),
    biasOffset: Float64Array.of(0),
    stateScale: Float64Array.from(vScale),
  };
}

function fanOutOf({ list, conv, delay }: S2Projection, post: S2Population): FanOut {
  if (conv !== undefined)
    return convFanOut({ shape: conv.shape, params: conv.params, weights: int8From(conv.weights) });
  const hasCurrents =
    post.model !== "spike_list" && applicationModels[post.model].dynamics === "lif_curr_exp";
  const inhibition = hasCurrents ? post.size : undefined;
  const rows = {
    start: uint32From(list?.start ?? ""),
    target: uint32From(list?.target ?? ""),
    weight: int8From(list?.weight ?? ""),
  };
  if (list?.delay === undefined) return rowsFanOut(rows, delay, post.size, inhibition);
  const sources = rows.start.length - 1;
  const source = new Uint32Array(rows.target.length);
  for (let s = 0; s < sources; s++) source.fill(s, rows.start[s], rows.start[s + 1]);
  const weight = Int32Array.from(rows.weight);
  return listFanOut(
    { source, target: rows.target, weight, delay: fromBase64(list.delay) },
    sources,
    inhibition,
  );
}
