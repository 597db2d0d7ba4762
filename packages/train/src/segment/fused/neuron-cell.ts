/** Neurons: all steps in one kernel forward, one backward, spikes as events. */
import { type FloatNeuron, type FloatSlot, floatNeuron, maskStrideBytes } from "@nirkit/kernels";
import { type NeuronGradients, neuronGradients, surrogate } from "@nirkit/kernels/train";
import type * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../../diagnostics.ts";
import type { NodeState } from "../../model/trainable-model.ts";
import type { Constant } from "../../neuron/neuron-constants.ts";
import type { NeuronSpec } from "../../neuron/neuron-spec.ts";
import type { Buffer } from "./buffer-pool.ts";
import type { FusedCell, Run } from "./cell.ts";
import type { CellPlace } from "./dense-cell.ts";
import type { Flow, FlowShape } from "./flow.ts";
import { fromFlow, readRows, rowsToFlow, toFlow } from "./layout.ts";
import { countBits, gathered, inFlow, spread, thetaOf } from "./neuron-values.ts";
import { kernelSurrogate, rewriteTable } from "./surrogate-table.ts";
import { tensorValues } from "./tensor-memory.ts";
import type { Workspace } from "./workspace.ts";

/** Slots that a neuron may learn, as keys of values: `lif1#decay`. */
export function slotKey(name: string, slot: FloatSlot): string {
  return `${name}#${slot}`;
}

/** A population; stores u (in place of its drive), and i with a synapse. */
export class NeuronCell implements FusedCell {
  readonly #at: CellPlace;
  readonly #spec: NeuronSpec;
  readonly #workspace: Workspace;
  readonly #flow: FlowShape;
  readonly #neuron: FloatNeuron;
  readonly #surrogate: { readonly ptr: number };
  readonly #gradients: NeuronGradients;
  readonly #learned: ReadonlyMap<FloatSlot, number>;
  readonly #late: boolean;
  readonly #keepsDrive: boolean;

