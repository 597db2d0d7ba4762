/**
 * Populations cut into slices that fit the memory of a PE.
 *
 * Lists of neurons are cut into ceil(n / limit) runs whose sizes differ by at most 1; convolutions between output
 * channels only. More pieces are taken until the largest fits.
 */
import type { Diagnostic } from "@nirkit/graph";
import { s2Diagnostic } from "../diagnostics.ts";
import { convOutput } from "../engine/convolution.ts";
import type { S2Options } from "../options.ts";
import type { Draft, DraftPopulation, DraftProjection } from "./draft.ts";
import type { MemoryRegion } from "./mapping.ts";
import { memoryLayout, placeRegions, regionSizes, type SliceNeeds } from "./memory.ts";
import { clockHz, defaultTiming } from "./timing.ts";

/** Neurons of one PE with their memory. */
export interface Piece {
  readonly start: number;
  readonly stop: number;
  readonly channels?: readonly [number, number];
  readonly regions: readonly MemoryRegion[];
  readonly freeBytes: number;
}

/** Pieces of every population, or why one does not fit. */
export interface Partition {
  readonly pieces: ReadonlyMap<string, readonly Piece[]>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Atoms of a PE: an index of 8 bits and the published class allow 250, convolutions 1,024. */
const listAtoms = 250;
const convAtoms = 1024;

/** Which populations are recorded. */
export interface Recording {
  readonly spikes: ReadonlySet<string>;
  readonly voltages: ReadonlySet<string>;
}

/** Cuts all populations; source tables grow with the pieces of sources, so it is done until nothing changes. */
export function partition(draft: Draft, options: S2Options, recording: Recording): Partition {
  const limits = atomLimits(options);
  const diagnostics: Diagnostic[] = [];
  for (const name of limits.keys())
    if (!draft.populations.some((population) => population.name === name))
      diagnostics.push(
        s2Diagnostic("E_S2_OPTION", "options.atoms", {
          option: "atoms",
          found: name,
          expected: "the name of a neuron node or input",
        }),
      );
  for (const [name, limit] of limits)
    if (!(Number.isInteger(limit) && limit >= 1))
      diagnostics.push(
        s2Diagnostic("E_S2_OPTION", "options.atoms", {
          option: "atoms",
          found: options.atoms ?? "",
          expected: `NODE=N with a whole N of at least 1 for ${JSON.stringify(name)}`,
        }),
      );
  let pieces = new Map<string, readonly Piece[]>();
  // Counts only grow from round to round, and each is bounded by the neurons of its population.
  for (let settled = false; !settled; ) {
    const found: Diagnostic[] = [];
    const next = new Map<string, readonly Piece[]>();
    for (const population of draft.populations) {
      const cutter = new Cutter(population, draft.projections, { options, recording, pieces });
      const least = pieces.get(population.name)?.length ?? 1;
      const limit = limits.get(population.name);
      const atoms = limit !== undefined && limit >= 1 ? Math.floor(limit) : options.maxAtoms;
      next.set(population.name, cutter.cut(atoms, least, found));
    }
    settled = [...next].every(([name, list]) => pieces.get(name)?.length === list.length);
    pieces = next;
    if (settled) diagnostics.push(...found);
  }
  return { pieces, diagnostics };
}

function atomLimits({ atoms }: S2Options): Map<string, number> {
  const limits = new Map<string, number>();
  for (const entry of (atoms ?? "").split(",").filter((text) => text.trim() !== "")) {
    const at = entry.lastIndexOf("=");
    const name = at < 0 ? entry : entry.slice(0, at);
    limits.set(name.trim(), at < 0 ? Number.NaN : Number(entry.slice(at + 1)));
  }
  return limits;
}

/** Neurons whose updates alone fill a tick; no limit where not even one fits, as cutting does not help then. */
function timeAtoms({ level, tickMs }: S2Options): number {
  const budget = ((level === "low" ? clockHz.low : clockHz.high) * tickMs) / 1000;
  const atoms = Math.floor((budget - defaultTiming.fixed) / defaultTiming.perNeuron);
  return atoms < 1 ? Number.POSITIVE_INFINITY : atoms;
}

interface CutContext {
  readonly options: S2Options;
  readonly recording: Recording;
  readonly pieces: ReadonlyMap<string, readonly Piece[]>;
}

class Cutter {
  readonly #population: DraftPopulation;
  readonly #incoming: readonly DraftProjection[];
  readonly #context: CutContext;
  /** Neurons of a channel, or 1. */
  readonly #unit: number;
  readonly #isConv: boolean;

