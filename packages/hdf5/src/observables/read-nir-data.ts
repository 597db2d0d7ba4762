/** Reading NIRData files: every group says by its attribute `__type__` what it is. */
import { assertNoErrors, type Diagnostic, graphDiagnostic, NirkitError, type Tensor } from "@nirkit/graph";
import { withHdf5 } from "../container.ts";
import { badLayout } from "../diagnostics.ts";
import type { Hdf5File } from "../hdf5-file.ts";
import { openDataset, readTensor, readText } from "../read-value.ts";
import { Reading } from "../reading.ts";
import { checkObservable } from "./check-observable.ts";
import type { NirGraphData, NirNodeData, Observable } from "./nir-data.ts";

/**
 * Reads a NIRData file, nested data included; arrays keep dtype and shape of the file.
 *
 * @throws NirkitError with every problem found: E_NOT_HDF5, E_HDF5_CORRUPT, E_NO_ROOT_NODE for a file that holds no
 *   NIRData, E_MISSING_TYPE, E_MISSING_PARAM, E_BAD_LAYOUT, E_BAD_DTYPE, E_BAD_SHAPE, E_BAD_VALUE, E_TOO_LARGE
 */
export async function readNirData(
  bytes: Uint8Array,
  { maxBytes = 2 ** 31 }: { readonly maxBytes?: number } = {},
): Promise<{ data: NirGraphData; diagnostics: readonly Diagnostic[] }> {
  const diagnostics: Diagnostic[] = [];
  const data = await withHdf5(bytes, { maxBytes }, (file) => {
    diagnostics.length = 0;
    const reading = new Reading(file, undefined, new Set(), diagnostics);
    return isData(reading) ? readGraphData(reading, "", 0) : undefined;
  });
  assertNoErrors(diagnostics);
  if (data === undefined) throw new NirkitError(diagnostics);
  return { data, diagnostics };
}

function isData({ file, report }: Reading): boolean {
  const type = file.attributes("/").includes("__type__") ? "another __type__" : "no __type__";
  if (type === "another __type__" && text(file, "/", "__type__") === "NIRGraphData") return true;
  const graph = file.kind("/node") === "group";
  report(
    graphDiagnostic("E_NO_ROOT_NODE", "/", {
      message: `This file holds no NIRData: its root has ${type}`,
      hint: graph
        ? "It holds a graph; read it with readNir"
        : "NIRData is written by nir.write_data or writeNirData",
    }),
  );
  return false;
}

function readGraphData(reading: Reading, path: string, depth: number): NirGraphData | undefined {
  const nodes = new Map<string, NirNodeData | NirGraphData>();
  for (const [name, at] of groupsOf(reading, `${path}/nodes`, depth)) {
    const type = typeOf(reading, at);
    if (type === "NIRNodeData") nodes.set(name, readNodeData(reading, at, depth + 1));
    else if (type === "NIRGraphData") {
      const nested = readGraphData(reading, at, depth + 1);
      if (nested !== undefined) nodes.set(name, nested);
    } else if (type !== undefined) unknownType(reading, at, type, "NIRNodeData or NIRGraphData");
  }
  return { type: "NIRGraphData", nodes };
}

function readNodeData(reading: Reading, path: string, depth: number): NirNodeData {
  const observables = new Map<string, Observable>();
  for (const [name, at] of groupsOf(reading, `${path}/observables`, depth)) {
    const observable = readObservable(reading, at);
    if (observable === undefined) continue;
    reading.diagnostics.push(...checkObservable(observable, at));
    observables.set(name, observable);
  }
  return { type: "NIRNodeData", observables };
}

function readObservable(reading: Reading, at: string): Observable | undefined {
  const type = typeOf(reading, at);
  if (type === undefined) return undefined;
  if (type === "TimeGriddedData") {
    const [data, dt] = [tensorAt(reading, at, type, "data"), numberAt(reading, at, type, "dt")];
    return data === undefined || dt === undefined ? undefined : { type, data, dt };
  }
  if (type !== "EventData" && type !== "ValuedEventData")
    return unknownType(reading, at, type, "TimeGriddedData, EventData or ValuedEventData");
  const [idx, time] = [tensorAt(reading, at, type, "idx"), tensorAt(reading, at, type, "time")];
  const nNeurons = numberAt(reading, at, type, "n_neurons");
  const tMax = numberAt(reading, at, type, "t_max");
  if (idx === undefined || time === undefined || nNeurons === undefined || tMax === undefined)
    return undefined;
  if (type === "EventData") return { type, idx, time, nNeurons, tMax };
  const value = tensorAt(reading, at, type, "value");
  return value === undefined ? undefined : { type, idx, time, value, nNeurons, tMax };
}

function unknownType({ report }: Reading, at: string, type: string, expected: string): undefined {
  return report(graphDiagnostic("E_BAD_VALUE", `${at}@__type__`, { found: `"${type}"`, expected }));
}

/** Names and paths of a group's members, each of which has to be a group. */
function groupsOf(reading: Reading, path: string, depth: number): [string, string][] {
  const { file, report } = reading;
  const expectGroup = (at: string): boolean => {
    const kind = file.kind(at);
    if (kind !== "group") report(badLayout(at, `Found ${kind} where a group belongs`));
    return kind === "group";
  };
  if (!expectGroup(path) || !reading.enter(path, depth)) return [];
  return file
    .members(path)
    .map((name): [string, string] => [name, `${path}/${name}`])
    .filter(([, at]) => expectGroup(at));
}

function typeOf({ file, report }: Reading, at: string): string | undefined {
  if (file.attributes(at).includes("__type__")) return text(file, at, "__type__", report);
  const hint = "Every group of NIRData has a text attribute __type__";
  return report(graphDiagnostic("E_MISSING_TYPE", at, { hint }));
}

function text(
  file: Hdf5File,
  at: string,
  name: string,
  report: Reading["report"] = () => undefined,
): string | undefined {
  return readText(file, file.attribute(at, name), report);
}

function tensorAt({ file, report }: Reading, group: string, type: string, param: string): Tensor | undefined {
  const at = `${group}/${param}`;
  if (file.kind(at) === "nothing") return report(graphDiagnostic("E_MISSING_PARAM", at, { param, type }));
  const dataset = openDataset(file, at, report);
  if (dataset === undefined) return undefined;
  // Spikes are booleans here, which no parameter of a node is.
  return dataset.element === "bool" && dataset.shape !== null
    ? file.tensor(dataset)
    : readTensor(file, dataset, report);
}

function numberAt({ file, report }: Reading, group: string, type: string, param: string): number | undefined {
  const at = `${group}@${param}`;
  if (!file.attributes(group).includes(param))
    return report(graphDiagnostic("E_MISSING_PARAM", at, { param, type }));
  const tensor = readTensor(file, file.attribute(group, param), report);
  if (tensor === undefined) return undefined;
  if (tensor.data.length === 1) return Number(tensor.data[0]);
  const found = `shape [${tensor.shape.join(", ")}]`;
  return report(graphDiagnostic("E_BAD_SHAPE", at, { found, expected: "one number" }));
}
