/** One pass over the cells: forward over all steps, and back. */
import type { EventBatch } from "@nirkit/events";
import { type NodeActivity, sizeOf } from "@nirkit/graph";
import type * as tf from "@tensorflow/tfjs-core";
import type { NetworkSpec, NodeSpec } from "../../model/node-spec.ts";
import type { NodeState } from "../../model/trainable-model.ts";
import { type ExecutorInput, wantsRecord } from "../executor.ts";
import { type Band, type BandEvents, bandEvents, bandState, eachStep } from "./band.ts";
import { addToLastStep, type Boundary, feedbackKey } from "./boundary.ts";
import type { Buffer } from "./buffer-pool.ts";
import type { Run } from "./cell.ts";
import { Flow } from "./flow.ts";
import { readRows, rowsToFlow } from "./layout.ts";
import type { NeuronCell } from "./neuron-cell.ts";
import type { Packed } from "./packed.ts";
import type { Program, ProgramCell } from "./program.ts";
import { tensorValues } from "./tensor-memory.ts";
import type { Workspace } from "./workspace.ts";

/** A network compiled for kernels. */
export interface FusedNetwork {
  readonly network: NetworkSpec;
  readonly program: Program;
  readonly workspace: Workspace;
  /** Fan-out of nodes with weights. */
  readonly fanOuts: ReadonlyMap<string, number | Int32Array>;
}

/** Zeroes what the cells have added up. */
export function clearGradients({ parts }: Program): void {
  for (const { cells } of parts) for (const { cell } of cells) cell.clear?.();
}

/** Forward and backward pass of one band of a batch; frees what it took when it is done. */
export class FusedRun implements Run {
  readonly steps: number;
  readonly batch: number;
  readonly flows: readonly Flow[];
  readonly state: ReadonlyMap<string, NodeState>;
  readonly kept: Map<string, Buffer> = new Map<string, Buffer>();
  readonly borrowed: Set<Buffer> = new Set<Buffer>();
  readonly membraneGradients: Map<string, Buffer> = new Map<string, Buffer>();
  readonly recorded: ReadonlySet<number>;
  readonly needs: readonly boolean[];
  boundary: Boundary | undefined;
  readonly #fused: FusedNetwork;
  readonly #band: Band;
  #open = true;

  constructor(fused: FusedNetwork, input: ExecutorInput, band: Band) {
    this.#fused = fused;
    this.#band = band;
    this.steps = input.steps;
    this.batch = band.count;
    this.state = bandState(fused.network, input, band);
    const { steps, batch } = this;
    this.flows = fused.program.flows.map(
      (flow) => new Flow(fused.workspace, flow, { steps, batch, stepwise: flow.stepwise }),
    );
    this.recorded = new Set(
      [...fused.program.outputs].flatMap(([name, id]) =>
        wantsRecord(input.record, name, "spikes") ? [id] : [],
      ),
    );
    this.needs = needsOf(fused, input.inputGradient);
    this.#fill(input);
  }

  /** True until its buffers went back. */
  get open(): boolean {
    return this.#open;
  }