  constructor(population: DraftPopulation, projections: readonly DraftProjection[], context: CutContext) {
    this.#population = population;
    this.#incoming = projections.filter(({ target }) => target === population.name);
    this.#context = context;
    const conv = this.#incoming.find((projection) => projection.conv !== undefined)?.conv;
    this.#isConv = conv !== undefined;
    if (conv === undefined) this.#unit = 1;
    else {
      const { height, width } = convOutput({ shape: conv.shape, params: conv.params });
      this.#unit = height * width;
    }
  }

  cut(asked: number | undefined, least: number, found: Diagnostic[]): readonly Piece[] {
    const { name, size } = this.#population;
    const most = this.#isConv ? convAtoms : listAtoms;
    const limit = Math.min(asked ?? most, most, timeAtoms(this.#context.options));
    const units = size / this.#unit;
    const perPiece = Math.max(1, Math.floor(limit / this.#unit));
    for (let count = Math.max(least, Math.ceil(units / perPiece)); ; count++) {
      const pieces = this.#pieces(Math.min(count, units), units);
      const worst = pieces.reduce((a, b) => (b.freeBytes < a.freeBytes ? b : a));
      const fits = worst.freeBytes >= 0 && (!this.#isConv || this.#unit <= convAtoms);
      if (fits) return pieces;
      if (count < units) continue;
      found.push(this.#refusal(name, worst));
      return pieces;
    }
  }

  #pieces(count: number, units: number): Piece[] {
    return Array.from({ length: count }, (_, k) => {
      const first = Math.floor((k * units) / count);
      const last = Math.floor(((k + 1) * units) / count);
      return this.#piece(first, last);
    });
  }

  #piece(first: number, last: number): Piece {
    const [start, stop] = [first * this.#unit, last * this.#unit];
    const needs = this.#needs(start, stop, last - first);
    const layout = memoryLayout(this.#context.options.profile, needs.model, needs.neurons);
    const placed = placeRegions(regionSizes(needs), layout);
    return this.#isConv ? { start, stop, channels: [first, last], ...placed } : { start, stop, ...placed };
  }

  #needs(start: number, stop: number, channels: number): SliceNeeds {
    const { options, recording, pieces } = this.#context;
    const { name, model } = this.#population;
    const lists = this.#incoming.flatMap(({ rows }) => (rows === undefined ? [] : [rows]));
    const neurons = stop - start;
    return {
      model,
      neurons,
      steps: options.steps,
      sourceSlices: this.#incoming.reduce((sum, { source }) => sum + (pieces.get(source)?.length ?? 1), 0),
      rowOffsets: lists.reduce((sum, { start: rows }) => sum + rows.length, 0),
      synapseWords: lists.reduce((sum, rows) => sum + wordsBetween(rows, start, stop), 0),
      convBytes: this.#incoming.flatMap(({ conv }) =>
        conv === undefined ? [] : [conv.shape[0] * channels * conv.shape[2] * conv.shape[3]],
      ),
      inputSpikes: Math.ceil(neurons * options.steps * options.inputRate),
      record: recording.spikes.has(name),
      recordVoltage: recording.voltages.has(name),
    };
  }

  #refusal(name: string, { regions, freeBytes, start, stop }: Piece): Diagnostic {
    const { options } = this.#context;
    const path = `nodes.${name}`;
    const over = -freeBytes;
    const records = regions.filter((r) => r.name === "spike record" || r.name === "voltage record");
    const recorded = records.reduce((sum, { bytes }) => sum + bytes, 0);
    if (over > 0 && over <= recorded) {
      const perStep = recorded / options.steps;
      const steps = Math.floor((recorded - over) / perStep);
      return s2Diagnostic("E_S2_RECORD_MEMORY", path, { bytes: recorded, steps, asked: options.steps });
    }
    const largest = regions.reduce((a, b) => (b.bytes > a.bytes ? b : a));
    return s2Diagnostic("E_S2_SLICE_TOO_BIG", path, {
      what: this.#isConv ? "one channel" : "one neuron",
      neurons: stop - start,
      atoms: convAtoms,
      regions: regions.map(({ name: region, bytes }) => `${region} ${bytes}`),
      over: Math.max(0, over),
      largest: largest.name,
    });
  }
}

/** Words of the synapses into neurons `start … stop − 1`, every row padded to two. */
function wordsBetween(
  { start: rows, target }: { readonly start: Uint32Array; readonly target: Uint32Array },
  start: number,
  stop: number,
): number {
  let words = 0;
  for (let s = 0; s + 1 < rows.length; s++) {
    let count = 0;
    for (let k = rows[s] as number; k < (rows[s + 1] as number); k++) {
      const at = target[k] as number;
      if (at >= start && at < stop) count++;
    }
    words += count + (count & 1);
  }
  return words;
}
