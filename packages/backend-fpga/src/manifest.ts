/** `manifest.json`, and the way back from it and the memory images to the plan. */

import type { VirtualFile } from "@nirkit/backend";
import { type Diagnostic, NirkitError, sizeOf } from "@nirkit/graph";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { fpgaDiagnostic } from "./diagnostics.ts";
import { type LayerArc, layerArcs } from "./layer-arc.ts";
import { manifestSchema } from "./manifest-schema.ts";
import { memText, unpackWords } from "./memory-image.ts";
import type {
  ConvPlan,
  FpgaManifest,
  FpgaPlan,
  GraphPlan,
  LayerPlan,
  MemoryForm,
  MemoryRole,
  SourcePlan,
} from "./plan-types.ts";
import { denseRows } from "./sparse-rows.ts";
import { decodeWeight } from "./weight-code.ts";

/** Text of `manifest.json`: the plan with the digests of its memories in place of their words. */
export function printManifest(plan: FpgaPlan): string {
  const { artefacts: _, ...design } = plan;
  const manifest: FpgaManifest = {
    ...design,
    layers: plan.layers.map((layer) => ({
      ...layer,
      memories: layer.memories.map(({ words, ...memory }) => ({
        ...memory,
        sha256: textDigest(memText(words)),
      })),
    })),
  };
  // Parsing puts the keys into the schema's order, whatever the plan came from.
  return `${JSON.stringify(manifestSchema.parse(manifest), undefined, 2)}\n`;
}

