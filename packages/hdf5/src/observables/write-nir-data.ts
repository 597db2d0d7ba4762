/** Writing NIRData files, as the Python package reads them; it cannot write nested ones itself. */
import { assertNoErrors, type Diagnostic, type Tensor, tensor } from "@nirkit/graph";
import { AttributedTree, type Compression, type Content, encodeHdf5, type Tree } from "../hdf5-writer.ts";
import { checkName } from "../write-metadata.ts";
import { checkObservable } from "./check-observable.ts";
import type { NirGraphData, NirNodeData, Observable } from "./nir-data.ts";

/** How NIRData is written; every field may be left out. */
export interface WriteDataOptions {
  /** Default `{ gzip: 4 }`; arrays below 4 KiB stay contiguous in any case. */
  readonly compression?: Compression;
}

/**
 * Encodes observables as a NIRData file. Equal data gives equal bytes.
 *
 * @throws NirkitError E_BAD_SHAPE, E_BAD_DTYPE and E_BAD_VALUE for observables that are none, E_NOT_WRITABLE for names
 *   that HDF5 cannot hold
 */
export async function writeNirData(data: NirGraphData, options: WriteDataOptions = {}): Promise<Uint8Array> {
  const diagnostics: Diagnostic[] = [];
  const tree = graphDataTree(data, "", diagnostics);
  assertNoErrors(diagnostics);
  return encodeHdf5(tree, options.compression ?? { gzip: 4 });
}

function graphDataTree({ type, nodes }: NirGraphData, path: string, diagnostics: Diagnostic[]): Tree {
  const members = [...nodes].map(([name, member]): [string, Tree] => {
    const at = `${path}/nodes/${name}`;
    checkName(name, at, diagnostics);
    return [
      name,
      member.type === "NIRGraphData"
        ? graphDataTree(member, at, diagnostics)
        : nodeDataTree(member, at, diagnostics),
    ];
  });
  return new AttributedTree([["nodes", new Map(members)]], [["__type__", type]]);
}

function nodeDataTree({ type, observables }: NirNodeData, path: string, diagnostics: Diagnostic[]): Tree {
  const members = [...observables].map(([name, observable]): [string, Tree] => {
    const at = `${path}/observables/${name}`;
    checkName(name, at, diagnostics);
    diagnostics.push(...checkObservable(observable, at));
    return [name, observableTree(observable)];
  });
  return new AttributedTree([["observables", new Map(members)]], [["__type__", type]]);
}

function observableTree(observable: Observable): Tree {
  const { type } = observable;
  if (type === "TimeGriddedData")
    return new AttributedTree(
      [["data", observable.data]],
      [
        ["__type__", type],
        ["dt", float64(observable.dt)],
      ],
    );
  const { idx, time, nNeurons, tMax } = observable;
  const datasets: [string, Content][] = [
    ["idx", idx],
    ["time", time],
  ];
  if (type === "ValuedEventData") datasets.push(["value", observable.value]);
  const neurons: Tensor = { dtype: "int64", shape: [], data: BigInt64Array.of(BigInt(nNeurons)) };
  return new AttributedTree(datasets, [
    ["__type__", type],
    ["n_neurons", neurons],
    ["t_max", float64(tMax)],
  ]);
}

function float64(value: number): Tensor {
  return tensor("float64", [], [value]);
}
