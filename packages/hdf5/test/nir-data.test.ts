import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { graph, NirGraph, NirkitError, type Tensor, tensor } from "@nirkit/graph";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkNirData,
  eventsToGrid,
  gridToEvents,
  type NirGraphData,
  type NirNodeData,
  type Observable,
  readNirData,
  type TimedEvents,
  type TimeGridded,
  writeNir,
  writeNirData,
} from "../src/index.ts";
import { available, corpusBytes, corpusFiles, corpusFolder, corpusJson } from "./corpus.ts";

const folder = "conformance/nirdata";
const files = available("the conformance corpus", corpusFolder) ? corpusFiles(folder, ".h5") : [];

const spikes = (shape: readonly number[], data: readonly number[], dt = 0.001): TimeGridded => ({
  type: "TimeGriddedData",
  data: tensor("bool", shape, data),
  dt,
});
const dataOf = (observable: Observable): NirGraphData => ({
  type: "NIRGraphData",
  nodes: new Map([
    ["lif", { type: "NIRNodeData", observables: new Map([["spikes", observable]]) } satisfies NirNodeData],
  ]),
});
const observedIn = async (name: string, observable: string): Promise<Observable> => {
  const { data } = await readNirData(corpusBytes(`${folder}/${name}.h5`));
  const lif = data.nodes.get("lif");
  const found = lif?.type === "NIRNodeData" ? lif.observables.get(observable) : undefined;
  if (found === undefined) throw new Error(`${name} has no ${observable}`);
  return found;
};

async function refusalOf(bytes: Uint8Array): Promise<string[]> {
  const error: unknown = await readNirData(bytes).catch((thrown: unknown) => thrown);
  if (!(error instanceof NirkitError)) throw new Error(`no NirkitError: ${String(error)}`);
  return error.diagnostics.map((d) => `${d.code} ${d.path}`);
}

/** In the form of the sidecars. */
function dump(data: NirGraphData): Record<string, unknown> {
  return Object.fromEntries(
    [...data.nodes].map(([name, node]) => [
      name,
      node.type === "NIRGraphData"
        ? { nodes: dump(node) }
        : { observables: Object.fromEntries([...node.observables].map(([k, o]) => [k, dumpObservable(o)])) },
    ]),
  );
}

function dumpObservable(o: Observable): unknown {
  if (o.type === "TimeGriddedData") return { type: o.type, data: dumpTensor(o.data), dt: o.dt };
  const { type, nNeurons, tMax } = o;
  const value = o.type === "ValuedEventData" ? { value: dumpTensor(o.value) } : {};
  return {
    type,
    idx: dumpTensor(o.idx),
    time: dumpTensor(o.time),
    n_neurons: nNeurons,
    t_max: tMax,
    ...value,
  };
}

function dumpTensor({ dtype, shape, data }: Tensor): unknown {
  const plain = Array.from(data as Iterable<number | bigint>, (v) => {
    if (dtype === "bool") return v !== 0;
    return Number.isFinite(Number(v)) ? Number(v) : String(v);
  });
  return { dtype, shape, data: plain };
}

const theirs = (file: string): unknown =>
  (corpusJson(file.replace(".h5", ".json")) as { nodes: unknown }).nodes;

describe("files of the reference", () => {
  test("10 are there", ({ skip }) => {
    if (files.length === 0) skip();
    expect(files).toHaveLength(10);
  });

  test.each(files)("%s is read as its sidecar says, and comes back equal when written", async (file) => {
    const { data, diagnostics } = await readNirData(corpusBytes(file));
    expect(diagnostics).toEqual([]);
    expect(dump(data)).toEqual(theirs(file));
    for (const compression of ["none", { gzip: 4 }] as const) {
      const bytes = await writeNirData(data, { compression });
      expect((await readNirData(bytes)).data).toEqual(data);
      expect(await writeNirData(data, { compression })).toEqual(bytes);
    }
  });

  test.runIf(files.length > 0)("conversions give what the reference gave", async () => {
    const grid = (await observedIn("time_gridded_bool", "spikes")) as TimeGridded;
    const events = (await observedIn("event", "spikes")) as TimedEvents;
    expect(gridToEvents(grid, { events: 8 })).toEqual(events);
    expect(gridToEvents(grid, { events: 3, shift: 0.0005 })).toEqual(
      await observedIn("event_truncated_shift", "spikes"),
    );
    expect(eventsToGrid(events, 0.001)).toEqual(await observedIn("event_back_to_grid", "spikes"));
    const valued = await observedIn("valued_event", "current");
    if (valued.type !== "ValuedEventData") throw new Error("expected values");
    expect(eventsToGrid(valued, 0.001)).toEqual(await observedIn("valued_event_to_grid", "current"));
  });
});

