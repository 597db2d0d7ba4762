/** Inputs, copies, and every node that no kernel computes: its plain step, row by row. */
import type { Signal } from "@nirkit/graph";
import type { FloatArray } from "../float-array.ts";
import { type Cell, type Chunk, stateless } from "./cell.ts";
import { listRows } from "./event-list.ts";
import { inputRows } from "./input-rows.ts";
import type { BlockMemory } from "./rows.ts";
import type { Source, Wire } from "./wire.ts";

function finishRows(memory: BlockMemory, { events, rows }: Wire): Cell["finish"] {
  return events === undefined ? () => {} : ({ count }) => listRows(memory, events, rows, rows.ptr, count);
}

/** An Input: rows of the feed. */
export function inputCell(memory: BlockMemory, wire: Wire): Cell {
  const { size, ptr } = wire.rows;
  const row = new Float32Array(size);
  return {
    ...stateless,
    wire,
    input: inputRows(memory, [], { size, events: false }),
    run: ({ feed, t }, k, count) => {
      const f32 = memory.f32();
      for (let r = k; r < k + count; r++) {
        feed.write(wire.unit.name, t + r, row);
        f32.set(row, (ptr >>> 2) + r * size);
      }
    },
    finish: finishRows(memory, wire),
  };
}

/** y = x, row by row: Output, Flatten. */
export function copyCell(memory: BlockMemory, wire: Wire, sources: readonly Source[]): Cell {
  const { size, ptr } = wire.rows;
  const input = inputRows(memory, sources, { size, events: false });
  return {
    ...stateless,
    wire,
    input,
    run: (_, k, count) => {
      input.prepare(k, count);
      const from = (input.rows.ptr >>> 2) + k * size;
      memory.f32().copyWithin((ptr >>> 2) + k * size, from, from + count * size);
    },
    finish: finishRows(memory, wire),
  };
}

/** The plain step of a node. */
export function stepCell(memory: BlockMemory, wire: Wire, sources: readonly Source[]): Cell {
  const { unit, rows } = wire;
  const { step } = unit;
  const x = new Float32Array(unit.x.length);
  const input = inputRows(memory, sources, { size: x.length, events: false });
  let captures: { readonly source: FloatArray; readonly buffer: Float32Array }[] = [];
  const put = (k: number): void => {
    memory.f32().set(step.out, (rows.ptr >>> 2) + k * rows.size);
    for (const { source, buffer } of captures) buffer.set(source, k * source.length);
  };
  const take = ({ t }: Chunk, k: number): void => {
    const from = (input.rows.ptr >>> 2) + k * x.length;
    x.set(memory.f32().subarray(from, from + x.length));
    step.step(x, t + k);
  };
  const emit = step.emit;
  const cell: Cell = {
    wire,
    input,
    run: (chunk, k, count) => {
      input.prepare(k, count);
      for (let row = k; row < k + count; row++) {
        emit?.(chunk.t + row);
        if (emit !== undefined) put(row);
        take(chunk, row);
        if (emit === undefined) put(row);
      }
    },
    ...(emit === undefined
      ? {}
      : {
          emit: (chunk: Chunk, k: number): void => {
            emit(chunk.t + k);
            put(k);
          },
          take: (chunk: Chunk, k: number): void => {
            input.prepare(k, 1);
            take(chunk, k);
          },
        }),
    finish: finishRows(memory, wire),
    save: (t) =>
      new Map(
        [
          ...(step.state ?? []),
          ...(step.history === undefined ? [] : ([["history", step.history.save(t)]] as const)),
        ].map(([key, array]) => [key, array.slice() as FloatArray]),
      ),
    load: (values) => {
      for (const [key, array] of step.state ?? []) array.set(values.get(key) ?? []);
      const history = values.get("history");
      if (history !== undefined) step.history?.load(history);
    },
    capture: (signal: Signal) => {
      const source = step.signals.get(signal);
      if (source === undefined) return undefined;
      const buffer = new Float32Array(memory.chunk * source.length);
      captures.push({ source, buffer });
      return () => buffer;
    },
    release: () => {
      captures = [];
    },
    reset: (steps) => step.reset(steps),
  };
  return cell;
}