  #fill({ inputs, batch }: ExecutorInput): void {
    const { network, program, workspace } = this.#fused;
    for (const at of network.plan.nodes.values()) {
      if (at.node.type !== "Input") continue;
      const flow = this.flows[program.outputs.get(at.name) as number] as Flow;
      const given = inputs.get(at.name) as tf.Tensor | EventBatch;
      if ("kind" in given && given.kind === "events")
        fillEvents(workspace, flow, bandEvents(given as EventBatch, this.#band));
      else {
        const to = workspace.f32(flow.makeDense(), flow.rows * flow.n);
        const values = tensorValues(given as tf.Tensor);
        eachStep(this.steps, batch, flow.n, this.#band, (whole, own, length) =>
          to.set(values.subarray(whole, whole + length), own),
        );
      }
    }
  }

  forward(): void {
    const { parts, readers } = this.#fused.program;
    for (const { cells, stepwise } of parts)
      if (stepwise) {
        for (let t = 0; t < this.steps; t++) for (const { cell } of cells) cell.forward(this, t, 1);
      } else
        for (const { cell, inputs } of cells) {
          cell.forward(this, 0, this.steps);
          for (const id of inputs) if (readers[id] === 1) this.flows[id]?.dropDense();
        }
  }

  /** Takes the gradient of a packed part, in the order of the file. */
  receive({ node, what }: Packed, dy: Float32Array): void {
    const { program, workspace } = this.#fused;
    const flow = this.flows[program.outputs.get(node) as number] as Flow;
    const values = rowsToFlow(dy, flow);
    if (what !== "membrane") {
      flow.addGradient(0, this.steps, (to) => workspace.f32(to, values.length).set(values));
      return;
    }
    const buffer = workspace.pool.take(values.length);
    workspace.f32(buffer.ptr, values.length).set(values);
    this.membraneGradients.set(node, buffer);
  }

  /** Adds to the gradients of the cells: see {@link clearGradients}. */
  backward(): void {
    const { parts } = this.#fused.program;
    this.#feedBack();
    for (let p = parts.length - 1; p >= 0; p--) {
      const { cells, stepwise } = parts[p] as Program["parts"][number];
      if (stepwise) this.#backLoop(cells);
      else for (let c = cells.length - 1; c >= 0; c--) this.#backCell(cells[c] as ProgramCell);
    }
  }

  /** Gradients of what the segment after read from the last step. */
  #feedBack(): void {
    const { program, workspace } = this.#fused;
    for (const name of program.fedBack) {
      const values = this.boundary?.end.get(feedbackKey(name));
      const flow = this.flows[program.outputs.get(name) as number] as Flow;
      if (values !== undefined) addToLastStep(workspace, flow, values);
    }
    for (const { cells } of program.parts) for (const { cell } of cells) cell.receive?.(this);
  }

