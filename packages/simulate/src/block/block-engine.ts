/**
 * Runs a graph in chunks of steps on the kernels: node by node over all steps of a chunk where no loop is, step by step
 * where one is. Every sum is added in the order of the plain engine, so that both give the same bits.
 */
import type { Schedule, Signal } from "@nirkit/graph";
import { loadKernels } from "@nirkit/kernels";
import { type Engine, type SimulatorState, tensorOf } from "../engine.ts";
import type { FloatArray } from "../float-array.ts";
import type { Program, Unit } from "../program.ts";
import type { Cell, Chunk } from "./cell.ts";
import { counterOf } from "./counter.ts";
import { hasKernelNeuron } from "./kernel-neuron.ts";
import { neuronCell } from "./neuron-cell.ts";
import { copyCell, inputCell, stepCell } from "./plain-cells.ts";
import { type BlockMemory, blockMemory, rowsView } from "./rows.ts";
import { convolutionCell, denseCell, poolCell } from "./weight-cells.ts";
import { type Source, type Wire, wiringOf } from "./wire.ts";

/** Values of the widest signal that the rows of one chunk hold: about what stays in a second-level cache. */
const chunkValues = 2 ** 18;

/** Steps of a chunk. */
export function chunkSteps(program: Program): number {
  const widest = program.units.reduce((most, { step }) => Math.max(most, step.out.length), 1);
  return Math.min(512, Math.max(16, Math.floor(chunkValues / widest)));
}

/**
 * @param program compiled in float32, with links within a step and spikes after the update
 * @param chunk most steps of a chunk
 * @throws KernelError where the memory does not suffice
 */
export function blockEngine(program: Program, schedule: Schedule, chunk: number): Engine {
  const kernels = loadKernels();
  const memory = blockMemory(kernels, chunk);
  const { wires, sources, groups } = wiringOf(memory, program.units, schedule);
  const cells = new Map(
    program.units.map(
      ({ name }) => [name, cellOf(memory, wires.get(name) as Wire, sources.get(name) ?? [])] as const,
    ),
  );
  const runs = groups.map((group) => groupRun(group, cells, sources));
  const feedback = [...program.feedback].map(([{ name }, silent]) => ({
    name,
    silent,
    wire: wires.get(name) as Wire,
  }));
  const counters = program.units.map(({ name }) => counterOf(memory, cells.get(name) as Cell));
  const compiled = kernels.mark();
  let done = 0;
  const before = ({ rows }: Wire, values: FloatArray): void =>
    memory.f32().set(values, (rows.ptr >>> 2) - rows.size);
  const lastRow = ({ rows }: Wire): FloatArray =>
    rowsView(memory, rows.ptr + 4 * (done - 1) * rows.size, rows.size, 1).slice();
  return {
    chunk,
    nodes: program.units.map(({ name, shape, step }) => ({
      name,
      shape,
      signals: new Set(["out", ...step.signals.keys()] as const),
    })),
    reset: (steps) => {
      for (const cell of cells.values()) cell.reset(steps);
      for (const { wire, silent } of feedback) before(wire, silent);
      for (const counter of counters) counter.reset();
      done = 0;
    },
    load: (state) => {
      for (const [name, cell] of cells) cell.load(statesUnder(name, state));
      for (const { name, wire } of feedback) {
        const values = state.get(`${name}/out`)?.data as FloatArray | undefined;
        if (values !== undefined) before(wire, values);
      }
    },
    save: (t) => {
      const looping = feedback.map(({ name }) => name);
      return savedStates(program.units, cells, looping, (name) => lastRow(wires.get(name) as Wire), t);
    },
    capture: (node, signal) => {
      const { rows } = wires.get(node) as Wire;
      return { size: rows.size, rows: capture(memory, cells.get(node) as Cell, signal) };
    },
    release: () => {
      for (const cell of cells.values()) cell.release();
      kernels.release(compiled);
    },
    advance: (feed, t, count) => {
      const f32 = memory.f32();
      if (done > 0)
        for (const { wire } of feedback) {
          const { ptr, size } = wire.rows;
          const from = (ptr >>> 2) + (done - 1) * size;
          f32.copyWithin((ptr >>> 2) - size, from, from + size);
        }
      const step: Chunk = { feed, t, count };
      for (const run of runs) run(step);
      done = count;
      for (const counter of counters) counter.look(count);
      for (const counter of counters) counter.count(count);
    },
    activity: (steps) =>
      new Map(program.units.map(({ name }, n) => [name, counters[n]?.activity(steps)] as never)),
    activeSteps: () =>
      new Map(
        program.units.flatMap(({ name }, n) => {
          const active = counters[n]?.activeSteps();
          return active === undefined ? [] : [[name, active] as const];
        }),
      ),
  };
}

