/** From a lowered network to populations and projections of the chip: models, convolutions, relays. */
import { type Diagnostic, sizeOf } from "@nirkit/graph";
import type { Float32Neuron, Network, Population, Projection } from "@nirkit/network";
import type { ModelName } from "../application-models.ts";
import { weightErrors } from "../case/read-projection.ts";
import { s2Diagnostic } from "../diagnostics.ts";
import type { S2Options } from "../options.ts";
import { asymmetryErrors, chipConvolution, poolErrors } from "./convolve.ts";
import type { Draft, DraftPopulation, DraftProjection } from "./draft.ts";
import { RelayChains } from "./relays.ts";
import { synapseRows } from "./synapse-rows.ts";

/** The draft with everything that was found; it is complete only where nothing is an error. */
export interface DraftedNetwork {
  readonly draft: Draft;
  readonly diagnostics: readonly Diagnostic[];
}

/** Turns every population into one model of the chip and every projection into synapses or a convolution. */
export function draftNetwork(network: Network, options: S2Options): DraftedNetwork {
  const found: Diagnostic[] = [];
  const sizes = new Map([...network.inputs, ...network.populations].map((p) => [p.name, sizeOf(p.shape)]));
  const populations: DraftPopulation[] = network.inputs.map(({ name, shape }) => ({
    name,
    role: "input",
    model: "spike_list",
    shape,
    size: sizeOf(shape),
  }));
  const relays = new RelayChains(sizes);
  const projections: DraftProjection[] = [];
  for (const population of network.populations) {
    const { neuron, name, shape } = population;
    // check() names it; nothing can be drafted from it.
    if (neuron.arithmetic !== "float32") continue;
    const incoming = network.projections.filter(({ target }) => target === name);
    const made = draftIncoming(incoming, neuron, sizes, options, found);
    const model = modelOf(neuron, made, { options, dt: network.dt }, found);
    populations.push({ name, role: "neurons", model, shape, size: sizeOf(shape), neuron });
    projections.push(...made.map((projection) => relays.connect(projection, model)));
  }
  return {
    draft: {
      populations: [...populations, ...relays.populations],
      projections: [...projections, ...relays.projections],
    },
    diagnostics: found,
  };
}

function draftIncoming(
  incoming: readonly Projection[],
  neuron: Float32Neuron,
  sizes: ReadonlyMap<string, number>,
  options: S2Options,
  found: Diagnostic[],
): DraftProjection[] {
  const sound = incoming.filter((projection) => {
    const { name, weights, shift = 0 } = projection;
    const errors = poolErrors(projection);
    const scaled = Float64Array.from(weights.ints, (w) => w * 2 ** shift);
    found.push(...errors, ...weightErrors(scaled, 127, `nodes.${name}.weight`));
    return errors.length === 0;
  });
  const refusals = convRefusals(sound, neuron);
  const isConv = sound.some(({ op }) => op.kind === "conv2d") && refusals.length === 0;
  if (!isConv && !options.expandConv) found.push(...refusals);
  return sound.map((projection) => {
    const { name, source, target, delay, op, pool } = projection;
    const common = { name, source, target, delay };
    if (isConv && op.kind === "conv2d") {
      const { conv, diagnostics } = chipConvolution(projection, op);
      found.push(...diagnostics);
      return { ...common, origin: pool === undefined ? "conv2d" : "pool and conv2d", conv };
    }
    const origin = `${pool === undefined ? "" : "pool and "}${op.kind}${op.kind === "conv2d" ? ", expanded" : ""}`;
    const rows = synapseRows(projection, sizes.get(source) ?? 0, sizes.get(target) ?? 0);
    return { ...common, origin, rows };
  });
}

/** Why the convolutions into a population cannot be convolutions of the chip. */
function convRefusals(incoming: readonly Projection[], neuron: Float32Neuron): Diagnostic[] {
  const convs = incoming.filter(({ op }) => op.kind === "conv2d");
  const others = incoming.filter(({ op }) => op.kind !== "conv2d");
  if (convs.length === 0) return [];
  const first = convs[0] as Projection;
  return [
    ...convs.flatMap(asymmetryErrors),
    ...(neuron.model === "lif_curr_exp"
      ? [s2Diagnostic("E_S2_CONV_CUBALIF", `nodes.${first.name}`, { conv: first.name, neuron: first.target })]
      : []),
    ...(others[0] === undefined
      ? []
      : [
          s2Diagnostic("E_S2_CONV_MIXED", `nodes.${first.target}`, {
            conv: first.name,
            other: others[0].name,
            target: first.target,
          }),
        ]),
  ];
}

/** The application model: convolution, 4-bit weights with delays, or 8-bit weights without. */
function modelOf(
  neuron: Float32Neuron,
  incoming: readonly DraftProjection[],
  { options, dt }: { readonly options: S2Options; readonly dt: number },
  found: Diagnostic[],
): ModelName {
  const weights = incoming.map(({ rows, conv }) => rows?.weight ?? conv?.weights ?? new Int32Array(0));
  const isConv = incoming.some(({ conv }) => conv !== undefined);
  const isNarrow = weights.every((list) => list.every((w) => Math.abs(w) <= 15));
  const isDelayed = incoming.some(({ delay }) => delay > 1);
  const model = isConv
    ? "lif_conv2d"
    : (`${neuron.model}${isDelayed && isNarrow ? "" : "_no_delay"}` as const);
  if (options.relays) return model;
  const limit = model === "lif" || model === "lif_curr_exp" ? 8 : 1;
  for (const { name, delay, conv } of incoming) {
    if (delay <= limit) continue;
    found.push(
      conv === undefined
        ? s2Diagnostic("E_S2_DELAY_RANGE", `nodes.${name}`, { steps: delay, seconds: delay * dt, limit })
        : s2Diagnostic("E_S2_CONV_DELAY", `nodes.${name}`, { steps: delay }),
    );
  }
  return model;
}

/** Populations of a network that are no neurons of the chip, by what they are. */
export function populationErrors(
  { name, neuron }: Population,
  feedsOn: boolean,
  options: S2Options,
): readonly Diagnostic[] {
  const path = `nodes.${name}`;
  if (neuron.arithmetic === "integer") {
    const type = {
      lif: "I",
      cuba: "CubaLI",
      threshold: "Threshold",
      delay: "Delay",
      sum: "weights into an Output",
    }[neuron.kind];
    return [s2Diagnostic("E_S2_UNSUPPORTED_NODE", path, { name, type, rewrite: rewriteOf(type) })];
  }
  if (neuron.spiking || (options.readout === "membrane" && !feedsOn)) return [];
  const type = neuron.model === "lif" ? "LI" : "CubaLI";
  return [s2Diagnostic("E_S2_UNSUPPORTED_NODE", path, { name, type, rewrite: rewriteOf(type) })];
}

function rewriteOf(type: string): string {
  switch (type) {
    case "LI":
    case "CubaLI":
      return "--readout membrane, where it is the last node";
    case "I":
      return "an LI with a long time constant and --readout membrane";
    case "Threshold":
      return "an IF that resets to 0";
    case "Delay":
      return "a Delay with equal entries and --relays";
    default:
      return "an LI behind the weights and --readout membrane";
  }
}
