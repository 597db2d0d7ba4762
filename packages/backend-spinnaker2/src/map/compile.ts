/** A network as a mapping onto the machine. */
import { assertNoErrors, type Diagnostic, InternalError, NirkitError } from "@nirkit/graph";
import type { Float32Neuron, Network, Projection } from "@nirkit/network";
import { applicationModels, type ModelName } from "../application-models.ts";
import { toBase64 } from "../base64.ts";
import { s2Diagnostic } from "../diagnostics.ts";
import { type S2Options, s2OptionsSchema } from "../options.ts";
import { version } from "../version.ts";
import type { Draft, DraftPopulation, DraftProjection } from "./draft.ts";
import { draftNetwork } from "./draft-network.ts";
import { identifier } from "./identifier.ts";
import { type MappedDraft, mapDraft } from "./map-draft.ts";
import type { S2Mapping, S2Population, S2Port, S2Projection, S2Quantization } from "./mapping.ts";
import { networkErrors } from "./refuse.ts";
import { restEstimates } from "./rest-estimates.ts";

/**
 * Maps a network onto the machine.
 *
 * @param network lowered with `neuron: "float32", links: "one-step"`
 * @throws NirkitError with everything that `checkS2` finds when any of it is an error; E_S2_OPTION
 */
export function mapS2(network: Network, options: Partial<S2Options> = {}): S2Mapping {
  const chosen = readOptions(options);
  const early = assertNoErrors(networkErrors(network, chosen));
  const { draft, diagnostics } = draftNetwork(network, chosen);
  assertNoErrors([...early, ...diagnostics]);
  const mapped = mapDraft(network, draft, chosen);
  assertNoErrors([...early, ...diagnostics, ...mapped.diagnostics]);
  return mappingOf(network, draft, mapped, chosen, [...early, ...diagnostics, ...mapped.diagnostics]);
}

/** Options with their defaults. @throws E_S2_OPTION for every one that is not to be had */
function readOptions(options: Partial<S2Options>): S2Options {
  const read = s2OptionsSchema.safeParse(options);
  if (read.success) return read.data;
  const given = options as Readonly<Record<string, unknown>>;
  throw new NirkitError(
    read.error.issues.map((issue) => {
      const option = issue.path.join(".") || ("keys" in issue ? issue.keys.join(", ") : "");
      const detail = { option: option || "options", found: String(given?.[option]), expected: issue.message };
      return s2Diagnostic("E_S2_OPTION", option === "" ? "options" : `options.${option}`, detail);
    }),
  );
}

/** All errors and warnings of a network; nothing is emitted where one is an error. */
export function checkS2(network: Network, options: S2Options): readonly Diagnostic[] {
  const isError = ({ level }: Diagnostic): boolean => level === "error";
  const early = networkErrors(network, options);
  if (early.some(isError)) return early;
  const { draft, diagnostics } = draftNetwork(network, options);
  const found = [...early, ...diagnostics];
  return found.some(isError) ? found : [...found, ...mapDraft(network, draft, options).diagnostics];
}

function mappingOf(
  network: Network,
  draft: Draft,
  mapped: MappedDraft,
  options: S2Options,
  warnings: readonly Diagnostic[],
): S2Mapping {
  const index = new Map(draft.populations.map(({ name }, k) => [name, k]));
  const indexOf = (name: string): number => {
    const found = index.get(name);
    if (found === undefined) throw new InternalError(`no population is named ${name}`);
    return found;
  };
  const port = (name: string, shape: readonly number[], sources: readonly string[]): S2Port => ({
    name,
    shape,
    populations: sources.map(indexOf),
  });
  const incoming = (name: string): readonly Projection[] =>
    network.projections.filter((p) => p.target === name);
  return {
    schema: "nirkit-s2-mapping/1",
    generator: `nirkit ${version}`,
    graphHash: network.meta.graphHash,
    dt: network.dt,
    steps: options.steps,
    latency: network.latency,
    profile: options.profile,
    fp: fpOf(network),
    // Parsing once more drops members that are undefined, which JSON does not hold.
    options: JSON.parse(JSON.stringify(options)) as S2Options,
    inputs: network.inputs.map(({ name, shape }) => port(name, shape, [name])),
    outputs: network.outputs.map(({ name, shape, sources }) => port(name, shape, sources)),
    populations: draft.populations.map((population, k) =>
      populationOf(population, k, incoming(population.name), mapped),
    ),
    projections: draft.projections.map((projection, k) => projectionOf(projection, k, indexOf)),
    routing: mapped.routing,
    quantization: draft.populations.flatMap(({ name, role, model }) =>
      role === "neurons" ? quantizationOf(name, model, incoming(name)) : [],
    ),
    estimates: restEstimates([...mapped.slices.values()].flat(), network.latency, options),
    warnings: warnings.map((warning) => JSON.parse(JSON.stringify(warning)) as Diagnostic),
  };
}

