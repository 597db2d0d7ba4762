/** A mapping back from the emitted files: weights and parameters decoded from the memory pictures. */
import type { VirtualFile } from "@nirkit/backend";
import { NirkitError, sizeOf } from "@nirkit/graph";
import { applicationModels } from "./application-models.ts";
import { toBase64 } from "./base64.ts";
import { s2Diagnostic } from "./diagnostics.ts";
import { imagePath } from "./image/image-layout.ts";
import type { ImageEntry, PeImage } from "./image/read-image.ts";
import { readImage } from "./image/read-image.ts";
import { writeImage } from "./image/write-image.ts";
import type { S2Mapping, S2Population, S2Projection, S2Slice } from "./map/mapping.ts";
import { mappingSchema } from "./map/mapping-schema.ts";
import { memoryLayout } from "./map/memory.ts";

/** Path of the mapping without its weights. */
export const mappingFile = "mapping.json";

/**
 * The mapping of a folder, from `mapping.json` and `images/` alone.
 *
 * @throws E_S2_ARTEFACT where a file is missing or does not have the form that is emitted
 */
export function loadS2(files: readonly VirtualFile[]): S2Mapping {
  const form = parseMapping(files.find(({ path }) => path === mappingFile)?.content);
  const images = readImages(files, form);
  const populations = form.populations.map((population) => ({
    ...population,
    params: paramsOf(population, images),
  }));
  const projections = form.projections.map((projection) => withWeights(form, projection, images));
  const mapping = { ...form, populations, projections };
  assertSameImages(mapping, files);
  return mapping;
}

/**
 * Keys, flags, addresses and padding are in no mapping that was read, but in what it writes.
 *
 * @throws E_S2_ARTEFACT with the first address where a picture is not that of the mapping read from it
 */
function assertSameImages(mapping: S2Mapping, files: readonly VirtualFile[]): void {
  const contents = new Map(files.map(({ path, content }) => [path, content]));
  for (const population of mapping.populations)
    for (const slice of population.slices) {
      const path = imagePath(slice);
      const found = contents.get(path);
      const written = writeImage(mapping, population, slice);
      const at = written.findIndex((byte, k) => byte !== found?.[k]);
      if (at < 0) continue;
      const { start } = memoryLayout(mapping.profile, population.model, slice.stop - slice.start);
      const address = start + at;
      const region = slice.regions.find((one) => address >= one.address && address < one.address + one.bytes);
      const where = region === undefined ? "" : ` in ${region.name}`;
      throw broken(
        path,
        `address 0x${address.toString(16)}${where} does not hold what the mapping puts there`,
      );
    }
}

/**
 * Memory pictures of a folder, by slice.
 *
 * @throws E_S2_ARTEFACT
 */
export function readImages(files: readonly VirtualFile[], mapping: S2Mapping): ReadonlyMap<number, PeImage> {
  const contents = new Map(files.map(({ path, content }) => [path, content]));
  const images = new Map<number, PeImage>();
  for (const { model, slices } of mapping.populations)
    for (const slice of slices) {
      const path = imagePath(slice);
      const content = contents.get(path);
      const layout = memoryLayout(mapping.profile, model, slice.stop - slice.start);
      if (content === undefined) throw broken(path, "it is missing");
      if (typeof content === "string") throw broken(path, "it is text");
      if (content.length !== layout.end - layout.start)
        throw broken(path, `it has ${content.length} bytes, expected ${layout.end - layout.start}`);
      const expected = { slice: slice.id, neurons: slice.stop - slice.start, model };
      images.set(slice.id, readImage(content, layout, expected, path));
    }
  return images;
}

function parseMapping(content: string | Uint8Array | undefined): S2Mapping {
  if (content === undefined) throw broken(mappingFile, "it is missing");
  let json: unknown;
  try {
    json = JSON.parse(typeof content === "string" ? content : new TextDecoder().decode(content));
  } catch {
    throw broken(mappingFile, "it is no JSON");
  }
  const parsed = mappingSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw broken(mappingFile, `${issue?.path.join(".")}: ${issue?.message}`);
  }
  const { populations, projections, inputs, outputs } = parsed.data;
  for (const { name, size, shape, slices } of populations) {
    const follows = slices.every(
      ({ start, stop }, k) => start === (slices[k - 1]?.stop ?? 0) && stop > start,
    );
    if (sizeOf(shape) !== size || !follows || slices.at(-1)?.stop !== size)
      throw broken(mappingFile, `the slices of ${JSON.stringify(name)} do not make up its shape`);
  }
  const isPopulation = (index: number): boolean => index < populations.length;
  if (!projections.every(({ pre, post }) => isPopulation(pre) && isPopulation(post)))
    throw broken(mappingFile, "a projection names a population that is not there");
  if (
    ![...inputs, ...outputs].every(
      (port) => port.populations.length > 0 && port.populations.every(isPopulation),
    )
  )
    throw broken(mappingFile, "a port names a population that is not there");
  return parsed.data;
}

