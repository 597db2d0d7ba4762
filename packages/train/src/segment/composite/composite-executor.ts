/** The network of plain tfjs operations: oracle of the fused path, and what runs on other backends. */
import type { EventBatch } from "@nirkit/events";
import { type NodeActivity, sizeOf } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import type { NetworkSpec, NodeSpec } from "../../model/node-spec.ts";
import type { PlanComponent, PlanNode } from "../../model/plan.ts";
import type { NodeState } from "../../model/trainable-model.ts";
import { HostReads } from "../../tfjs/read-values.ts";
import { truth } from "../../tfjs/truth.ts";
import { type Executor, type ExecutorInput, type ExecutorResult, wantsRecord } from "../executor.ts";
import { fanOut } from "../fan-out.ts";
import { type CompositeCell, carriedTensor, type StateTensors } from "./carried.ts";
import { compositeCell } from "./cell.ts";
import { stepsOf } from "./steps.ts";

/** Runs `network` as tfjs operations; `spiking: false` replaces spikes by their smooth primitives. */
export function compositeExecutor(network: NetworkSpec, spiking: boolean): Executor {
  return {
    kind: "composite",
    memoryBytes: 0,
    run: (input) => new CompositeRun(network, spiking, input).run(),
    dispose: () => {},
  };
}

/** One forward pass. */
class CompositeRun {
  readonly #network: NetworkSpec;
  readonly #input: ExecutorInput;
  readonly #cells: ReadonlyMap<string, CompositeCell>;
  /** Outputs `[T, B, ...shape]` of nodes that have run. */
  readonly #sequences = new Map<string, tf.Tensor>();
  readonly #recorded = new Map<string, tf.Tensor>();
  readonly #activity = new Map<string, NodeActivity>();
  readonly #state = new Map<string, NodeState>();
  readonly #reads = new HostReads();
  readonly #silent = new Map<string, tf.Tensor>();

