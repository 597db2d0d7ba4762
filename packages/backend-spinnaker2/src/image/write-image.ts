/**
 * The memory of a PE as bytes: a picture of what lies where, not a firmware image (py-spinnaker2 makes its own).
 *
 * Little-endian, from the first address of the parameters to the end of the data area.
 */
import { NirkitError } from "@nirkit/graph";
import { applicationModels } from "../application-models.ts";
import { int8From, uint32From } from "../base64.ts";
import { s2Diagnostic } from "../diagnostics.ts";
import { convOutput } from "../engine/convolution.ts";
import type {
  MemoryRegion,
  RegionName,
  S2Convolution,
  S2Mapping,
  S2Population,
  S2Projection,
  S2Slice,
} from "../map/mapping.ts";
import { convHeaderBytes, memoryLayout, regionNames } from "../map/memory.ts";
import { localBits, sliceMask } from "../map/place.ts";
import {
  convFlag,
  countEntry,
  hasDelayField,
  imagePath,
  modelEntry,
  modelNumber,
  readoutFlag,
  sliceEntry,
  specificationEntries,
  tableWords,
} from "./image-layout.ts";
import { packSynapse } from "./synapse-word.ts";

/** The picture of one PE. */
export function writeImage(mapping: S2Mapping, population: S2Population, slice: S2Slice): Uint8Array {
  const layout = memoryLayout(mapping.profile, population.model, slice.stop - slice.start);
  const image = new ImageWriter(layout.start, layout.end, imagePath(slice));
  const incoming = mapping.projections.filter(({ post }) => mapping.populations[post] === population);
  writeSpecification(image, population, slice, incoming, mapping);
  writeParameters(image, population, slice);
  const lists = incoming.filter(({ list }) => list !== undefined);
  const convs = incoming.filter(({ conv }) => conv !== undefined);
  writeTable(image, mapping, slice, { incoming, lists, convs });
  writeSynapses(image, population, slice, lists);
  writeConvolutions(image, slice, convs);
  return image.bytes;
}

class ImageWriter {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #start: number;
  readonly #file: string;

  constructor(start: number, end: number, file: string) {
    this.#start = start;
    this.#file = file;
    this.bytes = new Uint8Array(end - start);
    this.#view = new DataView(this.bytes.buffer);
  }

  word(address: number, value: number): void {
    this.#view.setUint32(this.#at(address, 4), value >>> 0, true);
  }

  half(address: number, value: number): void {
    this.#view.setUint16(this.#at(address, 2), value, true);
  }

  float(address: number, value: number): void {
    this.#view.setFloat32(this.#at(address, 4), value, true);
  }

  byte(address: number, value: number): void {
    this.#view.setInt8(this.#at(address, 1), value);
  }

