/** What an observable has to be, whoever made it: shapes, types and indices. */
import { type Diagnostic, graphDiagnostic, sameShape, type Tensor } from "@nirkit/graph";
import type { Observable, TimedEvents, TimeGridded, ValuedEvents } from "./nir-data.ts";

/** Every problem of one observable; `path` is its group in the file. */
export function checkObservable(observable: Observable, path: string): Diagnostic[] {
  return observable.type === "TimeGriddedData" ? checkGrid(observable, path) : checkEvents(observable, path);
}

function checkGrid({ data, dt }: TimeGridded, path: string): Diagnostic[] {
  const expected = "shape [samples, steps, neurons]";
  const rank = data.shape.length === 3 ? [] : [badShape(`${path}/data`, data, expected)];
  return [...rank, ...positive(`${path}@dt`, dt)];
}

function checkEvents(events: TimedEvents | ValuedEvents, path: string): Diagnostic[] {
  const { idx, time, nNeurons, tMax } = events;
  const list: Diagnostic[] = [];
  if (!Number.isSafeInteger(nNeurons) || nNeurons < 0)
    list.push(badValue(`${path}@n_neurons`, nNeurons, "a count"));
  if (!(tMax >= 0) || tMax === Number.POSITIVE_INFINITY)
    list.push(badValue(`${path}@t_max`, tMax, "seconds, 0 or more"));
  if (!/^u?int/.test(idx.dtype))
    list.push(graphDiagnostic("E_BAD_DTYPE", `${path}/idx`, { found: idx.dtype, expected: "integers" }));
  if (!time.dtype.startsWith("float"))
    list.push(graphDiagnostic("E_BAD_DTYPE", `${path}/time`, { found: time.dtype, expected: "floats" }));
  if (idx.shape.length !== 2) return [...list, badShape(`${path}/idx`, idx, "shape [samples, events]")];
  const parts = [["time", time], ...(events.type === "ValuedEventData" ? [["value", events.value]] : [])];
  for (const [name, part] of parts as [string, Tensor][])
    if (!sameShape(part.shape, idx.shape))
      list.push(badShape(`${path}/${name}`, part, `shape [${idx.shape.join(", ")}], as idx has`));
  const wrong = Array.prototype.findIndex.call(idx.data, (n: number | bigint) => n < -1 || n >= nNeurons);
  if (wrong >= 0)
    list.push(badValue(`${path}/idx`, idx.data[wrong], `a neuron from 0 to ${nNeurons - 1}, or -1`));
  return list;
}

function positive(path: string, seconds: number): Diagnostic[] {
  const good = seconds > 0 && seconds < Number.POSITIVE_INFINITY;
  return good ? [] : [badValue(path, seconds, "seconds above 0")];
}

function badShape(path: string, { shape }: Tensor, expected: string): Diagnostic {
  return graphDiagnostic("E_BAD_SHAPE", path, { found: `shape [${shape.join(", ")}]`, expected });
}

function badValue(path: string, found: unknown, expected: string): Diagnostic {
  return graphDiagnostic("E_BAD_VALUE", path, { found: String(found), expected });
}