  /** @param learned number of values of each learned slot */
  constructor(
    workspace: Workspace,
    at: CellPlace,
    spec: NeuronSpec,
    flow: FlowShape,
    learned: ReadonlyMap<FloatSlot, number>,
  ) {
    this.#workspace = workspace;
    this.#at = at;
    this.#spec = spec;
    this.#flow = flow;
    this.#learned = learned;
    const { kernels } = workspace;
    const { constants } = spec;
    const { n } = flow;
    const value = (slot: FloatSlot & keyof typeof constants): number | Float32Array => {
      const count = learned.get(slot);
      if (count === 1) return 0;
      return count === undefined ? inFlow(constants[slot] as Constant, flow) : new Float32Array(n);
    };
    this.#late = spec.resetDelay === 1 && spec.reset === "subtract";
    this.#neuron = floatNeuron(kernels, {
      n,
      decay: value("decay"),
      gain: value("gain"),
      target: value("target"),
      offset: value("offset"),
      threshold: value("threshold"),
      vReset: value("vReset"),
      ...(constants.synapse
        ? { synapse: { decay: value("synDecay"), gain: value("synGain"), order: spec.cubaOrder } }
        : {}),
      spiking: constants.spiking,
      compare: spec.compare,
      reset: spec.reset,
      resetDelay: this.#late ? 1 : 0,
    });
    this.#surrogate = surrogate(kernels, kernelSurrogate(spec.surrogate, thetaOf(constants.threshold)));
    this.#gradients = neuronGradients(kernels, this.#neuron, [...learned.keys()]);
    this.#keepsDrive = learned.has("gain") || learned.has("synGain");
  }

  load(values: ReadonlyMap<string, tf.Tensor>): void {
    const { f32 } = this.#workspace;
    for (const slot of this.#learned.keys()) {
      const given = tensorValues(values.get(slotKey(this.#spec.name, slot)) as tf.Tensor);
      const { ptr, step } = this.#neuron.slots[slot];
      if (step === 0) f32(ptr, 16).fill(given[0] as number);
      else f32(ptr, this.#flow.n).set(toFlow(spread(given, this.#flow.n), this.#flow));
      if (slot === "threshold" && step === 0)
        rewriteTable(this.#workspace, this.#surrogate.ptr, this.#spec.surrogate, given[0] as number);
    }
  }

  clear(): void {
    this.#gradients.clear();
  }

  forward(run: Run, from: number, steps: number): void {
    const { pool, kernels } = this.#workspace;
    const output = run.flows[this.#at.output] as Flow;
    const { n } = this.#flow;
    const { constants } = this.#spec;
    if (from === 0) this.#start(run);
    const x = this.#drive(run) + 4 * from * output.stepSize;
    const u = this.#buffer(run, "u").ptr + 4 * from * output.stepSize;
    const v = this.#buffer(run, "v").ptr;
    const i = constants.synapse ? this.#buffer(run, "i").ptr : 0;
    const iOut = constants.synapse ? this.#buffer(run, "iAll").ptr + 4 * from * output.stepSize : 0;
    const at = 4 * from * output.stepSize;
    if (!constants.spiking) {
      kernels.neuronForward(this.#neuron.ptr, steps, run.batch, n, x, v, i, 0, 0, 0, u, 0, iOut);
      if (output.stepwise) this.#copySteps(run, u, output.makeDense() + at, steps * output.stepSize);
      return;
    }
    if (output.stepwise) {
      const vOut = this.#buffer(run, "vAll").ptr + at;
      kernels.neuronForward(
        this.#neuron.ptr,
        steps,
        run.batch,
        n,
        x,
        v,
        i,
        0,
        0,
        output.makeDense() + at,
        u,
        vOut,
        iOut,
      );
      return;
    }
    const stride = maskStrideBytes(n);
    const mask = pool.take((output.rows * stride) / 4);
    kernels.neuronForward(this.#neuron.ptr, steps, run.batch, n, x, v, i, mask.ptr, stride, 0, u, 0, iOut);
    const count = countBits(this.#workspace.u32(mask.ptr, (output.rows * stride) / 4));
    const start = pool.take(output.rows + 1);
    const index = pool.take(count);
    kernels.compactMask(output.rows, n, mask.ptr, stride, start.ptr, index.ptr);
    output.setEvents({ start, index, value: undefined, count });
    pool.give(mask);
  }

  #copySteps(_run: Run, from: number, to: number, count: number): void {
    this.#workspace.f32(to, count).set(this.#workspace.f32(from, count));
  }

  #key(what: string): string {
    return `${this.#spec.name}#${what}`;
  }

  #buffer(run: Run, what: string): Buffer {
    return run.kept.get(this.#key(what)) as Buffer;
  }

  /** State before the first step, and room for what is kept. */
  #start(run: Run): void {
    const { pool, f32 } = this.#workspace;
    const output = run.flows[this.#at.output] as Flow;
    const { constants } = this.#spec;
    const size = output.stepSize;
    const keep = (what: string, count: number): Buffer => {
      const buffer = pool.take(count);
      run.kept.set(this.#key(what), buffer);
      return buffer;
    };
    const carried = run.state.get(this.#spec.name);
    const v = keep("v", size);
    f32(v.ptr, size).set(this.#carried(carried?.v, run.batch, constants.vStart));
    // What starts at zero needs no copy of its start.
    if (carried?.v !== undefined || constants.vStart !== 0)
      f32(keep("v0", size).ptr, size).set(f32(v.ptr, size));
    if (constants.synapse) {
      const i = keep("i", size);
      f32(i.ptr, size).set(this.#carried(carried?.i, run.batch, 0));
      if (carried?.i !== undefined) f32(keep("i0", size).ptr, size).set(f32(i.ptr, size));
      keep("iAll", output.rows * output.n);
    }
    if (output.stepwise && constants.spiking) keep("vAll", output.rows * output.n);
    const lend = (buffer: Buffer): void => {
      run.borrowed.add(buffer);
      output.adoptDense(buffer);
    };
    const input = run.flows[this.#at.input] as Flow;
    if (this.#inPlace(run)) {
      const drive = input.releaseDense() as Buffer;
      run.kept.set(this.#key("u"), drive);
      if (!constants.spiking && !output.stepwise) lend(drive);
    } else {
      const u = keep("u", output.rows * output.n);
      if (!constants.spiking && !output.stepwise) lend(u);
    }
  }

  /** True where u takes the place of the drive: nobody else reads it, and no gradient needs it. */
  #inPlace(run: Run): boolean {
    const input = run.flows[this.#at.input] as Flow;
    if (this.#at.soleReader !== true || run.recorded.has(this.#at.input)) return false;
    return !this.#keepsDrive && !input.stepwise && input.ownsDense;
  }

  /** Where the drive lies, in u itself where it was overwritten. */
  #drive(run: Run): number {
    const input = run.flows[this.#at.input] as Flow;
    return input.hasDense || input.events() !== undefined ? input.dense() : this.#buffer(run, "u").ptr;
  }

  #carried(values: Float32Array | undefined, batch: number, rest: Constant): Float32Array {
    const { n } = this.#flow;
    if (values !== undefined) {
      if (values.length !== batch * n)
        throw trainError("E_TRAIN_STATE", `nodes.${this.#spec.name}`, {
          why: `it holds ${values.length} values, this batch has ${batch * n}`,
        });
      return rowsToFlow(values, this.#flow);
    }
    const start = inFlow(rest, this.#flow);
    if (typeof start === "number") return new Float32Array(batch * n).fill(start);
    return Float32Array.from({ length: batch * n }, (_, at) => start[at % n] as number);
  }

  backward(run: Run, from: number, steps: number): void {
    const { pool, f32 } = this.#workspace;
    const input = run.flows[this.#at.input] as Flow;
    const output = run.flows[this.#at.output] as Flow;
    const size = output.stepSize;
    if (from + steps === output.steps) {
      for (const what of this.#spec.constants.synapse ? ["lambda", "mu"] : ["lambda"]) {
        const carry = pool.take(size);
        const later = run.boundary?.end.get(this.#key(what));
        if (later === undefined) f32(carry.ptr, size).fill(0);
        else f32(carry.ptr, size).set(later);
        run.kept.set(this.#key(what), carry);
      }
    }
    if (input.stepwise || output.stepwise) {
      input.addGradient(from, steps, (dx) => this.#back(run, from, steps, dx));
      return;
    }
    // The gradient of the spikes is overwritten by that of the drive.
    const buffer = (output.hasGradient ? output.releaseGradient() : undefined) ?? this.#zeros(output);
    this.#back(run, from, steps, buffer.ptr, buffer.ptr);
    input.adoptGradient(buffer);
  }

  carryBack(run: Run): void {
    const { stepSize } = run.flows[this.#at.output] as Flow;
    for (const what of ["lambda", "mu"]) {
      const carry = run.kept.get(this.#key(what));
      if (carry !== undefined)
        run.boundary?.start.set(this.#key(what), this.#workspace.f32(carry.ptr, stepSize).slice());
    }
  }

  #zeros(output: Flow): Buffer {
    const buffer = this.#workspace.pool.take(output.rows * output.n);
    this.#workspace.f32(buffer.ptr, output.rows * output.n).fill(0);
    return buffer;
  }

  #back(run: Run, from: number, steps: number, dx: number, dy?: number): void {
    const { train } = this.#workspace;
    const output = run.flows[this.#at.output] as Flow;
    const { constants, detachReset } = this.#spec;
    const at = 4 * from * output.stepSize;
    const before = at - 4 * output.stepSize;
    const all = (what: string): number => run.kept.get(this.#key(what))?.ptr ?? 0;
    const dOut = dy ?? output.gradient() + at;
    const recorded = run.membraneGradients.get(this.#spec.name);
    const dMembrane = recorded === undefined ? 0 : recorded.ptr + at;
    const spiking = constants.spiking;
    // What a silent neuron puts out is its membrane.
    if (!spiking && recorded !== undefined) train.addScaled(steps * output.stepSize, 1, dMembrane, dOut);
    train.neuronBackward(
      this.#neuron.ptr,
      this.#surrogate.ptr,
      this.#gradients.ptr,
      detachReset ? 1 : 0,
      steps,
      run.batch,
      this.#flow.n,
      this.#keepsDrive ? (run.flows[this.#at.input] as Flow).dense() + at : 0,
      all("u") + at,
      constants.synapse ? all("iAll") + at : 0,
      from === 0 ? all("v0") : (spiking ? all("vAll") : all("u")) + before,
      constants.synapse ? (from === 0 ? all("i0") : all("iAll") + before) : 0,
      spiking ? dOut : 0,
      spiking ? dMembrane : dOut,
      dx,
      all("lambda"),
      constants.synapse ? all("mu") : 0,
    );
  }

  gradient(key: string): Float32Array | undefined {
    for (const [slot, count] of this.#learned) {
      if (key !== slotKey(this.#spec.name, slot)) continue;
      const sum = this.#gradients.gradient(slot);
      if (typeof sum === "number") return Float32Array.of(sum);
      return gathered(fromFlow(sum, this.#flow), count);
    }
    return undefined;
  }

  takeState(run: Run): NodeState {
    const size = run.batch * this.#flow.n;
    const read = (what: string): Float32Array => {
      const buffer = this.#buffer(run, what);
      const values = readRows(this.#workspace, buffer.ptr, size, this.#flow);
      run.kept.delete(this.#key(what));
      this.#workspace.pool.give(buffer);
      return values;
    };
    return { v: read("v"), ...(this.#spec.constants.synapse ? { i: read("i") } : {}) };
  }

  /** Membranes before the reset in the order of the file. */
  membranes(run: Run): Float32Array {
    const output = run.flows[this.#at.output] as Flow;
    return readRows(this.#workspace, this.#buffer(run, "u").ptr, output.rows * output.n, this.#flow);
  }
}