  /** A mapping may come from a file: its addresses are not to be trusted. */
  #at(address: number, bytes: number): number {
    const at = address - this.#start;
    if (at >= 0 && at + bytes <= this.bytes.length) return at;
    const detail = { file: this.#file, found: `address ${address} lies outside` };
    throw new NirkitError([s2Diagnostic("E_S2_ARTEFACT", this.#file, detail)]);
  }
}

function regionOf({ regions }: S2Slice, name: RegionName): MemoryRegion | undefined {
  return regions.find((region) => region.name === name);
}

function writeSpecification(
  image: ImageWriter,
  { model, readout }: S2Population,
  slice: S2Slice,
  incoming: readonly S2Projection[],
  { populations }: S2Mapping,
): void {
  const at = regionOf(slice, "specification")?.address ?? 0;
  const entry = (k: number, first: number, second: number): void => {
    image.word(at + 8 * k, first);
    image.word(at + 8 * k + 4, second);
  };
  for (const [k, name] of regionNames.entries()) {
    const region = regionOf(slice, name);
    if (region !== undefined && k < specificationEntries) entry(k, region.address, region.bytes);
  }
  const sources = incoming.reduce((sum, { pre }) => sum + (populations[pre]?.slices.length ?? 0), 0);
  const convs = incoming.filter(({ conv }) => conv !== undefined).length;
  entry(sliceEntry, slice.id, slice.stop - slice.start);
  entry(modelEntry, modelNumber(model), readout ? readoutFlag : 0);
  entry(countEntry, sources, convs);
}

/** One array per parameter, as a population is stored on the chip. */
function writeParameters(image: ImageWriter, population: S2Population, slice: S2Slice): void {
  const region = regionOf(slice, "parameters");
  if (region === undefined || population.model === "spike_list") return;
  const neurons = slice.stop - slice.start;
  for (const [k, name] of applicationModels[population.model].parameters.entries()) {
    const given =
      name === "reset"
        ? population.reset === "reset_by_subtraction"
          ? 1
          : 0
        : (population.params[name] ?? 0);
    for (let i = 0; i < neurons; i++) {
      const value = typeof given === "number" ? given : (given[slice.start + i] ?? 0);
      image.float(region.address + 4 * (k * neurons + i), value);
    }
  }
}

/** Rows of a projection start where those of the lists before it end. */
function writeTable(
  image: ImageWriter,
  { populations }: S2Mapping,
  slice: S2Slice,
  parts: {
    readonly incoming: readonly S2Projection[];
    readonly lists: readonly S2Projection[];
    readonly convs: readonly S2Projection[];
  },
): void {
  let at = regionOf(slice, "source table")?.address ?? 0;
  for (const projection of parts.incoming) {
    const pre = populations[projection.pre] as S2Population;
    const listIndex = parts.lists.indexOf(projection);
    const base = parts.lists
      .slice(0, Math.max(0, listIndex))
      .reduce((sum, list) => sum + (populations[list.pre]?.size ?? 0) + 1, 0);
    for (const source of pre.slices) {
      const neurons = source.stop - source.start;
      const convIndex = parts.convs.indexOf(projection);
      const words = [
        source.id << localBits,
        sliceMask,
        listIndex < 0 ? source.start : base + source.start,
        listIndex < 0 ? (convFlag | (convIndex << 16) | neurons) >>> 0 : neurons,
      ];
      for (const [k, word] of words.entries()) image.word(at + 4 * k, word);
      at += 4 * tableWords;
    }
  }
}

function writeSynapses(
  image: ImageWriter,
  { model }: S2Population,
  slice: S2Slice,
  lists: readonly S2Projection[],
): void {
  const first = regionOf(slice, "synapses")?.address ?? 0;
  let row = regionOf(slice, "row offsets")?.address ?? 0;
  let words = 0;
  const delayed = hasDelayField(model);
  for (const { list, delay } of lists) {
    const start = uint32From(list?.start ?? "");
    const target = uint32From(list?.target ?? "");
    const weight = int8From(list?.weight ?? "");
    for (let s = 0; s + 1 < start.length; s++) {
      image.word(row, words);
      row += 4;
      for (let k = start[s] as number; k < (start[s + 1] as number); k++) {
        const index = (target[k] as number) - slice.start;
        if (index < 0 || (target[k] as number) >= slice.stop) continue;
        image.half(first + 2 * words++, packSynapse({ index, weight: weight[k] as number, delay }, delayed));
      }
      words += words & 1;
    }
    image.word(row, words);
    row += 4;
  }
}

function writeConvolutions(
  image: ImageWriter,
  { channels, ...slice }: S2Slice,
  convs: readonly S2Projection[],
): void {
  let at = regionOf(slice, "conv weights")?.address ?? 0;
  for (const { conv } of convs) {
    if (conv === undefined || channels === undefined) continue;
    const [first, last] = channels;
    for (const [k, word] of convHeader(conv, last - first).entries()) image.word(at + 4 * k, word);
    at += convHeaderBytes;
    const weights = int8From(conv.weights);
    const [channelsIn, channelsOut, height, width] = conv.shape;
    const kernel = height * width;
    let next = at;
    for (let c = 0; c < channelsIn; c++)
      for (let k = first * kernel; k < last * kernel; k++)
        image.byte(next++, weights[c * channelsOut * kernel + k] as number);
    at += Math.ceil((next - at) / 4) * 4;
  }
}

/** The sixteen words in front of a kernel. */
function convHeader(conv: S2Convolution, channels: number): readonly number[] {
  const { params, shape } = conv;
  const { height, width } = convOutput(conv);
  return [
    shape[0],
    channels,
    shape[2],
    shape[3],
    params.in_height,
    params.in_width,
    params.stride_x,
    params.stride_y,
    params.pool_x,
    params.pool_y,
    params.pad_top,
    params.pad_bottom,
    params.pad_left,
    params.pad_right,
    height,
    width,
  ];
}
