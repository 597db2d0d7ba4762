/** Spiking Heidelberg Digits (HDF5), through h5wasm. */
import type { Sample } from "@nirkit/graph";
import { type BinSpikesOptions, binSpikes } from "../binning/bin-events.ts";
import { type Dataset, datasetOf, type SampleDataset } from "../dataset/dataset.ts";
import { eventsError } from "../diagnostics.ts";
import type { SpikeStream } from "../event-stream.ts";
import { damagedHeap } from "./heap-guard.ts";
import { type Hdf5Functions, quietly, VlenReader } from "./vlen-reader.ts";

/** Units of the artificial inner ear. */
const channels = 700;
const words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const zahlen = ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"];

/** One spoken digit. */
export interface ShdSample {
  /** Times as the file holds them. */
  readonly seconds: Float64Array;
  /** Times floored to microseconds, units 0 … 699. */
  readonly stream: SpikeStream;
  /** 0 … 9 English, 10 … 19 German. */
  readonly label: number;
}

/** The file's samples. */
export interface ShdDataset extends Dataset<ShdSample> {
  readonly labels: Int32Array;
  readonly classes: readonly string[];
}

/** Options of {@link readShd}. */
export interface ReadShdOptions {
  readonly path?: string;
  /** Most spikes of all samples together; 2^28 when absent. */
  readonly maxSpikes?: number;
}

let fileNumber = 0;

/**
 * Reads a file of the Heidelberg Digits: `/spikes/times`, `/spikes/units`, `/labels`; the element types are the
 * file's (half, single or double precision; 16 to 64-bit integers).
 *
 * @throws E_SHD_LIBRARY without h5wasm; E_SHD for what is not such a file, units of 700 or more, labels of 20 or more,
 * and times that are negative or not finite
 * @see events.md section 11
 */
export async function readShd(bytes: Uint8Array, options: ReadShdOptions = {}): Promise<ShdDataset> {
  const { path = "", maxSpikes = 2 ** 28 } = options;
  if (!(bytes[0] === 0x89 && bytes[1] === 0x48 && bytes[2] === 0x44 && bytes[3] === 0x46))
    throw eventsError("E_SHD", path, { why: "it is no HDF5 file" });
  const damaged = damagedHeap(bytes);
  if (damaged !== undefined)
    throw eventsError("E_SHD", `${path}@${damaged}`, { why: "the sizes in its heap of lists do not add up" });
  const module = await loadHdf5(path);
  const { times, units, labels } = quietly(module, () => readArrays(module, bytes, { path, maxSpikes }));
  if (times.length !== units.length || labels.length !== times.length)
    throw eventsError("E_SHD", path, {
      why: `${times.length} lists of times, ${units.length} of units, ${labels.length} labels`,
    });
  const bad = labels.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < 20));
  if (bad >= 0) throw eventsError("E_SHD", `${path}:/labels[${bad}]`, { why: `the label ${labels[bad]}` });
  const dataset = datasetOf(times.length, (index) => {
    const seconds = times[index] as Float64Array;
    const stream = streamOf(seconds, units[index] as Float64Array, `${path}[${index}]`);
    return { seconds, stream, label: labels[index] as number };
  });
  return { ...dataset, labels: Int32Array.from(labels), classes: [...words, ...zahlen] };
}

interface Arrays {
  readonly times: readonly Float64Array[];
  readonly units: readonly Float64Array[];
  readonly labels: Float64Array;
}

function readArrays(
  module: Hdf5Functions,
  bytes: Uint8Array,
  { path, maxSpikes }: Required<ReadShdOptions>,
): Arrays {
  const name = `/nirkit-shd-${fileNumber++}.h5`;
  module.FS.writeFile(name, bytes);
  let file: bigint | undefined;
  try {
    file = module.open(name, 0, false, 0, 2);
    if (file < 0n) throw eventsError("E_SHD", path, { why: "the HDF5 library cannot open it" });
    const reader = new VlenReader(module, file, path);
    return {
      times: reader.lists("/spikes/times", maxSpikes),
      units: reader.lists("/spikes/units", maxSpikes),
      labels: reader.numbers("/labels", maxSpikes),
    };
  } catch (error) {
    if (error instanceof Error && error.name === "NirkitError") throw error;
    throw eventsError("E_SHD", path, {
      why: error instanceof Error ? error.message : "the HDF5 library gave up",
    });
  } finally {
    if (file !== undefined && file >= 0n) module.close_file(file);
    module.FS.unlink(name);
  }
}

async function loadHdf5(path: string): Promise<Hdf5Functions> {
  try {
    const h5wasm = await import("h5wasm");
    const module: unknown = await h5wasm.ready;
    return module as Hdf5Functions;
  } catch (error) {
    throw eventsError("E_SHD_LIBRARY", path, {
      why: error instanceof Error ? error.message : "it does not load",
    });
  }
}

function streamOf(seconds: Float64Array, units: Float64Array, path: string): SpikeStream {
  if (seconds.length !== units.length)
    throw eventsError("E_SHD", path, { why: `${seconds.length} times and ${units.length} units` });
  const t = new Float64Array(seconds.length);
  const unit = new Uint16Array(seconds.length);
  for (let i = 0; i < t.length; i++) {
    const [time, place] = [seconds[i] as number, units[i] as number];
    if (!(time >= 0 && time < 2 ** 32))
      throw eventsError("E_SHD", `${path}[${i}]`, { why: `the time ${time} s` });
    if (!(Number.isInteger(place) && place >= 0 && place < channels))
      throw eventsError("E_SHD", `${path}[${i}]`, {
        why: `unit ${place}`,
        hint: `Units are 0 to ${channels - 1}`,
      });
    t[i] = Math.floor(time * 1e6);
    unit[i] = place;
  }
  return { channels, t, unit };
}

/**
 * The spoken digits as samples of shape [channels]: 100 steps of 14 ms unless the options say otherwise.
 *
 * @throws E_BIN_OPTION
 */
export function shdSamples(
  digits: ShdDataset,
  options: Partial<BinSpikesOptions> & { readonly input?: string } = {},
): SampleDataset {
  const { input = "input", by = { us: 14_000 }, steps = 100, channels: shown = channels, ...rest } = options;
  const samples = datasetOf(digits.length, async (index): Promise<Sample> => {
    const { stream, label } = await digits.get(index);
    const { dropped: _, ...events } = binSpikes(stream, { ...rest, by, steps, channels: shown });
    return { input: new Map([[input, events]]), label };
  });
  const { labels, classes } = digits;
  return { ...samples, name: "shd", labels, classes, shape: [shown], steps, diagnostics: [] };
}
