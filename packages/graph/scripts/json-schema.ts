/**
 * The JSON Schema of `.nir.json`, made from the zod schemas of the nodes. `node scripts/write-json-schema.ts` writes it to
 * `schema/nir.schema.json`.
 */
import * as z from "zod";
import { dtypes, type NodeType, nodeSchemas, nodeTypes } from "../src/index.ts";
import { graphSchemaName } from "../src/json/write-json.ts";
import { type JsonForm, jsonForms } from "../src/schema/tensor-schema.ts";

type Json = { [key: string]: unknown };
const ref = (name: string): Json => ({ $ref: `#/$defs/${name}` });

/** The whole schema as plain data. */
export function jsonSchema(): Json {
  const nodes = Object.fromEntries(nodeTypes.map((type) => [`node.${type}`, nodeSchema(type)]));
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "urn:nirkit:graph:1",
    title: "nirkit graph (.nir.json)",
    description:
      "A NIR graph. Shapes carry no batch and no time axis; parameters are in camelCase. What shapes have to do with neighbors is not said here.",
    type: "object",
    required: ["schema", "nodes", "edges"],
    properties: { schema: { const: graphSchemaName }, ...graphProperties },
    additionalProperties: false,
    $defs: { ...shared, ...nodes },
  };
}

const graphProperties: Json = {
  nodes: {
    description: "Nodes by name, in the order of the names.",
    type: "object",
    propertyNames: { minLength: 1, not: { const: "." }, pattern: "^[^\\u0000]*$" },
    additionalProperties: {
      anyOf: [...nodeTypes.map((type) => ref(`node.${type}`)), ref("extension")],
    },
  },
  edges: {
    description: "Source name, target name; copies are kept and count once.",
    type: "array",
    items: {
      type: "array",
      prefixItems: [{ type: "string" }, { type: "string" }],
      items: false,
      minItems: 2,
    },
  },
  metadata: ref("metadata"),
};

const tensor: Json = {
  description: "Row-major; data is the base64 of the little-endian bytes, so that every value is exact.",
  type: "object",
  required: ["dtype", "shape", "data"],
  properties: {
    dtype: { enum: dtypes },
    shape: { type: "array", items: { type: "integer", minimum: 0 } },
    data: {
      type: "string",
      contentEncoding: "base64",
      pattern: "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
    },
  },
  additionalProperties: false,
};

/** A single-key object, for values that JSON lacks. */
const wrapped = (key: string, value: Json): Json => ({
  type: "object",
  required: [key],
  properties: { [key]: value },
  additionalProperties: false,
});

const shared: Json = {
  graph: {
    type: "object",
    required: ["nodes", "edges"],
    properties: graphProperties,
    additionalProperties: false,
  },
  tensor,
  metadata: { type: "object", additionalProperties: ref("value") },
  number: {
    anyOf: [{ type: "number" }, wrapped("number", { enum: ["NaN", "Infinity", "-Infinity", "-0"] })],
  },
  value: {
    anyOf: [
      { type: "string" },
      { type: "boolean" },
      ref("number"),
      wrapped("bigint", { type: "string", pattern: "^-?\\d{1,400}$" }),
      ref("tensor"),
      wrapped("map", ref("metadata")),
      { type: "array", items: { type: "string" } },
      { type: "array", items: ref("number") },
    ],
  },
  extension: {
    description: "A node type that is not of NIR; the reader needs its definition.",
    type: "object",
    required: ["type", "params"],
    properties: {
      type: { type: "string", pattern: "^[^:]+:.+$" },
      params: ref("metadata"),
      metadata: ref("metadata"),
    },
    additionalProperties: false,
  },
};

/** The schema of one type: its object from zod, the parts that zod cannot look into from their JSON forms. */
function nodeSchema(type: NodeType): Json {
  const made = z.toJSONSchema(nodeSchemas[type], {
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const form = jsonForms.get(zodSchema);
      if (form !== undefined) Object.assign(jsonSchema, formSchema(form));
    },
  }) as Json;
  const { $schema: _, ...rest } = made;
  return { ...rest, additionalProperties: false };
}

function formSchema(form: JsonForm): Json {
  switch (form.kind) {
    case "tensor": {
      const axes = form.ranks === "any" ? {} : { minItems: form.ranks[0], maxItems: form.ranks.at(-1) };
      const numbers = { dtype: { not: { const: "bool" } } };
      const size = { shape: { items: { minimum: 1 }, ...axes } };
      return { allOf: [ref("tensor"), { properties: { ...numbers, ...size } }] };
    }
    case "whole":
      return whole(form.min);
    case "wholes": {
      const length = form.length === undefined ? {} : { minItems: form.length, maxItems: form.length };
      return { type: "array", items: whole(form.min), ...length };
    }
    case "padding": {
      const numbers = jsonForms.get(form.numbers);
      return {
        anyOf: [{ enum: ["same", "valid"] }, ...(numbers === undefined ? [] : [formSchema(numbers)])],
      };
    }
    default:
      return ref(form.kind);
  }
}

function whole(min: number): Json {
  return Number.isFinite(min) ? { type: "integer", minimum: min } : { type: "integer" };
}