function fpOf({ populations }: Network): Float32Neuron["fp"] {
  const first = populations.find(({ neuron }) => neuron.arithmetic === "float32")?.neuron;
  return first?.arithmetic === "float32" ? first.fp : "separate";
}

function populationOf(
  { name, role, model, shape, size, neuron }: DraftPopulation,
  index: number,
  incoming: readonly Projection[],
  { slices, recording }: MappedDraft,
): S2Population {
  return {
    name,
    id: identifier("p", index, name),
    role,
    model,
    shape,
    size,
    params: neuron === undefined || model === "spike_list" ? {} : paramsOf(neuron, model),
    reset: neuron?.reset === "subtract" ? "reset_by_subtraction" : "reset_to_v_reset",
    readout: neuron?.spiking === false,
    weightScale: scaleOf(incoming),
    vScale: neuron === undefined ? [1] : [...neuron.stateScale],
    record: recording.spikes.has(name),
    recordVoltage: recording.voltages.has(name),
    slices: slices.get(name) ?? [],
  };
}

function paramsOf(neuron: Float32Neuron, model: ModelName): S2Population["params"] {
  const params: Record<string, number | readonly number[]> = {};
  for (const name of applicationModels[model].parameters) {
    if (name === "reset") continue;
    const values = neuron.params.get(name as Parameters<typeof neuron.params.get>[0]) ?? Float64Array.of(0);
    const rounded = Array.from(values, (v) => Math.fround(v) + 0);
    const [first = 0] = rounded;
    params[name] = rounded.every((value) => value === first) ? first : rounded;
  }
  return params;
}

/** Integers per real weight: what all projections into a population count in. */
function scaleOf(incoming: readonly Projection[]): number {
  const [first] = incoming;
  if (first === undefined) return 1;
  const { scale, factor } = first.weights;
  return 2 ** (first.shift ?? 0) * (factor?.[0] ?? 1 / (scale[0] ?? 1));
}

function projectionOf(
  { name, source, target, delay, origin, rows, conv }: DraftProjection,
  index: number,
  indexOf: (name: string) => number,
): S2Projection {
  const id = identifier("w", index, name);
  const weights = rows?.weight ?? conv?.weights ?? new Int32Array(0);
  const common = {
    name,
    id,
    pre: indexOf(source),
    post: indexOf(target),
    delay: delay - 1,
    file: `weights/${id}.npy`,
    synapses: weights.reduce((sum, w) => sum + (w === 0 ? 0 : 1), 0),
    origin,
  };
  if (rows !== undefined)
    return {
      ...common,
      kind: "dense",
      list: {
        start: toBase64(rows.start),
        target: toBase64(rows.target),
        weight: toBase64(Int8Array.from(rows.weight)),
      },
    };
  if (conv === undefined) throw new InternalError(`projection ${name} has neither synapses nor a kernel`);
  const { shape, params } = conv;
  return {
    ...common,
    kind: "conv2d",
    conv: { shape, params, weights: toBase64(Int8Array.from(conv.weights)) },
  };
}

function quantizationOf(
  population: string,
  model: DraftPopulation["model"],
  incoming: readonly Projection[],
): S2Quantization[] {
  if (incoming.length === 0 || model === "spike_list") return [];
  const scale = scaleOf(incoming);
  const total = incoming.reduce((sum, { weights }) => sum + weights.ints.length, 0);
  const share = (part: (projection: Projection) => number): number =>
    incoming.reduce((sum, projection) => sum + part(projection) * projection.weights.ints.length, 0) / total;
  return [
    {
      population,
      scale,
      clip: applicationModels[model].weightMax / scale,
      clippedShare: share(({ weights }) => weights.stats.clippedFraction),
      zeroShare: share(({ weights }) => weights.stats.zeroFraction),
      weights: total,
      bits: Math.max(...incoming.map(({ weights }) => weights.bits)),
    },
  ];
}