  constructor(network: NetworkSpec, spiking: boolean, input: ExecutorInput) {
    this.#network = network;
    this.#input = input;
    this.#cells = new Map(
      [...network.plan.nodes.values()].map((at) => [
        at.name,
        compositeCell(at, network.specs.get(at.name) as NodeSpec, input, spiking),
      ]),
    );
  }

  run(): ExecutorResult {
    const { plan } = this.#network;
    for (const component of plan.components)
      if (component.recurrent) this.#runLoop(component);
      else this.#runAlone(component.nodes[0] as PlanNode);
    const outputs = new Map<string, tf.Tensor>();
    for (const at of plan.nodes.values())
      if (at.node.type === "Output") outputs.set(at.name, this.#sequences.get(at.name) as tf.Tensor);
    const settled = this.#reads.read();
    const told = { outputs, recorded: this.#recorded, state: this.#state, activity: this.#activity };
    return settled === undefined ? told : { ...told, settled };
  }

  #cell(name: string): CompositeCell {
    return this.#cells.get(name) as CompositeCell;
  }

  #runAlone(at: PlanNode): void {
    const parts = at.sources.map(({ name }) => this.#sequences.get(name) as tf.Tensor);
    const own = at.node.type === "Input" ? [denseInput(this.#input, at)] : [];
    const x = sumOf([...own, ...parts]);
    this.#finish(at, x, this.#cell(at.name).sequence(x));
  }

  /** A loop, step by step; inputs are made when they are asked for, as a latched Delay runs before its source. */
  #runLoop({ nodes }: PlanComponent): void {
    const { steps } = this.#input;
    const out = new Map(nodes.map(({ name }) => [name, [] as tf.Tensor[]]));
    const outside = new Map<string, tf.Tensor[]>();
    for (const { name } of nodes.flatMap(({ sources }) => sources))
      if (!out.has(name)) outside.set(name, stepsOf(this.#sequences.get(name) as tf.Tensor));
    const read = new Map(nodes.map(({ name }) => [name, new Map<number, tf.Tensor>()]));
    const delivered = (name: string, t: number): tf.Tensor =>
      t < 0 ? this.#before(name) : ((out.get(name) ?? outside.get(name))?.[t] as tf.Tensor);
    const xAt = (at: PlanNode, t: number): tf.Tensor => {
      const known = read.get(at.name)?.get(t);
      if (known !== undefined) return known;
      const x = sumOf(at.sources.map(({ name, feedback }) => delivered(name, feedback ? t - 1 : t)));
      read.get(at.name)?.set(t, x);
      return x;
    };
    for (let t = 0; t < steps; t++)
      for (const at of nodes) {
        const y = this.#cell(at.name).step(t, (step) => xAt(at, step));
        out.get(at.name)?.push(y);
      }
    for (const at of nodes) {
      const x = tf.stack(
        Array.from({ length: steps }, (_, t) => xAt(at, t)),
        0,
      );
      this.#finish(at, x, tf.stack(out.get(at.name) ?? [], 0));
    }
    for (const { name, feedback } of nodes.flatMap(({ sources }) => sources))
      if (feedback) this.#keepState(name, { out: out.get(name)?.at(-1) as tf.Tensor });
  }

  /** What the source of a feedback edge delivers in the first step. */
  #before(name: string): tf.Tensor {
    const { batch, state } = this.#input;
    const at = this.#network.plan.nodes.get(name) as PlanNode;
    const shape = [batch, ...at.outputShape];
    const carried = state.get(name)?.out;
    if (carried !== undefined) return carriedTensor(name, carried, shape);
    return this.#network.plan.dialect.feedbackT0 === "zeroSignal" ? tf.zeros(shape) : this.#silentOutput(at);
  }

  /** What a node gives when inputs and neurons are silent. */
  #silentOutput(at: PlanNode): tf.Tensor {
    const known = this.#silent.get(at.name);
    if (known !== undefined) return known;
    const { rows } = this.#cell(at.name);
    const { nodes } = this.#network.plan;
    const dynamic = rows === undefined || at.node.type === "Input";
    const value = dynamic
      ? tf.zeros([this.#input.batch, ...at.outputShape])
      : rows(sumOf(at.sources.map(({ name }) => this.#silentOutput(nodes.get(name) as PlanNode))));
    this.#silent.set(at.name, value);
    return value;
  }

  #finish(at: PlanNode, x: tf.Tensor, y: tf.Tensor): void {
    const cell = this.#cell(at.name);
    const { record, steps, batch } = this.#input;
    this.#sequences.set(at.name, y);
    this.#keepState(at.name, cell.state() ?? {});
    if (wantsRecord(record, at.name, "spikes")) this.#recorded.set(`${at.name}.spikes`, y);
    if (cell.membranes.length > 0 && wantsRecord(record, at.name, "membrane"))
      this.#recorded.set(`${at.name}.membrane`, tf.stack([...cell.membranes], 0));
    if (cell.currents.length > 0 && wantsRecord(record, at.name, "current"))
      this.#recorded.set(`${at.name}.current`, tf.stack([...cell.currents], 0));
    const counts = { samples: batch, steps, neurons: sizeOf(at.outputShape) };
    const activity = { ...counts, eventsIn: 0, eventsOut: 0, synapticOps: 0 };
    this.#activity.set(at.name, activity);
    this.#reads.want(events(y), ([count = 0]) => {
      activity.eventsOut = count;
    });
    const fan = fanOut(this.#network.specs.get(at.name) as NodeSpec);
    if (typeof fan === "number")
      this.#reads.want(events(x), ([count = 0]) => {
        activity.eventsIn = count;
        activity.synapticOps = fan * count;
      });
    else
      this.#reads.want(events(x, [0, 1]), (perInput) => {
        activity.eventsIn = perInput.reduce((sum, count) => sum + count, 0);
        activity.synapticOps = perInput.reduce((sum, count, i) => sum + count * (fan[i] as number), 0);
      });
  }

  /** Adds to the state that a node ends with. */
  #keepState(name: string, parts: StateTensors): void {
    for (const [key, tensor] of Object.entries(parts)) {
      const state = this.#state.get(name) ?? {};
      this.#state.set(name, state);
      this.#reads.want(tensor, (values) => {
        Object.assign(state, { [key]: values });
      });
    }
  }
}

function sumOf(parts: readonly tf.Tensor[]): tf.Tensor {
  return parts.reduce((sum, part) => tf.add(sum, part));
}

/** Entries that are not 0, over all axes or over some. */
function events(x: tf.Tensor, axes?: number[]): tf.Tensor {
  return tf.tidy(() => tf.sum(truth(tf.notEqual(x, 0)), axes));
}

/** An input as `[T, B, ...shape]`. */
function denseInput({ inputs, steps, batch }: ExecutorInput, at: PlanNode): tf.Tensor {
  const given = inputs.get(at.name) as tf.Tensor | EventBatch;
  const shape = [steps, batch, ...at.outputShape];
  if (!("kind" in given)) return tf.reshape(given as tf.Tensor, shape);
  const size = sizeOf(at.outputShape);
  const values = new Float32Array(steps * batch * size);
  for (let row = 0; row < steps * batch; row++)
    for (let e = given.start[row] as number; e < (given.start[row + 1] as number); e++) {
      const place = row * size + (given.index[e] as number);
      values[place] = (values[place] as number) + (given.value?.[e] ?? 1);
    }
  return tf.tensor(values, shape, "float32");
}
