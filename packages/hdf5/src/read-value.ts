/** Values of parameters: from a dataset to what a node holds, with a diagnostic for everything else. */
import { type Diagnostic, graphDiagnostic, type Pair, type Shape, type Tensor } from "@nirkit/graph";
import { badLayout, corrupt, externalLink } from "./diagnostics.ts";
import type { Dataset, Hdf5File } from "./hdf5-file.ts";
import type { WireKind } from "./wire-names.ts";

/** Value of a parameter that is not a tensor. */
export type PlainValue = number | string | Pair | Shape;

/** Where problems of one file go. A reader that returns undefined has said why. */
export type Report = (diagnostic: Diagnostic) => undefined;

/** Opens a dataset, or says what stands in its place. */
export function openDataset(file: Hdf5File, path: string, report: Report): Dataset | undefined {
  const kind = file.kind(path);
  if (kind === "dataset") return file.dataset(path);
  if (kind === "external link") return report(externalLink(path));
  if (kind === "broken link") return report(corrupt(path, "a link that leads nowhere"));
  return report(
    badLayout(path, `Found a ${kind === "nothing" ? "dead link" : kind} where a dataset belongs`),
  );
}

/** Reads one text. */
export function readText(file: Hdf5File, dataset: Dataset, report: Report): string | undefined {
  const expected = "one text";
  if (dataset.element !== "string")
    return report(graphDiagnostic("E_BAD_DTYPE", dataset.path, { found: elementName(dataset), expected }));
  if (dataset.shape === null || dataset.count !== 1)
    return report(graphDiagnostic("E_BAD_SHAPE", dataset.path, { found: shapeName(dataset), expected }));
  return file.strings(dataset)[0];
}

/** Reads a real tensor. Booleans, text, complex numbers and the null dataspace are refused. */
export function readTensor(file: Hdf5File, dataset: Dataset, report: Report): Tensor | undefined {
  const { element, path } = dataset;
  if (typeof element !== "string" || element === "string" || element === "bool")
    return report(
      graphDiagnostic("E_BAD_DTYPE", path, { found: elementName(dataset), expected: "real numbers" }),
    );
  if (dataset.shape === null)
    return report(
      graphDiagnostic("E_BAD_SHAPE", path, { found: "an empty dataspace", expected: "an array" }),
    );
  return file.tensor(dataset);
}

const words: Partial<Record<WireKind, string>> = { padding: "same or valid", paddings: "same or valid" };

/** Reads a parameter that is integers: a shape, a scalar, a pair, a padding. */
export function readPlain(
  file: Hdf5File,
  dataset: Dataset,
  kind: Exclude<WireKind, "tensor">,
  report: Report,
): PlainValue | undefined {
  const { path, element } = dataset;
  if (element === "string" && words[kind] !== undefined) {
    const text = readText(file, dataset, report);
    if (text === undefined || text === "same" || text === "valid") return text;
    return report(
      graphDiagnostic("E_BAD_VALUE", path, { found: `"${text}"`, expected: `a number or ${words[kind]}` }),
    );
  }
  const integers = readIntegers(file, dataset, report);
  return integers === undefined ? undefined : arrange(dataset, integers, kind, report);
}

function readIntegers(file: Hdf5File, dataset: Dataset, report: Report): number[] | undefined {
  const { path, element } = dataset;
  const expected = "integers";
  if (typeof element !== "string" || !/^u?int/.test(element))
    return report(graphDiagnostic("E_BAD_DTYPE", path, { found: elementName(dataset), expected }));
  if (dataset.shape === null || dataset.shape.length > 1)
    return report(
      graphDiagnostic("E_BAD_SHAPE", path, { found: shapeName(dataset), expected: "a number or a list" }),
    );
  const values = Array.from(file.tensor(dataset).data, Number);
  const large = values.find((value) => !Number.isSafeInteger(value));
  if (large !== undefined)
    return report(
      graphDiagnostic("E_BAD_VALUE", path, { found: String(large), expected: "integers within 2^53" }),
    );
  return values;
}

function arrange(
  dataset: Dataset,
  integers: readonly number[],
  kind: Exclude<WireKind, "tensor">,
  report: Report,
): PlainValue | undefined {
  const [first, second] = integers;
  const scalar = dataset.shape?.length === 0;
  const bad = (expected: string): undefined =>
    report(graphDiagnostic("E_BAD_SHAPE", dataset.path, { found: shapeName(dataset), expected }));
  switch (kind) {
    case "shape":
      return scalar ? bad("a list, one number per axis") : integers;
    case "integer":
    case "padding":
    case "length":
      return integers.length === 1 ? first : bad("one number");
    case "pair":
    case "paddings":
      if (scalar && first !== undefined) return [first, first];
      return integers.length === 2 && first !== undefined && second !== undefined
        ? [first, second]
        : bad("two numbers, height and width");
    case "size":
      return integers.length === 2 && first !== undefined && second !== undefined
        ? [first, second]
        : bad("two numbers, height and width");
    default:
      return kind satisfies never;
  }
}

/** `float32`, `text`, `a compound (a complex number?)`. */
export function elementName({ element }: Dataset): string {
  if (typeof element !== "string") return element.unsupported;
  return element === "string" ? "text" : element;
}

/** `shape [2, 3]`. */
export function shapeName({ shape }: Dataset): string {
  return shape === null
    ? "an empty dataspace"
    : shape.length === 0
      ? "a single value"
      : `shape [${shape.join(", ")}]`;
}
