/** One pass of a batch, band by band. */
import type { NodeActivity } from "@nirkit/graph";
import type { NodeState } from "../../model/trainable-model.ts";
import type { ExecutorInput } from "../executor.ts";
import { type Band, bandRows, bandsOf, joinRows, joinStates } from "./band.ts";
import type { Flow } from "./flow.ts";
import { clearGradients, type FusedNetwork, FusedRun } from "./fused-run.ts";
import type { Packed } from "./packed.ts";

/** Forward and backward pass of one batch. */
export class BatchRun {
  readonly #fused: FusedNetwork;
  readonly #batch: number;
  readonly #bands: readonly Band[];
  readonly #runs: readonly FusedRun[];

  constructor(fused: FusedNetwork, input: ExecutorInput) {
    this.#fused = fused;
    this.#batch = input.batch;
    this.#bands = bandsOf(fused.network, fused.program, input);
    this.#runs = this.#bands.map((band) => new FusedRun(fused, input, band));
  }

  /** True until its buffers went back. */
  get open(): boolean {
    return this.#runs.some(({ open }) => open);
  }

  /** The state after the last step. */
  forward(): Map<string, NodeState> {
    const states = this.#runs.map((run) => {
      run.forward();
      return run.takeState();
    });
    return joinStates(this.#fused.network, states, this.#bands, this.#batch);
  }

  /**
   * Gradients of parameters, in the cells, from that of the packed result. Frees each band behind it, unless gradients
   * of inputs are still to be read.
   */
  backward(packed: readonly Packed[], dy: Float32Array, inputGradients: boolean): void {
    // The kernels' memory may be that of dy: nothing may be allocated while it is read.
    let at = 0;
    const parts = packed.map(({ values }) => {
      const own = dy.slice(at, at + values.length);
      at += values.length;
      return own;
    });
    clearGradients(this.#fused.program);
    this.#runs.forEach((run, k) => {
      const band = this.#bands[k] as Band;
      for (const [p, part] of packed.entries()) {
        const n = this.#width(part.node);
        run.receive(part, bandRows(parts[p] as Float32Array, this.#batch, n, band));
      }
      run.backward();
      if (!inputGradients) run.free();
    });
  }

  /** Gradient of an Input node, `[T, B, ...shape]`. */
  inputGradient(name: string): Float32Array {
    const { program, workspace } = this.#fused;
    const id = program.outputs.get(name) as number;
    return this.#join(name, (run) => {
      const flow = run.flows[id] as Flow;
      return workspace.f32(flow.gradient(), flow.rows * flow.n).slice();
    });
  }

  /** Values of a node in the order of the file, `[T, B, ...shape]`. */
  values(name: string): Float32Array {
    return this.#join(name, (run) => run.values(name));
  }

  /** Membranes of a neuron node before the reset, likewise. */
  membranes(name: string): Float32Array {
    return this.#join(name, (run) => run.membranes(name));
  }

  #join(name: string, read: (run: FusedRun) => Float32Array): Float32Array {
    return joinRows(this.#runs.map(read), this.#bands, this.#batch, this.#width(name));
  }

  /** Elements of a row of a node. */
  #width(name: string): number {
    const { flows, outputs } = this.#fused.program;
    return flows[outputs.get(name) as number]?.n ?? 0;
  }

  /** Events in and out by node. */
  activity(): Map<string, NodeActivity> {
    const total = new Map<string, NodeActivity>();
    for (const run of this.#runs)
      for (const [name, own] of run.activity()) {
        const sum = total.get(name);
        total.set(name, sum === undefined ? own : added(sum, own));
      }
    return total;
  }

  /** Gives all buffers back. */
  free(): void {
    for (const run of this.#runs) run.free();
  }
}

function added(a: NodeActivity, b: NodeActivity): NodeActivity {
  return {
    ...a,
    samples: a.samples + b.samples,
    eventsIn: a.eventsIn + b.eventsIn,
    eventsOut: a.eventsOut + b.eventsOut,
    synapticOps: a.synapticOps + b.synapticOps,
  };
}