const python = process.env.NIRKIT_PYTHON;
test.runIf(available("Python with nir and h5py (NIRKIT_PYTHON)", python))(
  "the reference reads what is written, nested data too, which it cannot write itself",
  async () => {
    const nested: NirGraphData = {
      type: "NIRGraphData",
      nodes: new Map([["bløck", dataOf(spikes([1, 2, 2], [1, 0, 0, 1]))]]),
    };
    const sets = [nested, dataOf(gridToEvents(spikes([2, 2, 2], [1, 0, 0, 1, 0, 0, 0, 0])))];
    for (const file of files) sets.push((await readNirData(corpusBytes(file))).data);
    const at = mkdtempSync(join(tmpdir(), "nirkit-data-"));
    try {
      for (const [i, data] of sets.entries()) writeFileSync(join(at, `${i}.h5`), await writeNirData(data));
      const { stdout, stderr, status } = spawnSync(
        python ?? "",
        [join(import.meta.dirname, "python-data.py")],
        {
          input: sets.map((_, i) => join(at, `${i}.h5`)).join("\n"),
        },
      );
      if (status !== 0) throw new Error(String(stderr));
      const read: unknown[] = String(stdout)
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(read).toEqual(sets.map(dump));
    } finally {
      rmSync(at, { recursive: true });
    }
  },
);

describe("conversions", () => {
  test("spikes of neuron 1 at steps 0 and 2 are events at 0 and 0.002 s", () => {
    const events = gridToEvents(spikes([1, 3, 2], [0, 1, 0, 0, 0, 1]));
    expect(dumpObservable(events)).toEqual({
      type: "EventData",
      idx: { dtype: "int64", shape: [1, 2], data: [1, 1] },
      time: { dtype: "float64", shape: [1, 2], data: [0, 0.002] },
      n_neurons: 2,
      t_max: 0.003,
    });
  });

  test("0.3 s at 0.1 s are 3 steps, and an event at 0.1 · 3 is in bin 3", () => {
    const events = (tMax: number, time: number): TimedEvents => ({
      type: "EventData",
      idx: tensor("int32", [1, 1], [0]),
      time: tensor("float64", [1, 1], [time]),
      nNeurons: 1,
      tMax,
    });
    expect(eventsToGrid(events(0.3, 0), 0.1).data.shape).toEqual([1, 3, 1]);
    expect([...eventsToGrid(events(0.4, 0.3), 0.1).data.data]).toEqual([0, 0, 0, 1]);
    expect(eventsToGrid(events(0.25, 0), 0.1).data.shape).toEqual([1, 2, 1]);
    expect(() => eventsToGrid(events(0.3, 0.3), 0.1)).toThrow(NirkitError);
  });

  test("grid to events to grid is the identity, for any dt and shift", () => {
    const grids = fc
      .record({
        shape: fc.tuple(
          fc.integer({ min: 0, max: 3 }),
          fc.integer({ min: 0, max: 70 }),
          fc.integer({ min: 1, max: 4 }),
        ),
        seed: fc.array(fc.boolean(), { minLength: 7, maxLength: 31 }),
        dt: fc.double({ min: 1e-6, max: 10, noNaN: true }),
        shift: fc.double({ min: 0, max: 0.999, noNaN: true }),
      })
      .map(({ shape, seed, dt, shift }) => {
        const size = shape[0] * shape[1] * shape[2];
        const bits = Array.from({ length: size }, (_, i) => Number(seed[i % seed.length]));
        return { grid: spikes(shape, bits, dt), shift: shift * dt };
      });
    fc.assert(
      fc.property(grids, ({ grid, shift }) => {
        expect(eventsToGrid(gridToEvents(grid, { shift }), grid.dt)).toEqual(grid);
      }),
      { seed: 9, numRuns: 200 },
    );
  });

  test("values are no spikes, and a shift of a whole step is refused", () => {
    const values: TimeGridded = { type: "TimeGriddedData", data: tensor("float32", [1, 1, 1], [1]), dt: 1 };
    expect(() => gridToEvents(values)).toThrow(/bool/);
    expect(() => gridToEvents(spikes([1, 1, 1], [1], 1), { shift: 1 })).toThrow(/to below 1/);
  });
});

