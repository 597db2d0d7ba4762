/** Metadata entries back into typed annotations, each member checked. */
import {
  type MetadataValue,
  type NirGraph,
  NirkitError,
  type NirNode,
  type Tensor,
  toFloat64,
} from "@nirkit/graph";
import type { z } from "zod";
import { quantizeDiagnostic } from "../diagnostics.ts";
import type { NeuronArithmetic } from "../integer-neuron.ts";
import type { InputEncoding, QuantizedInput } from "../quantized-view.ts";
import { annotationKeys as keys } from "./keys.ts";
import {
  encodingSchema,
  type GraphWords,
  graphSchema,
  inputSchema,
  neuronSchema,
  type QuantWords,
  quantSchema,
} from "./schema.ts";

/** `nirkit:quant` of a node, if it is there. */
export function readQuantWords(node: NirNode, path: string): QuantWords | undefined {
  return readJson(node.metadata?.get(keys.quant), keys.quant, `${path}.metadata`, quantSchema);
}

/** `nirkit:neuron` of a node, if it is there. */
export function readArithmetic(node: NirNode, path: string): NeuronArithmetic | undefined {
  return readJson(node.metadata?.get(keys.neuron), keys.neuron, `${path}.metadata`, neuronSchema);
}

/** `nirkit:input` of a node, if it is there. */
export function readInput(node: NirNode, path: string): QuantizedInput | undefined {
  return readJson(node.metadata?.get(keys.input), keys.input, `${path}.metadata`, inputSchema);
}

/** `nirkit:encoding` of a node, if it is there. */
export function readEncoding(node: NirNode, path: string): InputEncoding | undefined {
  return readJson(node.metadata?.get(keys.encoding), keys.encoding, `${path}.metadata`, encodingSchema);
}

/** `nirkit:graph` of a graph, if it is there. */
export function readGraphWords(graph: NirGraph): GraphWords | undefined {
  return readJson(graph.metadata.get(keys.graph), keys.graph, "metadata", graphSchema);
}

function readJson<T>(
  value: MetadataValue | undefined,
  key: string,
  place: string,
  schema: z.ZodType<T>,
): T | undefined {
  if (value === undefined) return undefined;
  const refuse = (why: string): NirkitError =>
    new NirkitError([quantizeDiagnostic("E_ANNOTATION", place, { key, why })]);
  if (typeof value !== "string") throw refuse("is no text");
  let json: unknown;
  try {
    json = JSON.parse(value);
  } catch {
    throw refuse("is no JSON");
  }
  const version = json !== null && typeof json === "object" && "v" in json ? json.v : "none";
  if (version !== 1) {
    const found = typeof version === "string" ? version : JSON.stringify(version);
    throw new NirkitError([quantizeDiagnostic("E_ANNOTATION_VERSION", place, { key, found })]);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw refuse(`has a wrong member ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unknown"}`);
}

/** A numeric entry, if it is there; `length` lists the allowed numbers of values. */
export function readNumbers(
  node: NirNode,
  key: string,
  path: string,
  length: readonly number[],
): Float64Array | undefined {
  const value = node.metadata?.get(key);
  if (value === undefined) return undefined;
  const numbers = numbersOf(value);
  if (numbers === undefined || !length.includes(numbers.length))
    throw new NirkitError([
      quantizeDiagnostic("E_ANNOTATION", `${path}.metadata`, {
        key,
        why: `holds ${numbers === undefined ? "no numbers" : `${numbers.length} values`}; ${length.join(" or ")} were expected`,
      }),
    ]);
  return numbers;
}

/** Like {@link readNumbers}, and every value a 32-bit integer. */
export function readInts(
  node: NirNode,
  key: string,
  path: string,
  length: readonly number[],
): Int32Array | undefined {
  const numbers = readNumbers(node, key, path, length);
  if (numbers === undefined) return undefined;
  const ints = Int32Array.from(numbers);
  const wrong = ints.findIndex((int, i) => int !== numbers[i]);
  if (wrong >= 0)
    throw new NirkitError([
      quantizeDiagnostic("E_ANNOTATION", `${path}.metadata`, {
        key,
        why: `holds ${numbers[wrong]}, which is no 32-bit integer`,
      }),
    ]);
  return ints;
}

function numbersOf(value: MetadataValue): Float64Array | undefined {
  if (typeof value === "number") return Float64Array.of(value);
  if (typeof value === "bigint") return Float64Array.of(Number(value));
  if (typeof value === "object" && "dtype" in value) return toFloat64(value as Tensor);
  return undefined;
}