function cellOf(memory: BlockMemory, wire: Wire, sources: readonly Source[]): Cell {
  const { unit } = wire;
  const { plan } = unit.step;
  if (unit.type === "Input") return inputCell(memory, wire);
  if (unit.type === "Output" || unit.type === "Flatten") return copyCell(memory, wire, sources);
  if (plan?.kind === "dense") return denseCell(memory, wire, sources, plan);
  if (plan?.kind === "convolution") return convolutionCell(memory, wire, sources, plan);
  if (plan?.kind === "pool") return poolCell(memory, wire, sources, plan);
  if (plan?.kind === "neuron" && hasKernelNeuron(unit)) return neuronCell(memory, wire, sources, plan.model);
  return stepCell(memory, wire, sources);
}

/** All steps of a chunk of one group. */
function groupRun(
  group: readonly Unit[],
  cells: ReadonlyMap<string, Cell>,
  sources: ReadonlyMap<string, readonly Source[]>,
): (chunk: Chunk) => void {
  const members = group.map(({ name }) => cells.get(name) as Cell);
  const [only] = members;
  const loops = (sources.get(group[0]?.name ?? "") ?? []).some(({ sameLoop }) => sameLoop);
  if (only !== undefined && members.length === 1 && !loops)
    return (chunk) => {
      only.run(chunk, 0, chunk.count);
      only.finish(chunk);
    };
  const holding = members.filter(({ emit }) => emit !== undefined);
  const others = members.filter(({ emit }) => emit === undefined);
  return (chunk) => {
    for (let k = 0; k < chunk.count; k++) {
      for (const cell of holding) cell.emit?.(chunk, k);
      for (const cell of others) cell.run(chunk, k, 1);
      for (const cell of holding) cell.take?.(chunk, k);
    }
    for (const cell of members) cell.finish(chunk);
  };
}

function capture(memory: BlockMemory, cell: Cell, signal: Signal): () => Float32Array {
  const { rows } = cell.wire;
  cell.wire.rowsWanted = true;
  return cell.capture(signal) ?? (() => rowsView(memory, rows.ptr, rows.size));
}

function statesUnder(name: string, state: SimulatorState): ReadonlyMap<string, FloatArray> {
  return new Map(
    [...state]
      .filter(([key]) => key.slice(0, key.lastIndexOf("/")) === name)
      .map(([key, { data }]) => [key.slice(name.length + 1), data as FloatArray]),
  );
}

function savedStates(
  units: readonly Unit[],
  cells: ReadonlyMap<string, Cell>,
  feedback: readonly string[],
  lastRow: (name: string) => FloatArray,
  t: number,
): SimulatorState {
  const state: [string, ReturnType<typeof tensorOf>][] = [];
  for (const { name, shape, step } of units) {
    const own = (cells.get(name) as Cell).save(t);
    for (const [key, array] of own) {
      const rows = key === "history" ? [array.length / Math.max(1, step.out.length)] : [];
      state.push([`${name}/${key}`, tensorOf(array, [...rows, ...shape])]);
    }
    if (feedback.includes(name)) state.push([`${name}/out`, tensorOf(lastRow(name), shape)]);
  }
  return new Map(state);
}
