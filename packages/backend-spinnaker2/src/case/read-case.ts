/** A case as populations and links of the engine, every part checked. */
import { assertNoErrors, type Diagnostic, NirkitError } from "@nirkit/graph";
import type { Float32Neuron, Float32Parameter } from "@nirkit/network";
import { applicationModels, knownModels, type ModelName, modelNames } from "../application-models.ts";
import { s2Diagnostic } from "../diagnostics.ts";
import type { EngineLink, EnginePopulation, SpikeTrain } from "../engine/population-engine.ts";
import {
  type CasePopulation,
  type CaseValues,
  type PopulationCase,
  populationCaseSchema,
} from "./population-case.ts";
import { readProjection } from "./read-projection.ts";
import { readSpikeList } from "./spike-list.ts";

/** What the engine runs. */
export interface ReadCase {
  readonly steps: number;
  readonly populations: readonly EnginePopulation[];
  readonly links: readonly EngineLink[];
  readonly sources: ReadonlyMap<number, SpikeTrain>;
}

/**
 * Checks a case and turns it into typed arrays.
 *
 * @throws E_S2_CASE, E_S2_MODEL, E_S2_REFRACTORY, E_S2_SHAPE, E_S2_INPUT_RANGE, E_S2_WEIGHT_RANGE,
 *   E_S2_WEIGHTS_NOT_INTEGER, E_S2_DELAY_RANGE, E_S2_CONV_DELAY, all that were found
 */
export function readCase(given: PopulationCase, fp: Float32Neuron["fp"]): ReadCase {
  const parsed = populationCaseSchema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const detail = { found: issue?.message ?? "The case is not valid", expected: "the case format" };
    throw new NirkitError([s2Diagnostic("E_S2_CASE", issue?.path.join(".") || "case", detail)]);
  }
  const { populations, projections, timesteps } = parsed.data;
  const found: Diagnostic[] = [...nameErrors(populations)];
  const made = populations.map((population, p) => readPopulation(population, fp, p, found));
  const sources = new Map<number, SpikeTrain>();
  for (const [p, population] of populations.entries())
    if (population.model === "spike_list")
      sources.set(p, readSpikeList(population, timesteps, `populations[${p}]`, found));
  assertNoErrors(found);
  const links = projections.flatMap((projection, k): EngineLink[] => {
    const path = `projections[${k}]`;
    const pre = populations.findIndex(({ name }) => name === projection.pre);
    const post = populations.findIndex(({ name }) => name === projection.post);
    const bad = endErrors(populations, { pre, post, projection, path });
    found.push(...bad);
    if (bad.length > 0) return [];
    const ends = {
      projection,
      pre: populations[pre] as CasePopulation,
      post: populations[post] as CasePopulation,
      path,
    };
    const fanOut = readProjection(ends);
    if ("deliver" in fanOut) return [{ pre, post, fanOut }];
    found.push(...fanOut);
    return [];
  });
  assertNoErrors(found);
  return { steps: timesteps, populations: made, links, sources };
}

function nameErrors(populations: readonly CasePopulation[]): Diagnostic[] {
  return populations.flatMap(({ name }, p) =>
    populations.findIndex((other) => other.name === name) === p
      ? []
      : [
          s2Diagnostic("E_S2_CASE", `populations[${p}]`, {
            found: `A second population is named ${JSON.stringify(name)}`,
            expected: "names that differ",
          }),
        ],
  );
}

function endErrors(
  populations: readonly CasePopulation[],
  {
    pre,
    post,
    projection,
    path,
  }: { pre: number; post: number; projection: { pre: string; post: string }; path: string },
): Diagnostic[] {
  const known = `one of ${populations.map(({ name }) => name).join(", ")}`;
  const found: Diagnostic[] = [];
  if (pre < 0)
    found.push(
      s2Diagnostic("E_S2_CASE", path, { found: `pre is ${JSON.stringify(projection.pre)}`, expected: known }),
    );
  if (post < 0)
    found.push(
      s2Diagnostic("E_S2_CASE", path, {
        found: `post is ${JSON.stringify(projection.post)}`,
        expected: known,
      }),
    );
  if (populations[post]?.model === "spike_list")
    found.push(
      s2Diagnostic("E_S2_CASE", path, {
        found: `post is the spike list ${projection.post}`,
        expected: "a population of neurons",
      }),
    );
  return found;
}

const parameters: readonly Float32Parameter[] = [
  "threshold",
  "alpha_decay",
  "i_offset",
  "v_init",
  "v_reset",
  "exc_decay",
  "inh_decay",
];

function readPopulation(
  population: CasePopulation,
  fp: Float32Neuron["fp"],
  p: number,
  found: Diagnostic[],
): EnginePopulation {
  const { name, size, model, params = {} } = population;
  const path = `populations[${p}]`;
  if (model === "spike_list") return { name, size };
  if (!modelNames.includes(model as ModelName)) {
    const isKnown = knownModels.some((known) => model.startsWith(known));
    found.push(
      s2Diagnostic("E_S2_MODEL", path, { model, isKnown, supported: ["spike_list", ...modelNames] }),
    );
    return { name, size };
  }
  const { dynamics } = applicationModels[model as ModelName];
  const needed = parameters.slice(0, dynamics === "lif" ? 2 : 7).filter((key) => !optional.has(key));
  const values = new Map<Float32Parameter, Float64Array>();
  for (const key of parameters) {
    const given = params[key];
    if (given === undefined && needed.includes(key))
      found.push(
        s2Diagnostic("E_S2_CASE", `${path}.params.${key}`, { found: "It is missing", expected: "a number" }),
      );
    if (given !== undefined) values.set(key, readValues(given, size, `${path}.params.${key}`, found));
  }
  found.push(...refractory(params.t_refrac, `${path}.params.t_refrac`));
  const reset = params.reset === "reset_to_v_reset" ? "value" : "subtract";
  const neuron: Float32Neuron = {
    arithmetic: "float32",
    model: dynamics,
    fp,
    spiking: true,
    reset,
    params: values,
    biasOffset: Float64Array.of(0),
    stateScale: Float64Array.of(1),
  };
  return { name, size, neuron };
}

const optional: ReadonlySet<Float32Parameter> = new Set(["i_offset", "v_init", "v_reset"]);

function readValues(given: CaseValues, size: number, path: string, found: Diagnostic[]): Float64Array {
  if (typeof given === "number") return Float64Array.of(given);
  if (given.length !== size && given.length !== 1)
    found.push(
      s2Diagnostic("E_S2_SHAPE", path, { found: `${given.length} values`, expected: `1 or ${size}` }),
    );
  return Float64Array.from(given);
}

function refractory(given: CaseValues | undefined, path: string): Diagnostic[] {
  const value = [given ?? 0].flat().find((t) => t !== 0);
  return value === undefined ? [] : [s2Diagnostic("E_S2_REFRACTORY", path, { value })];
}
