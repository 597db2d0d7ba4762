/** Metadata trees: any dataset becomes a value, any group a map; what has no form is left out with a warning. */
import { graphDiagnostic, type Metadata, type MetadataValue, type Tensor } from "@nirkit/graph";
import { corrupt } from "./diagnostics.ts";
import type { Dataset, Hdf5File } from "./hdf5-file.ts";
import { elementName } from "./read-value.ts";
import type { Reading } from "./reading.ts";
import { isIntegral } from "./write-metadata.ts";

/** Reads the group `path`; undefined when there is nothing to keep. */
export function readMetadata(reading: Reading, path: string, depth = 0): Metadata | undefined {
  const { file } = reading;
  const leaveOut = (at: string, message: string): undefined =>
    reading.report(graphDiagnostic("W_METADATA", at, { message, hint: "It is left out" }));
  const kind = file.kind(path);
  if (kind !== "group") return leaveOut(path, `Metadata is a ${kind}, not a group`);
  if (!reading.enter(path, depth)) return undefined;
  const entries = new Map<string, MetadataValue>();
  for (const key of file.members(path)) {
    const at = `${path}/${key}`;
    const member = file.kind(at);
    // It was listed a moment ago: the group's index is damaged.
    if (member === "nothing") return reading.report(corrupt(at, "a member that cannot be found"));
    const value =
      member === "group"
        ? readMetadata(reading, at, depth + 1)
        : member === "dataset"
          ? readEntry(file, file.dataset(at), leaveOut)
          : leaveOut(at, `A ${member} is no metadata`);
    if (value !== undefined) entries.set(key, value);
  }
  return entries;
}

function readEntry(
  file: Hdf5File,
  dataset: Dataset,
  leaveOut: (at: string, message: string) => undefined,
): MetadataValue | undefined {
  const { element, shape, path } = dataset;
  if (shape === null) return leaveOut(path, "The value is empty (a null dataspace)");
  if (element === "string") {
    if (shape.length > 1) return leaveOut(path, `Text of shape [${shape.join(", ")}]: only lists are kept`);
    const texts = file.strings(dataset);
    return shape.length === 0 ? (texts[0] ?? "") : texts;
  }
  if (typeof element !== "string") return leaveOut(path, `The value is ${elementName(dataset)}`);
  return metadataValue(file.tensor(dataset));
}

/**
 * A single int64, float64 or boolean becomes the JavaScript value that is written back as the same;
 * everything else stays a tensor, so that its dtype and shape are kept.
 */
export function metadataValue(tensor: Tensor): MetadataValue {
  const value: number | bigint | undefined = tensor.data[0];
  if (tensor.shape.length > 0 || value === undefined) return tensor;
  if (tensor.dtype === "bool") return value !== 0;
  if (typeof value === "bigint") {
    if (tensor.dtype !== "int64") return tensor;
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
  // An integral float64 would be written back as int64.
  return tensor.dtype === "float64" && !isIntegral(value) ? value : tensor;
}
