/**
 * The second simulator: from the memory pictures alone, PE by PE.
 *
 * Every slice is a population of its own; a spike is its key, and a PE adds what its source table says about that key.
 * Nothing of the mapping's weights or parameters is read, only which slice belongs to which population.
 */
import type { BackendSimulateOptions, BackendTrace } from "@nirkit/backend";
import type { SpikeInput } from "@nirkit/graph";
import type { Float32Neuron } from "@nirkit/network";
import { applicationModels } from "./application-models.ts";
import { convFanOut } from "./engine/convolution.ts";
import { type FanOut, listFanOut } from "./engine/fan-out.ts";
import {
  type EngineLink,
  type EnginePopulation,
  type EngineTrace,
  PopulationEngine,
  type SpikeTrain,
} from "./engine/population-engine.ts";
import type { ImageEntry, PeImage } from "./image/read-image.ts";
import { inputTrains } from "./input-trains.ts";
import type { S2Mapping, S2Slice } from "./map/mapping.ts";
import { localBits } from "./map/place.ts";
import { neuronOf } from "./prepare.ts";
import { engineRecords, traceOf } from "./simulate.ts";

/**
 * Runs one sample on the decoded memories.
 *
 * @param images by slice id
 */
export function simulateImages(
  mapping: S2Mapping,
  images: ReadonlyMap<number, PeImage>,
  input: SpikeInput,
  options: BackendSimulateOptions = {},
): BackendTrace {
  const { steps, trains } = inputTrains(mapping, input);
  const slices = mapping.populations.flatMap((population, p) =>
    population.slices.map((slice) => ({ slice, p })),
  );
  const position = new Map(slices.map(({ slice }, k) => [slice.id, k]));
  const engine = new PopulationEngine(
    slices.map(({ slice }) => populationOf(slice, images.get(slice.id), mapping.fp)),
    slices.flatMap(({ slice }, post) => linksOf(images.get(slice.id), post, position)),
  );
  const sources = new Map<number, SpikeTrain>();
  for (const [k, { slice, p }] of slices.entries()) {
    const train = trains.get(p);
    if (train !== undefined) sources.set(k, cutTrain(train, slice));
  }
  const records = engineRecords(mapping, options).flatMap(({ population, signal }) =>
    slices.flatMap(({ p }, k) => (p === population ? [{ population: k, signal }] : [])),
  );
  const trace = engine.run(sources, steps, records);
  return traceOf(mapping, joinSlices(mapping, trace, slices), options);
}

function populationOf(slice: S2Slice, image: PeImage | undefined, fp: Float32Neuron["fp"]): EnginePopulation {
  const name = String(slice.id);
  if (image === undefined || image.model === "spike_list") return { name, size: slice.stop - slice.start };
  const params = Object.fromEntries([...image.parameters].map(([key, values]) => [key, [...values]]));
  const reset = image.parameters.get("reset")?.[0] === 1 ? "reset_by_subtraction" : "reset_to_v_reset";
  const { model, readout } = image;
  return { name, size: image.neurons, neuron: neuronOf({ model, params, reset, readout, vScale: [1] }, fp) };
}

function linksOf(
  image: PeImage | undefined,
  post: number,
  position: ReadonlyMap<number, number>,
): EngineLink[] {
  if (image === undefined) return [];
  return image.table.flatMap((entry): EngineLink[] => {
    const pre = position.get((entry.key & entry.mask) >>> localBits);
    return pre === undefined ? [] : [{ pre, post, fanOut: fanOutOf(image, entry) }];
  });
}

function fanOutOf(image: PeImage, { rows, conv, neurons, first }: ImageEntry): FanOut {
  const kernel = conv === undefined ? undefined : image.convolutions[conv];
  if (kernel !== undefined) return shifted(convFanOut(kernel), first, neurons);
  const currents = image.model !== "spike_list" && applicationModels[image.model].dynamics === "lif_curr_exp";
  const source = new Uint32Array(rows?.target.length ?? 0);
  for (let s = 0; s < neurons; s++) source.fill(s, rows?.start[s], rows?.start[s + 1]);
  const empty = { target: new Uint32Array(0), weight: new Int32Array(0), delay: new Uint8Array(0) };
  return listFanOut({ source, ...(rows ?? empty) }, neurons, currents ? image.neurons : undefined);
}

/** A kernel's fan-out for one slice of its input. */
function shifted(whole: FanOut, first: number, neurons: number): FanOut {
  return {
    longestDelay: 0,
    synapses: whole.synapses.subarray(first, first + neurons),
    deliver(sums, rows, sources, from, to) {
      const moved = sources.subarray(from, to).map((source) => source + first);
      whole.deliver(sums, rows, moved, 0, moved.length);
    },
  };
}

function cutTrain({ start, index }: SpikeTrain, slice: S2Slice): SpikeTrain {
  const cut = new Uint32Array(start.length);
  const kept: number[] = [];
  for (let t = 0; t + 1 < start.length; t++) {
    for (let k = start[t] as number; k < (start[t + 1] as number); k++) {
      const neuron = index[k] as number;
      if (neuron >= slice.start && neuron < slice.stop) kept.push(neuron - slice.start);
    }
    cut[t + 1] = kept.length;
  }
  return { start: cut, index: Uint32Array.from(kept) };
}

interface PlacedSlice {
  readonly slice: S2Slice;
  readonly p: number;
}

/** The trace of whole populations; activity of links stays with the graph's simulation. */
function joinSlices(mapping: S2Mapping, trace: EngineTrace, slices: readonly PlacedSlice[]): EngineTrace {
  const own = (p: number): { readonly slice: S2Slice; readonly k: number }[] =>
    slices.flatMap((placed, k) => (placed.p === p ? [{ slice: placed.slice, k }] : []));
  const membranes = new Map<string, Float32Array | Float64Array>();
  for (const [p, { name, size }] of mapping.populations.entries())
    for (const signal of ["v", "vpre", "i"]) {
      const parts = own(p).flatMap(({ slice }) => {
        const values = trace.membranes.get(`${slice.id}/${signal}`);
        return values === undefined ? [] : [{ slice, values }];
      });
      if (parts.length === 0) continue;
      const whole =
        mapping.fp === "float64"
          ? new Float64Array(trace.steps * size)
          : new Float32Array(trace.steps * size);
      for (const { slice, values } of parts) {
        const width = slice.stop - slice.start;
        for (let t = 0; t < trace.steps; t++)
          whole.set(values.subarray(t * width, (t + 1) * width), t * size + slice.start);
      }
      membranes.set(`${name}/${signal}`, whole);
    }
  return {
    steps: trace.steps,
    spikes: mapping.populations.map((_, p) =>
      joinTrains(
        own(p).map(({ slice, k }) => ({ slice, train: trace.spikes[k] as SpikeTrain })),
        trace.steps,
      ),
    ),
    largestSum: [],
    linkEvents: new Float64Array(mapping.projections.length),
    linkOps: new Float64Array(mapping.projections.length),
    membranes,
  };
}

function joinTrains(
  parts: readonly { readonly slice: S2Slice; readonly train: SpikeTrain }[],
  steps: number,
): SpikeTrain {
  const start = new Uint32Array(steps + 1);
  const index: number[] = [];
  for (let t = 0; t < steps; t++) {
    for (const { slice, train } of parts)
      for (let k = train.start[t] as number; k < (train.start[t + 1] as number); k++)
        index.push(slice.start + (train.index[k] as number));
    start[t + 1] = index.length;
  }
  return { start, index: Uint32Array.from(index) };
}
