/**
 * Memory of a PE: where regions lie, and how large they are.
 *
 * Profile `classic` has the addresses of a published SpiNNaker2 neuron class: parameters end at 0x10000 and start
 * 4·parameters·250 bytes before (rounded down to 256), the data specification lies behind them, free data runs from
 * 0x10080 to 0x1AFFF, the log from 0x1B000. Profile `wide` takes 96 kB from 0x8000 on, less 8 kB for log, heap and
 * stack. The sizes of regions are nirkit's own model (spinnaker2.md 6.2).
 */
import { applicationModels, type ModelName } from "../application-models.ts";
import type { S2Options } from "../options.ts";
import type { MemoryRegion, RegionName } from "./mapping.ts";

/** Atoms that the parameter area of the published class is made for. */
const publishedAtoms = 250;
const specificationBytes = 128;

/** The area of parameters and data of a PE. */
export interface MemoryLayout {
  /** First byte of the parameters. */
  readonly start: number;
  readonly specification: number;
  /** First byte of free data. */
  readonly data: number;
  /** First byte behind it. */
  readonly end: number;
}

/** Names of the regions in the order of their addresses and of the specification's entries. */
export const regionNames: readonly RegionName[] = [
  "parameters",
  "specification",
  "state",
  "input buffers",
  "source table",
  "row offsets",
  "synapses",
  "conv weights",
  "spike input",
  "spike record",
  "voltage record",
];

/** The layout for a model with `atoms` neurons on a PE. */
export function memoryLayout(
  profile: S2Options["profile"],
  model: ModelName | "spike_list",
  atoms: number,
): MemoryLayout {
  const parameters = model === "spike_list" ? 0 : applicationModels[model].parameters.length;
  if (profile === "wide") {
    const specification = 0x8000 + up(4 * parameters * atoms, 256);
    return { start: 0x8000, specification, data: specification + specificationBytes, end: 0x1e000 };
  }
  const bytes = 4 * parameters * Math.max(publishedAtoms, atoms);
  const start = Math.floor((0x10000 - bytes) / 256) * 256;
  return { start, specification: 0x10000, data: 0x10000 + specificationBytes, end: 0x1b000 };
}

/** What the regions of a slice depend on. */
export interface SliceNeeds {
  readonly model: ModelName | "spike_list";
  readonly neurons: number;
  readonly steps: number;
  readonly sourceSlices: number;
  /** Rows of all projections, one more than their sources each. */
  readonly rowOffsets: number;
  /** Synapse words, rows padded to two. */
  readonly synapseWords: number;
  /** Bytes of each convolution's weights, without header. */
  readonly convBytes: readonly number[];
  readonly inputSpikes: number;
  readonly record: boolean;
  readonly recordVoltage: boolean;
}

/** Bytes of every region; those of size 0 are left out. */
export function regionSizes(needs: SliceNeeds): readonly (readonly [RegionName, number])[] {
  const { model, neurons, steps } = needs;
  const own = model === "spike_list" ? undefined : applicationModels[model];
  const hasCurrents = own?.dynamics === "lif_curr_exp";
  const buffers = 4 * neurons * ((own?.delayMax ?? 0) + 1) * (hasCurrents ? 2 : 1);
  const sizes: readonly (readonly [RegionName, number])[] = [
    ["parameters", 4 * (own?.parameters.length ?? 0) * neurons],
    ["specification", specificationBytes],
    ["state", own === undefined ? 0 : (hasCurrents ? 12 : 4) * neurons],
    ["input buffers", own === undefined ? 0 : buffers],
    ["source table", 16 * needs.sourceSlices],
    ["row offsets", 4 * needs.rowOffsets],
    ["synapses", 2 * needs.synapseWords],
    ["conv weights", needs.convBytes.reduce((sum, bytes) => sum + convHeaderBytes + up(bytes, 4), 0)],
    ["spike input", own === undefined ? 4 * (steps + 1) + up(2 * needs.inputSpikes, 4) : 0],
    ["spike record", needs.record ? 4 * Math.ceil(neurons / 32) * steps : 0],
    ["voltage record", needs.recordVoltage ? 4 * neurons * steps : 0],
  ];
  return sizes.filter(([, bytes]) => bytes > 0);
}

/** Sixteen words in front of the weights of a convolution. */
export const convHeaderBytes = 64;

/** Addresses for sizes: parameters and specification at their places, the rest one behind the other. */
export function placeRegions(
  sizes: readonly (readonly [RegionName, number])[],
  layout: MemoryLayout,
): { readonly regions: readonly MemoryRegion[]; readonly freeBytes: number } {
  let at = layout.data;
  const regions = sizes.map(([name, bytes]): MemoryRegion => {
    if (name === "parameters") return { name, address: layout.start, bytes };
    if (name === "specification") return { name, address: layout.specification, bytes };
    const address = at;
    at += up(bytes, 4);
    return { name, address, bytes };
  });
  return { regions, freeBytes: layout.end - at };
}

function up(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
