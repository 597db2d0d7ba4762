/** An open HDF5 file as the reader sees it, whoever parses it: groups, links and datasets by path. */
import type { DType, Tensor } from "@nirkit/graph";

/** What a path leads to. */
export type ObjectKind = "group" | "dataset" | "datatype" | "broken link" | "external link" | "nothing";

/** Element type of a dataset: a tensor's, text, or something that NIR does not use. */
export type ElementType = DType | "string" | { readonly unsupported: string };

/** A dataset, or an attribute (`path` is then `OBJECT@NAME`), before it is read; `shape` is null for a null dataspace. */
export interface Dataset {
  readonly path: string;
  readonly element: ElementType;
  readonly shape: readonly number[] | null;
  readonly bytes: number;
  /** How many elements. */
  readonly count: number;
}

/** Methods throw LibraryFailure where the data is damaged, NirkitError where it is refused. */
export interface Hdf5File {
  /** Names of a group's members: in byte order, or in creation order where the file tracks it. */
  members(path: string): readonly string[];
  kind(path: string): ObjectKind;
  /** Address of an object's header: equal for two hard links to one object. */
  address(path: string): string;
  dataset(path: string): Dataset;
  /** Names of an object's attributes. */
  attributes(path: string): readonly string[];
  attribute(of: string, name: string): Dataset;
  /** Reads a numeric dataset, dtype and shape as they are in the file. */
  tensor(dataset: Dataset): Tensor;
  /** Reads a text dataset, row-major. */
  strings(dataset: Dataset): readonly string[];
}
