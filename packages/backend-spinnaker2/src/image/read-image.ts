/** Memory pictures read back: what each PE would compute, from its bytes alone. */
import { NirkitError } from "@nirkit/graph";
import { applicationModels, type ModelName } from "../application-models.ts";
import { s2Diagnostic } from "../diagnostics.ts";
import type { ConvParams } from "../engine/convolution.ts";
import type { RegionName } from "../map/mapping.ts";
import { convHeaderBytes, regionNames } from "../map/memory.ts";
import {
  convFlag,
  countEntry,
  hasDelayField,
  modelEntry,
  modelOfNumber,
  readoutFlag,
  sliceEntry,
  tableWords,
} from "./image-layout.ts";
import { unpackSynapse } from "./synapse-word.ts";

/** Synapses of one source slice, by its local index: rows `start[s] … start[s + 1] − 1`. */
export interface ImageRows {
  readonly start: Uint32Array;
  readonly target: Uint32Array;
  readonly weight: Int32Array;
  readonly delay: Uint8Array;
}

/** A kernel of the PE's own output channels. */
export interface ImageConvolution {
  readonly shape: readonly [number, number, number, number];
  readonly params: ConvParams;
  readonly weights: Int8Array;
}

/** What spikes with one key meet. */
export interface ImageEntry {
  readonly key: number;
  readonly mask: number;
  readonly neurons: number;
  /** Synapses, or the kernel and where the slice starts in its input. */
  readonly rows?: ImageRows;
  readonly conv?: number;
  readonly first: number;
}

/** One PE as its memory tells. */
export interface PeImage {
  readonly slice: number;
  readonly neurons: number;
  readonly model: ModelName | "spike_list";
  readonly readout: boolean;
  /** By name, one value per neuron; `reset` is 1 for subtraction. */
  readonly parameters: ReadonlyMap<string, Float32Array>;
  readonly table: readonly ImageEntry[];
  readonly convolutions: readonly ImageConvolution[];
}

/**
 * Reads one picture.
 *
 * @param bytes from address `start` on
 * @param specification address of the data specification
 * @param expected what the mapping puts there: nothing is allocated for another number of neurons
 * @throws E_S2_ARTEFACT where an address, number or length leaves the picture, or it is that of another slice
 */
export function readImage(
  bytes: Uint8Array,
  { start, specification }: { readonly start: number; readonly specification: number },
  expected: Pick<PeImage, "slice" | "neurons" | "model">,
  file: string,
): PeImage {
  const image = new ImageReader(bytes, start, file);
  const entry = (k: number): readonly [number, number] => [
    image.word(specification + 8 * k),
    image.word(specification + 8 * k + 4),
  ];
  const region = (name: RegionName): readonly [address: number, length: number] =>
    entry(regionNames.indexOf(name));
  const [slice, neurons] = entry(sliceEntry);
  const [number, flags] = entry(modelEntry);
  const [sources, convs] = entry(countEntry);
  const model = modelOfNumber(number);
  if (model === undefined) throw image.broken(`there is no model ${number}`);
  if (slice !== expected.slice || neurons !== expected.neurons || model !== expected.model)
    throw image.broken(`it holds slice ${slice} of ${neurons} ${model}, not ${expected.slice}`);
  const convolutions = readConvolutions(image, region("conv weights")[0], convs);
  return {
    slice,
    neurons,
    model,
    readout: (flags & readoutFlag) !== 0,
    parameters: readParameters(image, model, neurons, region("parameters")[0]),
    convolutions,
    table: readTable(image, {
      model,
      sources,
      table: region("source table")[0],
      rows: region("row offsets")[0],
      synapses: region("synapses")[0],
      convs,
    }),
  };
}

class ImageReader {
  readonly #view: DataView;
  readonly #start: number;
  readonly #file: string;