function textDigest(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

/**
 * The plan again, from `manifest.json` and the `.mem` files alone: every weight and parameter is decoded from the
 * images. Images that differ from the manifest's digests are taken as they are, so that `verify` can say where. The
 * bench in `tb/` is not looked at: it is no part of the design, and `verify` does not trust it.
 *
 * @throws E_FPGA_ARTEFACT when a file is missing or does not have the form that is emitted
 */
export function fromArtefacts(files: readonly VirtualFile[]): FpgaPlan {
  const texts = new Map(files.map((file) => [file.path, textOf(file)]));
  const manifest = parseManifest(texts.get("manifest.json"));
  const refusals: Diagnostic[] = [];
  const layers = manifest.layers.map((layer): LayerPlan => {
    const memories = layer.memories.map(({ sha256: _, ...memory }) => {
      const path = `mem/${memory.file}`;
      const found = imageProblem(texts.get(path), memory);
      if (found !== undefined) refusals.push(fpgaDiagnostic("E_FPGA_ARTEFACT", path, { file: path, found }));
      return { ...memory, words: (texts.get(path) ?? "").split("\n").slice(0, -1) };
    });
    return { ...layer, memories };
  });
  if (refusals.length > 0) throw new NirkitError(refusals);
  const artefacts = [...texts]
    .filter(([path]) => /^(rtl|mem)\//.test(path))
    .map(([path, content]) => ({ path, content }));
  return { ...manifest, layers, artefacts };
}

function textOf({ content }: VirtualFile): string {
  return typeof content === "string" ? content : new TextDecoder().decode(content);
}

function parseManifest(text: string | undefined): FpgaManifest {
  const refuse = (found: string): never => {
    throw new NirkitError([
      fpgaDiagnostic("E_FPGA_ARTEFACT", "manifest.json", { file: "manifest.json", found }),
    ]);
  };
  if (text === undefined) return refuse("it is missing");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse("it is not JSON");
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return refuse(`${issue?.path.join(".")}: ${issue?.message}`);
  }
  const bad = inconsistency(parsed.data);
  return bad === undefined ? parsed.data : refuse(bad);
}

/** What would let a simulator read outside a memory. */
function inconsistency(manifest: FpgaManifest): string | undefined {
  const { layers, graph } = manifest;
  for (const [l, layer] of layers.entries()) {
    const wrong =
      (graph === undefined
        ? arcProblem(layer, layerArcs(layer)[0] as LayerArc, chainSource(manifest, l))
        : graphArcsProblem(manifest, graph, l)) ?? layerProblem(layer);
    if (wrong !== undefined) return wrong;
  }
  if (graph === undefined) return layers.length === 0 ? "it has no layers" : undefined;
  const isBad = graph.exits.some(({ source, output }) => {
    const port = graph.outputs[output];
    return port === undefined || sourceSize(manifest, graph, source) !== sizeOf(port.shape);
  });
  return isBad ? "an exit fits no Output" : undefined;
}

/** Beats that come in in front of a layer of a chain. */
function chainSource({ input, layers }: FpgaManifest, l: number): number {
  return l === 0 ? sizeOf(input.shape) : (layers[l - 1]?.neurons ?? 0);
}

function sourceSize(
  { layers }: FpgaManifest,
  { inputs }: GraphPlan,
  { kind, index }: SourcePlan,
): number | undefined {
  const port = inputs[index];
  if (kind === "layer") return layers[index]?.neurons;
  return port === undefined ? undefined : sizeOf(port.shape);
}

/** Every arc comes from somewhere, within the step only from before, and fits the first one's layout. */
function graphArcsProblem(manifest: FpgaManifest, graph: GraphPlan, l: number): string | undefined {
  const layer = manifest.layers[l] as ManifestLayer;
  const { name, arcs, conv, rowWords, words } = layer;
  if (arcs === undefined || `${arcs[0]?.conv?.outShape}` !== `${conv?.outShape}`)
    return `layer ${name} has no arcs`;
  for (const arc of arcs) {
    const sources = arc.pace ? 1 : sourceSize(manifest, graph, arc.source);
    if (sources === undefined || (arc.delay === 0 && arc.source.kind === "layer" && arc.source.index >= l))
      return `layer ${name} has an arc from nowhere`;
    if (
      arc.conv !== null &&
      (conv === null || arc.conv.groups !== conv.groups || `${arc.conv.outShape}` !== `${conv.outShape}`)
    )
      return `layer ${name} has arcs into different maps`;
    const wrong = arcProblem(
      { name, neurons: layer.neurons, lanes: layer.lanes, rowWords, words },
      arc,
      sources,
      conv,
    );
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

type ManifestLayer = FpgaManifest["layers"][number];

/** Every shape has to follow from the one before. */
function arcProblem(
  layer: Pick<ManifestLayer, "name" | "neurons" | "lanes" | "words" | "rowWords">,
  { inMap, pool, conv, inputs }: LayerArc,
  sources: number,
  layout: ConvPlan | null = conv,
): string | undefined {
  const { name, words, rowWords, lanes, neurons } = layer;
  const enters = pool === null ? sources : sizeOf(pool.outShape);
  if ((inMap !== null && sizeOf(inMap) !== sources) || enters !== inputs)
    return `layer ${name} has ${inputs} inputs, ${enters} come in`;
  if (pool !== null && `${pool.inShape}` !== `${inMap}`) return `layer ${name} pools another map`;
  if (layout === null)
    return words === Math.ceil(neurons / lanes) && rowWords === words
      ? undefined
      : `layer ${name} has wrong words`;
  const [channels, height, width] = layout.outShape;
  if (
    sizeOf(layout.outShape) !== neurons ||
    (conv !== null && `${conv.inShape}` !== `${pool?.outShape ?? inMap}`)
  )
    return `layer ${name} convolves another map`;
  if ((conv !== null && conv.inShape[0] % conv.groups !== 0) || channels % layout.groups !== 0)
    return `layer ${name} has wrong groups`;
  const perGroup = Math.ceil(channels / layout.groups / lanes);
  return rowWords === perGroup && words === perGroup * layout.groups * height * width
    ? undefined
    : `layer ${name} has wrong words`;
}

function layerProblem(layer: ManifestLayer): string | undefined {
  const { conv, words, rowWords, parameterWords } = layer;
  const arcs = layerArcs(layer);
  if (parameterWords !== words && (conv === null || parameterWords !== rowWords * conv.groups))
    return `layer ${layer.name} has wrong words`;
  const depth = ({ role, arc = 0 }: MemoryForm): number => {
    if (role === "recurrent") return layer.neurons * words;
    if (role === "rowMask" || role === "rowStart") return layer.inputs;
    if (role !== "weights") return parameterWords;
    const of = arcs[arc];
    if (of === undefined) return 0;
    return of.conv === null ? of.inputs * words : of.conv.inShape[0] * sizeOf(of.conv.kernel) * rowWords;
  };
  for (const memory of layer.memories) {
    const { role, file, laneBits, width, depth: found, arc = 0 } = memory;
    const rows = arcs[arc]?.projection.rows ?? denseRows;
    if (arcs[arc]?.conv != null && rows.form !== "dense")
      return `layer ${layer.name} is a convolution with sparse rows`;
    const isPacked = rows.form === "bitmask" || rows.form === "rle";
    const isTable = role === "rowMask" || role === "rowStart";
    const wanted = (isTable ? 1 : layer.lanes) * laneBits + (role === "weights" ? rows.runBits : 0);
    const maskBits = rows.form === "any" ? 1 : rowWords;
    if (
      width !== wanted ||
      (!(isPacked && role === "weights") && found !== depth(memory)) ||
      (role === "rowMask" && width !== maskBits)
    )
      return `memory ${file} has wrong dimensions`;
  }
  const lacksArc = arcs.some(
    (_, k) => !layer.memories.some((memory) => memory.role === "weights" && (memory.arc ?? 0) === k),
  );
  const missing = neededRoles(layer).find((role) => !layer.memories.some((memory) => memory.role === role));
  if (lacksArc) return `layer ${layer.name} has no weights memory of an arc`;
  return missing === undefined ? undefined : `layer ${layer.name} has no ${missing} memory`;
}

function neededRoles({ neuron, projections }: FpgaManifest["layers"][number]): string[] {
  const roles = ["weights", ...(projections.length > 1 ? ["recurrent"] : [])];
  const form = projections[0]?.rows.form;
  if (form === "any" || form === "bitmask") roles.push("rowMask");
  if (form === "bitmask" || form === "rle") roles.push("rowStart");
  if (neuron.threshold === null) roles.push("theta");
  if (neuron.sub === null) roles.push("sub");
  if (neuron.vReset === null) roles.push("vReset");
  if (neuron.bias === null) roles.push("bias");
  if (neuron.leak.form === "mul" && neuron.leak.mul === null) roles.push("leak");
  if (neuron.synLeak.form === "mul" && neuron.synLeak.mul === null) roles.push("synLeak");
  return roles;
}

function imageProblem(text: string | undefined, memory: MemoryForm): string | undefined {
  if (text === undefined) return "it is missing";
  const lines = text.split("\n");
  if (lines.at(-1) !== "" || lines.length !== memory.depth + 1)
    return `it has ${lines.length - 1} lines, expected ${memory.depth}`;
  const digits = Math.ceil(memory.width / 4);
  const limit = 2n ** BigInt(memory.width);
  for (let k = 0; k < memory.depth; k++) {
    const line = lines[k] as string;
    if (!new RegExp(`^[0-9a-f]{${digits}}$`).test(line) || BigInt(`0x${line}`) >= limit)
      return `line ${k + 1} is no word of ${memory.width} bits`;
  }
  return undefined;
}

/** Values of one memory, `lanes` per word, or undefined where the layer has none of that role and arc. */
export function memoryValues(layer: LayerPlan, role: MemoryRole, arc = 0): Float64Array | undefined {
  const memory = layer.memories.find((m) => m.role === role && (m.arc ?? 0) === arc);
  if (memory === undefined) return undefined;
  const patterns = unpackWords(memory.words, {
    lanes: layer.lanes,
    laneBits: memory.laneBits,
    signed: memory.signed,
  });
  const coding = { code: memory.code, bits: memory.laneBits, slots: memory.slots };
  return patterns.map((pattern) => decodeWeight(pattern, coding));
}