describe("beside a graph", () => {
  const plane = graph()
    .input("in", [2, 3])
    .lif("lif", { tau: 1, r: 1, vLeak: 0, vThreshold: 1, vReset: 0 })
    .output("out")
    .build();
  const said = (data: NirGraphData, target = plane): string[] =>
    checkNirData(data, target).map((d) => `${d.code} ${d.path}`);

  test("6 neurons are a population of [2, 3]; 5 are not", () => {
    expect(said(dataOf(spikes([1, 1, 6], [0, 0, 0, 0, 0, 1])))).toEqual([]);
    expect(said(dataOf(spikes([1, 1, 5], [0, 0, 0, 0, 1])))).toEqual([
      "E_BAD_SHAPE /nodes/lif/observables/spikes",
    ]);
  });

  test("a node that is not there, and nested data at a plain node, are named", () => {
    const inner = dataOf(spikes([1, 1, 6], [0, 0, 0, 0, 0, 1]));
    const wrong: NirGraphData = {
      type: "NIRGraphData",
      nodes: new Map([
        ["lif", inner],
        ["lift", inner],
      ]),
    };
    expect(said(wrong)).toEqual(["E_BAD_LAYOUT /nodes/lif", "E_UNKNOWN_NODE /nodes/lift"]);
  });

  test("nested data belongs to the nested graph", () => {
    const outer = NirGraph.from({
      nodes: [
        ["block", { type: "NIRGraph", graph: plane }],
        ["in", { type: "Input", shape: [2, 3] }],
      ],
      edges: [["in", "block"]],
    });
    const nested = (n: number): NirGraphData => ({
      type: "NIRGraphData",
      nodes: new Map([["block", dataOf(spikes([1, 1, n], Array(n).fill(0)))]]),
    });
    expect(said(nested(6), outer)).toEqual([]);
    expect(said(nested(4), outer)).toEqual(["E_BAD_SHAPE /nodes/block/nodes/lif/observables/spikes"]);
  });
});

describe("refusals", () => {
  test("a graph is no NIRData, and neither is half a file", async () => {
    const nir = await writeNir(graph().input("in", [1]).output("out").build());
    expect(await refusalOf(nir)).toEqual(["E_NO_ROOT_NODE /"]);
    const bytes = await writeNirData(dataOf(spikes([1, 1, 1], [1])));
    expect(await refusalOf(bytes.subarray(0, bytes.length / 2))).toEqual(["E_HDF5_CORRUPT /"]);
    expect(await refusalOf(new Uint8Array(3))).toEqual(["E_NOT_HDF5 /"]);
  });

  test("index 3 of 3 neurons, a grid of rank 2, dt 0 and a slash in a name are not written", async () => {
    const events = (idx: number): Observable => ({
      type: "EventData",
      idx: tensor("int64", [1, 1], [idx]),
      time: tensor("float64", [1, 1], [0]),
      nNeurons: 3,
      tMax: 1,
    });
    const refused = async (data: NirGraphData): Promise<string[]> => {
      const error: unknown = await writeNirData(data).catch((thrown: unknown) => thrown);
      return error instanceof NirkitError ? error.diagnostics.map((d) => `${d.code} ${d.path}`) : [];
    };
    const at = "/nodes/lif/observables/spikes";
    expect(await refused(dataOf(events(2)))).toEqual([]);
    expect(await refused(dataOf(events(3)))).toEqual([`E_BAD_VALUE ${at}/idx`]);
    expect(await refused(dataOf(spikes([1, 1], [0])))).toEqual([`E_BAD_SHAPE ${at}/data`]);
    expect(await refused(dataOf(spikes([1, 1, 1], [0], 0)))).toEqual([`E_BAD_VALUE ${at}@dt`]);
    const slashed: NirGraphData = { type: "NIRGraphData", nodes: new Map([["a/b", dataOf(events(0))]]) };
    expect(await refused(slashed)).toContain("E_NOT_WRITABLE /nodes/a/b");
  });

  test("300 damaged copies are refused or read, never anything else", async () => {
    const bytes = await writeNirData(dataOf(gridToEvents(spikes([2, 2, 2], [1, 0, 0, 1, 0, 1, 1, 0]))));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        async (edits) => {
          const damaged = bytes.slice();
          for (const [position, byte] of edits) damaged[position] = byte;
          const outcome: unknown = await readNirData(damaged).catch((thrown: unknown) => thrown);
          if (outcome instanceof Error) expect(outcome).toBeInstanceOf(NirkitError);
        },
      ),
      { seed: 5, numRuns: 300 },
    );
  });
});
