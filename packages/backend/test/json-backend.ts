/** A small complete back end, as a stranger would write it: it "deploys" a network as JSON and weight codes as hex. */
import { type Diagnostic, NirkitError, sizeOf } from "@nirkit/graph";
import { packBits, unpackBits } from "@nirkit/integer";
import { type IntegerNeuron, type Network, type Projection, simulateNetwork } from "@nirkit/network";
import type { QuantTensor } from "@nirkit/quantize";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import {
  type Backend,
  type Deployment,
  defineBackend,
  deploymentJson,
  readDeployment,
  type VirtualFile,
} from "../src/index.ts";

export interface JsonOptions {
  readonly maxNeurons: number;
}

/** The mapping: the network itself, every population with an address range. */
export interface JsonMapping {
  readonly network: Network;
  readonly firstAddress: readonly number[];
}

const kinds: ReadonlySet<string> = new Set(["lif", "cuba", "sum", "threshold"]);

function check(network: Network, options: JsonOptions): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const refuse = (path: string, message: string, hint: string): void => {
    found.push({ code: "E_JSON_UNSUPPORTED", level: "error", path, message, hint });
  };
  for (const { name, neuron } of network.populations) {
    if (neuron.arithmetic === "float32")
      refuse(`populations.${name}`, "Its state is float32", "Lower with integer neurons");
    else if (!kinds.has(neuron.kind))
      refuse(`populations.${name}`, `Its kind is ${neuron.kind}`, "Use IF, LIF, LI or Cuba neurons");
    else if (neuron.stateLevels !== undefined)
      refuse(`populations.${name}`, "Its state has levels", "Quantize with plain state bits");
  }
  for (const { name, op } of network.projections)
    if (op.kind !== "dense") refuse(`projections.${name}`, `Its kind is ${op.kind}`, "Use dense weights");
  const neurons = network.populations.reduce((sum, p) => sum + sizeOf(p.shape), 0);
  if (neurons > options.maxNeurons)
    refuse("populations", `${neurons} neurons are too many`, `Raise maxNeurons past ${options.maxNeurons}`);
  return found;
}

const numeric = [
  Int8Array,
  Int16Array,
  Int32Array,
  Uint8Array,
  Uint32Array,
  Float32Array,
  Float64Array,
] as const;

/** Typed arrays as tagged lists, infinities as text. */
function encode(_: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return { infinity: value > 0 };
  const type = numeric.find((t) => value instanceof t);
  return type === undefined ? value : { array: type.name, entries: Array.from(value as ArrayLike<number>) };
}

function decode(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("infinity" in value)
    return value.infinity === true ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  const type = "array" in value ? numeric.find((t) => t.name === value.array) : undefined;
  return type === undefined ? value : type.from((value as { entries: number[] }).entries);
}

function imagePath(k: number): string {
  return `weights/${k}.hex`;
}

/** Integers come from the image alone: 4-bit two's complement. */
function decodeWeights(weights: QuantTensor, hex: string): QuantTensor {
  const codes = unpackBits(hexToBytes(hex), weights.bits, sizeOf(weights.shape));
  const ints = Int8Array.from(codes, (code) =>
    code >= 2 ** (weights.bits - 1) ? code - 2 ** weights.bits : code,
  );
  return { ...weights, ints, codes: Uint8Array.from(codes) };
}

function emit(deployment: Deployment<JsonMapping>): VirtualFile[] {
  const { mapping, ...rest } = deployment;
  const projections = mapping.network.projections.map(({ weights, ...other }) => {
    const { ints: _ints, codes: _codes, ...meta } = weights;
    return { ...other, weights: meta };
  });
  const images = mapping.network.projections.map(({ weights }, k) => ({
    path: imagePath(k),
    content: bytesToHex(packBits(weights.codes, weights.bits)),
  }));
  const plain: unknown = JSON.parse(
    JSON.stringify({ ...mapping, network: { ...mapping.network, projections } }, encode),
  );
  return [...images, deploymentJson({ ...rest, mapping: plain }, images)];
}

function load(files: readonly VirtualFile[]): Deployment<JsonMapping> {
  const { backend, version, graphHash, options, mapping } = readDeployment(files);
  const { network, firstAddress } = JSON.parse(JSON.stringify(mapping), decode) as JsonMapping;
  const projections = network.projections.map((projection: Projection, k): Projection => {
    const image = files.find(({ path }) => path === imagePath(k))?.content ?? "";
    return { ...projection, weights: decodeWeights(projection.weights, String(image)) };
  });
  return {
    backend,
    version,
    graphHash,
    options,
    mapping: { network: { ...network, projections }, firstAddress },
  };
}

/** The back end under the test kit. */
export const jsonBackend: Backend<JsonOptions, JsonMapping> = defineBackend({
  contract: 1,
  name: "json",
  version: "1.0.0",
  summary: "Writes a network as JSON and hexadecimal images",
  options: z.object({ maxNeurons: z.number().int().default(1000) }),
  lowering: { links: "same-step", neuron: "integer", conv3d: "keep" },
  check,
  compile(network, options) {
    const found = check(network, options);
    if (found.length > 0) throw new NirkitError(found);
    let next = 0;
    const firstAddress = network.populations.map((p) => {
      next += sizeOf(p.shape);
      return next - sizeOf(p.shape);
    });
    return {
      backend: "json",
      version: "1.0.0",
      graphHash: network.meta.graphHash,
      options,
      mapping: { network, firstAddress },
    };
  },
  emit,
  load,
  simulate({ mapping }, input, options) {
    const record = options?.record;
    return simulateNetwork(
      mapping.network,
      input,
      record === undefined ? {} : { record: { nodes: record.populations, signals: record.signals } },
    );
  },
  estimate({ mapping }) {
    const bits = mapping.network.projections.reduce(
      (sum, { weights }) => sum + weights.bits * weights.ints.length,
      0,
    );
    return {
      figures: [
        {
          name: "weights",
          value: bits,
          unit: "bit",
          method: "counted from the images",
          source: "json back end",
        },
      ],
      diagnostics: [],
    };
  },
});

/** A population's neuron changed in every population of a deployment. */
export function withNeurons(
  deployment: Deployment<JsonMapping>,
  change: (neuron: IntegerNeuron) => IntegerNeuron,
): Deployment<JsonMapping> {
  const { network } = deployment.mapping;
  const populations = network.populations.map((p) => ({ ...p, neuron: change(p.neuron as IntegerNeuron) }));
  return { ...deployment, mapping: { ...deployment.mapping, network: { ...network, populations } } };
}