function broken(file: string, found: string): NirkitError {
  return new NirkitError([s2Diagnostic("E_S2_ARTEFACT", file, { file, found })]);
}

/** One number where all neurons of a population have the same, else one per neuron. */
function paramsOf(
  { model, size, slices }: S2Population,
  images: ReadonlyMap<number, PeImage>,
): S2Population["params"] {
  if (model === "spike_list") return {};
  const params: Record<string, number | readonly number[]> = {};
  for (const name of applicationModels[model].parameters) {
    if (name === "reset") continue;
    const values = new Float32Array(size);
    for (const { id, start } of slices) values.set(images.get(id)?.parameters.get(name) ?? [], start);
    const [first = 0] = values;
    params[name] = values.every((value) => value === first) ? first : [...values];
  }
  return params;
}

function withWeights(
  mapping: S2Mapping,
  projection: S2Projection,
  images: ReadonlyMap<number, PeImage>,
): S2Projection {
  const { populations, projections } = mapping;
  const post = populations[projection.post] as S2Population;
  const pre = populations[projection.pre] as S2Population;
  const before = projections
    .slice(0, projections.indexOf(projection))
    .filter((other) => other.post === projection.post)
    .reduce((sum, other) => sum + (populations[other.pre]?.slices.length ?? 0), 0);
  const parts = post.slices.map((slice) => {
    const image = images.get(slice.id) as PeImage;
    return { slice, image, entries: image.table.slice(before, before + pre.slices.length) };
  });
  return projection.kind === "conv2d"
    ? { ...projection, conv: joinKernels(projection, parts) }
    : { ...projection, list: joinRows(projection, pre, parts) };
}

interface Part {
  readonly slice: S2Slice;
  readonly image: PeImage;
  readonly entries: readonly ImageEntry[];
}

function joinRows(
  { delay }: S2Projection,
  pre: S2Population,
  parts: readonly Part[],
): NonNullable<S2Projection["list"]> {
  const start = new Uint32Array(pre.size + 1);
  const target: number[] = [];
  const weight: number[] = [];
  const delays: number[] = [];
  for (const [k, source] of pre.slices.entries())
    for (let s = source.start; s < source.stop; s++) {
      for (const { slice, entries } of parts) {
        const rows = entries[k]?.rows;
        const local = s - source.start;
        for (let at = rows?.start[local] ?? 0; at < (rows?.start[local + 1] ?? 0); at++) {
          target.push(slice.start + (rows?.target[at] ?? 0));
          weight.push(rows?.weight[at] ?? 0);
          delays.push(rows?.delay[at] ?? 0);
        }
      }
      start[s + 1] = target.length;
    }
  const list = {
    start: toBase64(start),
    target: toBase64(Uint32Array.from(target)),
    weight: toBase64(Int8Array.from(weight)),
  };
  return delays.every((d) => d === delay) ? list : { ...list, delay: toBase64(Uint8Array.from(delays)) };
}

/** Output channels of the slices side by side. */
function joinKernels({ id }: S2Projection, parts: readonly Part[]): NonNullable<S2Projection["conv"]> {
  const kernels = parts.map(({ image, entries }) => image.convolutions[entries[0]?.conv ?? -1]);
  const [first] = kernels;
  if (first === undefined || kernels.includes(undefined))
    throw broken(mappingFile, `${id} has no kernel in the images`);
  const [channelsIn, , height, width] = first.shape;
  const channelsOut = kernels.reduce((sum, kernel) => sum + (kernel?.shape[1] ?? 0), 0);
  const weights = new Int8Array(channelsIn * channelsOut * height * width);
  for (let c = 0, at = 0; c < channelsIn; c++)
    for (const kernel of kernels) {
      const run = (kernel?.shape[1] ?? 0) * height * width;
      weights.set(kernel?.weights.subarray(c * run, (c + 1) * run) ?? [], at);
      at += run;
    }
  return {
    shape: [channelsIn, channelsOut, height, width],
    params: first.params,
    weights: toBase64(weights),
  };
}