  #backCell({ cell, output, inputs, learns }: ProgramCell): void {
    const flow = this.flows[output] as Flow;
    if (this.needs[output] !== true) return;
    if (cell.parameters !== undefined) {
      if (learns) cell.parameters(this);
      cell.backward(this, 0, this.steps);
    } else if (learns || inputs.some((id) => this.needs[id])) cell.backward(this, 0, this.steps);
    cell.carryBack?.(this);
    flow.free();
  }

  #backLoop(cells: readonly ProgramCell[]): void {
    for (let t = this.steps - 1; t >= 0; t--)
      for (let c = cells.length - 1; c >= 0; c--) {
        const { cell, output } = cells[c] as ProgramCell;
        if (this.needs[output] === true) cell.backward(this, t, 1);
      }
    for (const { cell, output, learns } of cells)
      if (learns && this.needs[output] === true) cell.parameters?.(this);
    for (const { cell, output } of cells) {
      cell.carryBack?.(this);
      this.flows[output]?.free();
    }
  }

  /** Gives all buffers back. */
  free(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const flow of this.flows) flow.free();
    const { pool } = this.#fused.workspace;
    for (const buffer of this.kept.values()) if (!this.borrowed.has(buffer)) pool.give(buffer);
    for (const buffer of this.membraneGradients.values()) pool.give(buffer);
    this.kept.clear();
  }

  /** Values of a node in the order of the file, `[T, B, ...shape]` with the samples of the band. */
  values(name: string): Float32Array {
    const { program, workspace } = this.#fused;
    const flow = this.flows[program.outputs.get(name) as number] as Flow;
    return readRows(workspace, flow.dense(), flow.rows * flow.n, flow);
  }

  /** Membranes of a neuron node before the reset. */
  membranes(name: string): Float32Array {
    return (this.#cellOf(name) as NeuronCell).membranes(this);
  }

  #cellOf(name: string): unknown {
    for (const { cells } of this.#fused.program.parts)
      for (const { cell, node } of cells) if (node?.name === name) return cell;
    return undefined;
  }

  /** State after the last step; may be read once, since its buffers go back. */
  takeState(): Map<string, NodeState> {
    const { program, workspace } = this.#fused;
    const states = new Map<string, NodeState>();
    for (const { cells } of program.parts)
      for (const { cell, node } of cells) {
        const state = node === undefined ? undefined : cell.takeState?.(this);
        if (state !== undefined && node !== undefined && this.#carries(node.name))
          states.set(node.name, state);
      }
    for (const name of program.fedBack) {
      const flow = this.flows[program.outputs.get(name) as number] as Flow;
      const last = flow.dense() + 4 * (flow.steps - 1) * flow.stepSize;
      const out = readRows(workspace, last, flow.stepSize, flow);
      states.set(name, { ...states.get(name), out });
    }
    return states;
  }

  #carries(name: string): boolean {
    const { kind } = this.#fused.network.specs.get(name) as NodeSpec;
    return kind === "neuron" || kind === "delay";
  }

  /** Events in and out by node. */
  activity(): Map<string, NodeActivity> {
    const { network, program, fanOuts } = this.#fused;
    const found = new Map<string, NodeActivity>();
    for (const at of network.plan.nodes.values()) {
      const input = this.flows[program.inputs.get(at.name) as number] as Flow;
      const output = this.flows[program.outputs.get(at.name) as number] as Flow;
      const fan = fanOuts.get(at.name) ?? 0;
      const eventsIn = input.count();
      found.set(at.name, {
        samples: this.batch,
        steps: this.steps,
        neurons: sizeOf(at.outputShape),
        eventsIn,
        eventsOut: output.count(),
        synapticOps: typeof fan === "number" ? fan * eventsIn : this.#operations(input, fan),
      });
    }
    return found;
  }

  #operations(input: Flow, fan: Int32Array): number {
    const { u32, f32 } = this.#fused.workspace;
    const events = input.events();
    const inFlow = fanInFlow(fan, input);
    let total = 0;
    if (events !== undefined) {
      const index = u32(events.index.ptr, events.count);
      for (let e = 0; e < index.length; e++) total += inFlow[index[e] as number] as number;
      return total;
    }
    const values = f32(input.dense(), input.rows * input.n);
    for (let row = 0; row < values.length; row += input.n)
      for (let at = 0; at < input.n; at++) if (values[row + at] !== 0) total += inFlow[at] as number;
    return total;
  }
}

/** Fan-out by place in the flow. */
function fanInFlow(fan: Int32Array, { n, layout, channels }: Flow): Int32Array {
  if (layout === "nir") return fan;
  const pixels = n / channels;
  const moved = new Int32Array(n);
  for (let at = 0; at < n; at++)
    moved[(at % pixels) * channels + Math.floor(at / pixels)] = fan[at] as number;
  return moved;
}

function fillEvents({ pool, u32, f32 }: Workspace, flow: Flow, given: BandEvents): void {
  const start = pool.take(flow.rows + 1);
  u32(start.ptr, flow.rows + 1).set(given.start);
  const count = given.index.length;
  const index = pool.take(count);
  u32(index.ptr, count).set(given.index);
  const value = given.value && pool.take(count);
  if (value !== undefined && given.value !== undefined) f32(value.ptr, count).set(given.value);
  flow.setEvents({ start, index, value, count });
}

/** Flows through which something learned is reached. */
function needsOf({ network, program }: FusedNetwork, inputGradient: boolean): boolean[] {
  const needs = program.flows.map(() => false);
  for (const at of network.plan.nodes.values())
    if (at.node.type === "Input" && inputGradient) needs[program.outputs.get(at.name) as number] = true;
  for (const { cells, stepwise } of program.parts)
    for (let pass = 0; pass < (stepwise ? cells.length : 1); pass++)
      for (const { inputs, output, learns } of cells)
        if (learns || inputs.some((id) => needs[id])) needs[output] = true;
  return needs;
}
