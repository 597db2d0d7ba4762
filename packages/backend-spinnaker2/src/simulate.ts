/** The chip's simulation of a mapping: spikes equal those of the golden network. */
import type { BackendSimulateOptions, BackendTrace } from "@nirkit/backend";
import {
  NirkitError,
  type NodeActivity,
  type Shape,
  type SpikeInput,
  sizeOf,
  type Tensor,
} from "@nirkit/graph";
import { s2Diagnostic } from "./diagnostics.ts";
import type { EngineTrace, SpikeTrain } from "./engine/population-engine.ts";
import { inputTrains } from "./input-trains.ts";
import type { S2Mapping, S2Population } from "./map/mapping.ts";
import { prepareMapping } from "./prepare.ts";

/**
 * Runs one sample from the start values.
 *
 * @param input by input port, `[T, ...shape]` of 0 and 1, or events
 * @throws E_S2_INPUT_RANGE where an input is not binary, E_S2_SHAPE
 */
export function simulateS2(
  mapping: S2Mapping,
  input: SpikeInput,
  options: BackendSimulateOptions = {},
): BackendTrace {
  const { steps, trains } = inputTrains(mapping, input);
  const engine = prepareMapping(mapping);
  const trace = engine.run(trains, steps, engineRecords(mapping, options));
  return traceOf(mapping, trace, options);
}

/** What the engine has to keep: the recorded states, and the membranes of readouts. */
export function engineRecords(
  { populations }: S2Mapping,
  { record }: BackendSimulateOptions,
): { readonly population: number; readonly signal: "v" | "vpre" | "i" }[] {
  return populations.flatMap((population, k) => {
    if (population.role !== "neurons") return [];
    const wanted = isRecorded(population, record) ? (record?.signals ?? []) : [];
    const hasCurrents = population.model.startsWith("lif_curr_exp");
    const signals = new Set(
      wanted.filter((s) => s !== "out" && (s !== "i" || hasCurrents)) as ("v" | "vpre" | "i")[],
    );
    if (population.readout) signals.add("v");
    return [...signals].map((signal) => ({ population: k, signal }));
  });
}

function isRecorded({ name, role }: S2Population, record: BackendSimulateOptions["record"]): boolean {
  return (
    role === "neurons" &&
    record !== undefined &&
    (record.populations === "all" || record.populations.includes(name))
  );
}

/** Outputs, records and activity from what the engine gives. */
export function traceOf(
  mapping: S2Mapping,
  trace: EngineTrace,
  { record }: BackendSimulateOptions,
): BackendTrace {
  const { steps, spikes, membranes } = trace;
  const out = (index: number): Tensor => {
    const { name, shape, readout } = mapping.populations[index] as S2Population;
    return readout
      ? floatTensor(steps, shape, membranes.get(`${name}/v`))
      : spikeTensor(steps, shape, spikes[index] as SpikeTrain);
  };
  const outputs = new Map(
    mapping.outputs.map(({ name, populations }) => [name, addTensors(populations.map(out))] as const),
  );
  const records = new Map<string, Tensor>();
  for (const [k, population] of mapping.populations.entries()) {
    if (!isRecorded(population, record)) continue;
    for (const signal of record?.signals ?? []) {
      const key = `${population.name}/${signal}`;
      if (signal === "out") records.set(key, out(k));
      else if (membranes.has(key)) records.set(key, floatTensor(steps, population.shape, membranes.get(key)));
    }
  }
  return { steps, outputs, records, activity: activityOf(mapping, trace) };
}

function spikeTensor(steps: number, shape: Shape, { start, index }: SpikeTrain): Tensor {
  const size = sizeOf(shape);
  const data = new Int32Array(steps * size);
  for (let t = 0; t < steps; t++)
    for (let k = start[t] as number; k < (start[t + 1] as number); k++)
      data[t * size + (index[k] as number)] = 1;
  return { dtype: "int32", shape: [steps, ...shape], data };
}

function floatTensor(steps: number, shape: Shape, values: Float32Array | Float64Array | undefined): Tensor {
  const data = Float64Array.from(values ?? new Float64Array(steps * sizeOf(shape)));
  return { dtype: "float64", shape: [steps, ...shape], data };
}

function addTensors(parts: readonly Tensor[]): Tensor {
  const [first, ...rest] = parts;
  if (first === undefined)
    throw new NirkitError([
      s2Diagnostic("E_S2_ARTEFACT", "mapping.outputs", {
        file: "mapping.json",
        found: "an output without populations",
      }),
    ]);
  const data = first.data as Int32Array | Float64Array;
  for (const { data: more } of rest)
    for (let k = 0; k < data.length; k++) data[k] = (data[k] as number) + Number(more[k]);
  return first;
}

function countNonZero(values: Float32Array | Float64Array): number {
  let count = 0;
  for (const value of values) if (value !== 0) count++;
  return count;
}

function activityOf({ populations, projections }: S2Mapping, trace: EngineTrace): Map<string, NodeActivity> {
  const activity = new Map<string, NodeActivity>();
  const silent = { samples: 1, steps: trace.steps, neurons: 0, eventsIn: 0, eventsOut: 0, synapticOps: 0 };
  for (const [k, { name, size, readout, role }] of populations.entries()) {
    if (role === "relay") continue;
    const membrane = trace.membranes.get(`${name}/v`);
    const eventsOut =
      readout && membrane !== undefined ? countNonZero(membrane) : (trace.spikes[k]?.index.length ?? 0);
    activity.set(name, { ...silent, neurons: size, eventsOut });
  }
  for (const [k, { name, origin }] of projections.entries()) {
    if (origin === "relay") continue;
    const before = activity.get(name) ?? silent;
    activity.set(name, {
      ...before,
      eventsIn: before.eventsIn + (trace.linkEvents[k] ?? 0),
      synapticOps: before.synapticOps + (trace.linkOps[k] ?? 0),
    });
  }
  return activity;
}