  constructor(bytes: Uint8Array, start: number, file: string) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#start = start;
    this.#file = file;
  }

  word(address: number): number {
    return this.#view.getUint32(this.#at(address, 4), true);
  }

  half(address: number): number {
    return this.#view.getUint16(this.#at(address, 2), true);
  }

  float(address: number): number {
    return this.#view.getFloat32(this.#at(address, 4), true);
  }

  byte(address: number): number {
    return this.#view.getInt8(this.#at(address, 1));
  }

  broken(found: string): NirkitError {
    return new NirkitError([s2Diagnostic("E_S2_ARTEFACT", this.#file, { file: this.#file, found })]);
  }

  #at(address: number, bytes: number): number {
    const at = address - this.#start;
    if (at < 0 || at + bytes > this.#view.byteLength) throw this.broken(`address ${address} lies outside`);
    return at;
  }
}

function readParameters(
  image: ImageReader,
  model: ModelName | "spike_list",
  neurons: number,
  address: number,
): ReadonlyMap<string, Float32Array> {
  if (model === "spike_list") return new Map();
  return new Map(
    applicationModels[model].parameters.map((name, k) => [
      name,
      Float32Array.from({ length: neurons }, (_, i) => image.float(address + 4 * (k * neurons + i))),
    ]),
  );
}

interface TablePlace {
  readonly model: ModelName | "spike_list";
  readonly sources: number;
  readonly table: number;
  readonly rows: number;
  readonly synapses: number;
  readonly convs: number;
}

function readTable(image: ImageReader, place: TablePlace): ImageEntry[] {
  return Array.from({ length: place.sources }, (_, k) => {
    const at = place.table + 4 * tableWords * k;
    const [key, mask, first, last] = [0, 4, 8, 12].map((offset) => image.word(at + offset)) as [
      number,
      number,
      number,
      number,
    ];
    const neurons = last & 0xffff;
    const common = { key, mask, neurons, first };
    if ((last & convFlag) !== 0) {
      const conv = (last >>> 16) & 0x7fff;
      if (conv >= place.convs) throw image.broken(`there is no kernel ${conv}`);
      return { ...common, conv };
    }
    return { ...common, rows: readRows(image, place, first, neurons) };
  });
}

function readRows(
  image: ImageReader,
  { model, rows, synapses }: TablePlace,
  first: number,
  neurons: number,
): ImageRows {
  const start = new Uint32Array(neurons + 1);
  const target: number[] = [];
  const weight: number[] = [];
  const delay: number[] = [];
  const delayed = hasDelayField(model);
  for (let s = 0; s < neurons; s++) {
    const to = image.word(rows + 4 * (first + s + 1));
    for (let word = image.word(rows + 4 * (first + s)); word < to; word++) {
      const synapse = unpackSynapse(image.half(synapses + 2 * word), delayed);
      if (synapse.weight === 0) continue;
      target.push(synapse.index);
      weight.push(synapse.weight);
      delay.push(synapse.delay);
    }
    start[s + 1] = target.length;
  }
  return {
    start,
    target: Uint32Array.from(target),
    weight: Int32Array.from(weight),
    delay: Uint8Array.from(delay),
  };
}

function readConvolutions(image: ImageReader, address: number, count: number): ImageConvolution[] {
  let at = address;
  return Array.from({ length: count }, () => {
    const word = (k: number): number => image.word(at + 4 * k);
    const shape = [word(0), word(1), word(2), word(3)] as const;
    const length = shape[0] * shape[1] * shape[2] * shape[3];
    const params: ConvParams = {
      in_height: word(4),
      in_width: word(5),
      stride_x: word(6),
      stride_y: word(7),
      pool_x: word(8),
      pool_y: word(9),
      pad_top: word(10),
      pad_bottom: word(11),
      pad_left: word(12),
      pad_right: word(13),
    };
    at += convHeaderBytes;
    // Reading the last byte first refuses a length that leaves the picture before anything is allocated.
    if (length > 0) image.byte(at + length - 1);
    const from = at;
    const weights = Int8Array.from({ length }, (_, k) => image.byte(from + k));
    at += Math.ceil(length / 4) * 4;
    return { shape, params, weights };
  });
}
