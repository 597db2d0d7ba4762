/** Spikes on a grid of steps to events in time, and back. */
import { type Diagnostic, graphDiagnostic, NirkitError, type Tensor } from "@nirkit/graph";
import { checkObservable } from "./check-observable.ts";
import type { TimedEvents, TimeGridded, ValuedEvents } from "./nir-data.ts";

/** Options of {@link gridToEvents}. */
export interface GridToEventsOptions {
  /** Events kept per sample, the earliest first. Default: as many as the fullest sample has, so that none is dropped. */
  readonly events?: number;
  /** Seconds from the start of a step to its events, from 0 to below dt. Default 0. */
  readonly shift?: number;
}

/**
 * The spikes of a grid as events, ordered by step and then by neuron: time = step · dt + shift, tMax = steps · dt.
 * Samples with fewer events are padded with index -1 and time +Infinity.
 *
 * @param grid booleans `[samples, steps, neurons]`
 * @throws NirkitError E_BAD_DTYPE where the data is not boolean, E_BAD_VALUE for a shift outside [0, dt)
 * @example spikes of neuron 1 at steps 0 and 2, dt 0.001: idx [[1, 1]], time [[0, 0.002]]
 */
export function gridToEvents(grid: TimeGridded, options: GridToEventsOptions = {}): TimedEvents {
  const { shift = 0 } = options;
  const { data, dt } = grid;
  refuse(checkObservable(grid, "grid"));
  if (data.dtype !== "bool")
    refuse([graphDiagnostic("E_BAD_DTYPE", "grid.data", { found: data.dtype, expected: "bool: spikes" })]);
  if (!(shift >= 0 && shift < dt))
    refuse([
      graphDiagnostic("E_BAD_VALUE", "options.shift", { found: String(shift), expected: `0 to below ${dt}` }),
    ]);
  const [samples = 0, steps = 0, nNeurons = 0] = data.shape;
  const perSample = steps * nNeurons;
  const spikes = Array.from({ length: samples }, (_, sample) =>
    spikesOf(data, sample * perSample, perSample),
  );
  const width = options.events ?? spikes.reduce((most, { length }) => Math.max(most, length), 0);
  const idx = new BigInt64Array(samples * width).fill(-1n);
  const time = new Float64Array(samples * width).fill(Number.POSITIVE_INFINITY);
  for (const [sample, positions] of spikes.entries())
    for (const [event, position] of positions.slice(0, width).entries()) {
      idx[sample * width + event] = BigInt(position % nNeurons);
      time[sample * width + event] = Math.floor(position / nNeurons) * dt + shift;
    }
  return {
    type: "EventData",
    idx: { dtype: "int64", shape: [samples, width], data: idx },
    time: { dtype: "float64", shape: [samples, width], data: time },
    nNeurons,
    tMax: steps * dt,
  };
}

/** Positions step · neurons + neuron, which ascend as the events do. */
function spikesOf({ data }: Tensor, from: number, length: number): number[] {
  const positions: number[] = [];
  for (let i = 0; i < length; i++) if (Number(data[from + i]) !== 0) positions.push(i);
  return positions;
}

/**
 * Events on a grid: booleans for events, float64 for events with values, of which the last in a bin counts.
 *
 * steps = tMax / dt and bin = time / dt, cut to integers, but taken as the integer that they miss by less than 1e-6
 * (steps) or 1e-9 (bins) for lack of precision: 0.3 s at 0.1 s are 3 steps, where the Python package makes 2.
 *
 * @param dt seconds per step
 * @throws NirkitError E_BAD_VALUE for an event at or after tMax, or before 0
 */
export function eventsToGrid(events: TimedEvents | ValuedEvents, dt: number): TimeGridded {
  refuse(checkObservable(events, "events"));
  const { idx, time, nNeurons, tMax } = events;
  const steps = cut(tMax / dt, 1e-6);
  const [samples = 0, width = 0] = idx.shape;
  const shape = [samples, steps, nNeurons];
  const values = events.type === "ValuedEventData" ? events.value.data : undefined;
  const cells = samples * steps * nNeurons;
  const data = values === undefined ? new Uint8Array(cells) : new Float64Array(cells);
  for (let i = 0; i < samples * width; i++) {
    const neuron = Number(idx.data[i]);
    if (neuron < 0) continue;
    const position = Number(time.data[i]) / dt;
    const step = cut(position, 1e-9 * Math.max(1, position));
    if (!(step >= 0 && step < steps)) refuse([outside(i, time.data[i], tMax)]);
    data[(Math.floor(i / width) * steps + step) * nNeurons + neuron] = Number(values?.[i] ?? 1);
  }
  const grid: TimeGridded = {
    type: "TimeGriddedData",
    data: { dtype: values === undefined ? "bool" : "float64", shape, data } as Tensor,
    dt,
  };
  refuse(checkObservable(grid, "grid"));
  return grid;
}

/** The integer part, or the next integer where less than `slack` is missing. */
function cut(quotient: number, slack: number): number {
  const below = Math.floor(quotient);
  return below + 1 - quotient <= slack ? below + 1 : below;
}

function outside(event: number, time: unknown, tMax: number): Diagnostic {
  const found = `${time} s (event ${event})`;
  return graphDiagnostic("E_BAD_VALUE", "events.time", {
    found,
    expected: `a time from 0 to below ${tMax} s`,
  });
}

function refuse(diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length > 0) throw new NirkitError(diagnostics);
}
