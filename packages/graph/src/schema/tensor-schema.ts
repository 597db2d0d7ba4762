/** Schemas of the values a node is made of: tensors, shapes, whole numbers. */
import * as z from "zod/mini";
import { isStored } from "../stored-tensor.ts";
import { dtypes, type Shape, sizeOf, type Tensor, zeros } from "../tensor.ts";

/** What an issue of a node schema carries in `params`; becomes a diagnostic. */
export interface NodeIssue {
  readonly code: "E_BAD_DTYPE" | "E_BAD_SHAPE" | "E_BAD_VALUE";
  readonly found: string;
  readonly expected: string;
}

/** What a value is in the JSON form, where zod only knows that a function checks it. */
export type JsonForm =
  | { readonly kind: "tensor"; readonly ranks: readonly number[] | "any" }
  | { readonly kind: "whole"; readonly min: number }
  | { readonly kind: "wholes"; readonly min: number; readonly length: number | undefined }
  | { readonly kind: "padding"; readonly numbers: object }
  | { readonly kind: "metadata" | "graph" };

/** The JSON form of each schema that is a function; read where the JSON Schema is made. */
export const jsonForms: WeakMap<object, JsonForm> = new WeakMap();

/** Notes the JSON form of a schema. */
export function withJsonForm<S extends object>(schema: S, form: JsonForm): S {
  jsonForms.set(schema, form);
  return schema;
}

type Context<T> = z.core.ParsePayload<T>;

/** Adds an issue at a parameter of the value under check. */
export function complain<T>(ctx: Context<T>, path: PropertyKey[], issue: NodeIssue): void {
  const message = `found ${issue.found}, expected ${issue.expected}`;
  ctx.issues.push({ code: "custom", input: ctx.value, path, message, params: { ...issue } });
}

/** Shape as text: `[2, 3]`. */
export function shapeText(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** A numeric tensor of the given ranks whose data fit dtype and shape; no axis is empty. */
export function tensorSchema(ranks: readonly number[] | "any" = "any"): z.ZodMiniType<Tensor> {
  const schema = z.custom<Tensor>().check((ctx) => {
    const value: unknown = ctx.value;
    if (!isTensor(value))
      return complain(ctx, [], { code: "E_BAD_DTYPE", found: kindOf(value), expected: "a tensor" });
    if (value.dtype === "bool")
      return complain(ctx, [], { code: "E_BAD_DTYPE", found: "bool", expected: "numbers" });
    const count = isStored(value) ? sizeOf(value.shape) : value.data.length;
    if (count !== sizeOf(value.shape) || value.shape.some((n) => n < 1))
      complain(ctx, [], {
        code: "E_BAD_SHAPE",
        found: `${count} values in shape ${shapeText(value.shape)}`,
        expected: "one value for every place, and no empty axis",
      });
    const { length } = value.shape;
    if (ranks !== "any" && !ranks.includes(length))
      complain(ctx, [], {
        code: "E_BAD_SHAPE",
        found: `shape ${shapeText(value.shape)}`,
        expected: ranks.length > 1 ? `at least ${ranks[0]} axes` : `${ranks[0]} axes`,
      });
  });
  return withJsonForm(schema, { kind: "tensor", ranks });
}

function isTensor(value: unknown): value is Tensor {
  if (typeof value !== "object" || value === null) return false;
  if (isStored(value as Tensor)) return true;
  const { dtype, shape, data } = value as Partial<Tensor>;
  if (dtype === undefined || !dtypes.includes(dtype) || !Array.isArray(shape)) return false;
  return (
    data instanceof zeros(dtype, [0]).data.constructor &&
    shape.every((n) => Number.isSafeInteger(n) && n >= 0)
  );
}

/** What stands where something else was expected. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value !== "object" || value === null) return `${typeof value} ${String(value)}`;
  const dtype = (value as Partial<Tensor>).dtype;
  return dtype === undefined ? "an object" : `data that do not fit dtype ${String(dtype)}`;
}

/** A whole number, at least `min`. */
export function wholeNumber(min: number): z.ZodMiniType<number> {
  const schema = z.custom<number>().check((ctx) => {
    const value: unknown = ctx.value;
    const issue = wholeNumberIssue(value, min);
    if (issue !== undefined) complain(ctx, [], issue);
  });
  return withJsonForm(schema, { kind: "whole", min });
}

function wholeNumberIssue(value: unknown, min: number): NodeIssue | undefined {
  const expected = min === -Infinity ? "a whole number" : `a whole number, at least ${min}`;
  if (typeof value !== "number" || !Number.isSafeInteger(value))
    return { code: "E_BAD_DTYPE", found: kindOf(value), expected };
  return value < min ? { code: "E_BAD_VALUE", found: String(value), expected } : undefined;
}

/** Whole numbers, each at least `min`; exactly `length` of them where it is given. */
export function wholeNumbers<T extends readonly number[]>(min: number, length?: number): z.ZodMiniType<T> {
  const schema = z.custom<T>().check((ctx) => {
    const value: unknown = ctx.value;
    if (!Array.isArray(value)) {
      const expected = length === undefined ? "a list of sizes" : `${length} numbers`;
      return complain(ctx, [], { code: "E_BAD_SHAPE", found: kindOf(value), expected });
    }
    if (length !== undefined && value.length !== length)
      return complain(ctx, [], {
        code: "E_BAD_SHAPE",
        found: `${value.length} numbers`,
        expected: `${length} (height, width)`,
      });
    const issue = value.map((n) => wholeNumberIssue(n, min)).find((i) => i !== undefined);
    if (issue !== undefined) complain(ctx, [], { ...issue, found: `${issue.found} in ${shapeText(value)}` });
  });
  return withJsonForm(schema, { kind: "wholes", min, length });
}
