/** How many neurons of a layer are updated side by side. */
import * as z from "zod";
import type { ChainLayer, ChainResult } from "./chain.ts";
import { chainGeometry, type LayerGeometry } from "./layer-geometry.ts";
import type { GraphLayer } from "./network-graph.ts";
import type { FpgaOptions } from "./options.ts";
import { meanTaps } from "./taps.ts";

const defaultLanes = 8;

/** Entries of the `lanes` option; a name may itself hold `=`, so the last one counts. */
export function lanesByName(options: FpgaOptions): ReadonlyMap<string, number> {
  const entries = (options.lanes ?? "").split(",").filter((entry) => entry.trim() !== "");
  return new Map(
    entries.map((entry) => {
      const at = entry.lastIndexOf("=");
      return [entry.slice(0, Math.max(at, 0)).trim(), at < 0 ? Number.NaN : Number(entry.slice(at + 1))];
    }),
  );
}

/** Events and steps of one sample, as `--data` measures them. */
export interface SampleActivity {
  readonly steps: number;
  /** Events that leave, by Input and population. */
  readonly events: ReadonlyMap<string, number>;
}

const activitySchema = z.object({
  steps: z.number().positive(),
  events: z.record(z.string(), z.number().min(0)),
});

/** The `activity` option as values; undefined where it is none. */
export function parseActivity(text: string | undefined): SampleActivity | undefined {
  if (text === undefined) return undefined;
  try {
    const { steps, events } = activitySchema.parse(JSON.parse(text));
    return { steps, events: new Map(Object.entries(events)) };
  } catch {
    return undefined;
  }
}

/** Lanes of one layer, and whether they are enough for `targetFps`. */
export interface LayerLanes {
  readonly lanes: number;
  /** Neurons that share a row of weights: all, or the output channels of a group. */
  readonly rowLength: number;
  /** Cycles per sample that the target leaves and that the layer takes, where there is a target. */
  readonly budget?: number;
  readonly cycles?: number;
}

/**
 * Lanes of every layer: its own entry, else with `targetFps` the fewest (a power of two) with which it keeps up, else
 * `pe`, else ceil(rowLength / reuse), else 8 or as many as there are neurons in a row.
 */
export function chainLanes(
  chain: ChainResult,
  options: FpgaOptions,
  geometries: readonly LayerGeometry[] = chainGeometry(chain),
): readonly LayerLanes[] {
  const own = lanesByName(options);
  const activity = parseActivity(options.activity);
  let source = chain.input?.name ?? "";
  return chain.layers.map((layer, index) => {
    const geometry = geometries[index] as LayerGeometry;
    const arcs = [{ from: source, geometry }];
    source = layer.population.name;
    return lanesOf({ layer, arcs }, { options, own, activity });
  });
}

/** The same where layers have several arcs; the first one says how their neurons are laid out. */
export function graphLanes(layers: readonly GraphLayer[], options: FpgaOptions): readonly LayerLanes[] {
  const own = lanesByName(options);
  const activity = parseActivity(options.activity);
  return layers.map((layer) => lanesOf({ layer, arcs: layer.arcs }, { options, own, activity }));
}

interface LaneChoice {
  readonly options: FpgaOptions;
  readonly own: ReadonlyMap<string, number>;
  readonly activity: SampleActivity | undefined;
}

/** Where events of a layer come from, and how they reach it. */
interface ArcShape {
  readonly from: string;
  readonly geometry: LayerGeometry;
  readonly pace?: boolean;
}

function lanesOf(
  { layer, arcs }: { readonly layer: ChainLayer; readonly arcs: readonly ArcShape[] },
  { options, own, activity }: LaneChoice,
): LayerLanes {
  const layout = arcs[0]?.geometry.conv ?? null;
  const rowLength = layout === null ? layer.neurons : layout.outShape[0] / layout.groups;
  const named = own.get(layer.population.name);
  if (named !== undefined) return { lanes: named, rowLength };
  const fed = arcs
    .filter(({ pace }) => pace !== true)
    .map(({ from, geometry }) => ({ geometry, events: activity?.events.get(from) ?? 0 }));
  if (options.targetFps !== undefined && activity !== undefined)
    return keepingUp({ layer, layout, arcs: fed, rowLength }, { options, activity });
  if (options.pe !== undefined) return { lanes: options.pe, rowLength };
  if (options.reuse !== undefined)
    return { lanes: Math.max(1, Math.ceil(rowLength / options.reuse)), rowLength };
  return { lanes: Math.min(defaultLanes, rowLength), rowLength };
}

interface LayerShape {
  readonly layer: ChainLayer;
  readonly layout: LayerGeometry["conv"];
  readonly arcs: readonly { readonly geometry: LayerGeometry; readonly events: number }[];
  readonly rowLength: number;
}

/** The fewest lanes, doubled from 1, with which a layer takes no more cycles than a sample may. */
function keepingUp(
  shape: LayerShape,
  { options, activity }: { options: FpgaOptions; activity: SampleActivity },
): LayerLanes {
  const { rowLength } = shape;
  const budget = (options.clockMhz * 1e6) / (options.targetFps as number);
  for (let lanes = 1; ; lanes = Math.min(rowLength, 2 * lanes)) {
    const cycles = sampleCycles(shape, lanes, activity);
    if (cycles <= budget || lanes >= rowLength) return { lanes, rowLength, budget, cycles };
  }
}

/** Mean cycles of one layer for a sample, by the contract of the core. */
function sampleCycles(
  { layer, layout, arcs, rowLength }: LayerShape,
  lanes: number,
  { steps, events: all }: SampleActivity,
): number {
  const rowWords = Math.ceil(rowLength / lanes);
  const words =
    layout === null ? rowWords : rowWords * layout.groups * layout.outShape[1] * layout.outShape[2];
  const out = layer.neuron.spiking ? (all.get(layer.population.name) ?? 0) : steps * layer.neurons;
  const replay = layer.recurrent.length > 0 ? steps * words + out * words : 0;
  const fed = arcs.reduce(
    (sum, { geometry: { conv }, events }) =>
      sum + events * (conv === null ? words : meanTaps(conv) * rowWords),
    0,
  );
  return fed + steps * (words + 3) + out + replay + words;
}
