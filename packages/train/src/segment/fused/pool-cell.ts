/** Pools: window sums of events or of dense images. */
import { type Block, convShape } from "@nirkit/kernels";
import type { PoolSpec } from "../../model/node-spec.ts";
import type { FusedCell, Run } from "./cell.ts";
import type { CellPlace } from "./dense-cell.ts";
import type { Flow } from "./flow.ts";
import type { Workspace } from "./workspace.ts";

/** Window sums times a scale; images with channels last. */
export class PoolCell implements FusedCell {
  readonly #at: CellPlace;
  readonly #spec: PoolSpec;
  readonly #workspace: Workspace;
  readonly #shape: Block<Int32Array>;
  readonly #shapeOfFile: Block<Int32Array>;

  constructor(workspace: Workspace, at: CellPlace, spec: PoolSpec) {
    this.#workspace = workspace;
    this.#at = at;
    this.#spec = spec;
    const geometry = { ...spec.geometry, groups: 1 };
    this.#shape = convShape(workspace.kernels, geometry);
    this.#shapeOfFile = convShape(workspace.kernels, { ...geometry, eventOrder: "chw" });
  }

  forward(run: Run, from: number, steps: number): void {
    const input = run.flows[this.#at.input] as Flow;
    const output = run.flows[this.#at.output] as Flow;
    const { kernels, pool } = this.#workspace;
    const rows = steps * run.batch;
    const to = output.makeDense() + 4 * from * output.stepSize;
    const events = input.stepwise ? undefined : input.sparse();
    if (events !== undefined) {
      const shape = this.#channelsFirst(input) ? this.#shapeOfFile : this.#shape;
      const { start, index, value } = events;
      kernels.poolEvents(
        shape.ptr,
        rows,
        start.ptr + 4 * from * run.batch,
        index.ptr,
        value?.ptr ?? 0,
        this.#spec.scale,
        to,
      );
      return;
    }
    const x = input.dense() + 4 * from * input.stepSize;
    if (!this.#channelsFirst(input)) {
      kernels.poolDense(this.#shape.ptr, rows, x, this.#spec.scale, to);
      return;
    }
    const [c, h, w] = this.#spec.geometry.input;
    const turned = pool.take(rows * input.n);
    kernels.transposeImages(rows, c, h * w, x, turned.ptr);
    kernels.poolDense(this.#shape.ptr, rows, turned.ptr, this.#spec.scale, to);
    pool.give(turned);
  }

  #channelsFirst(input: Flow): boolean {
    const [c, h, w] = this.#spec.geometry.input;
    return input.layout === "nir" && c > 1 && h * w > 1;
  }

  backward(run: Run, from: number, steps: number): void {
    if (run.needs[this.#at.input] !== true) return;
    const input = run.flows[this.#at.input] as Flow;
    const output = run.flows[this.#at.output] as Flow;
    const { kernels, train, pool } = this.#workspace;
    const rows = steps * run.batch;
    const dy = output.gradient() + 4 * from * output.stepSize;
    const [c, h, w] = this.#spec.geometry.input;
    input.addGradient(from, steps, (dx) => {
      if (!this.#channelsFirst(input)) {
        train.poolInputGradient(this.#shape.ptr, rows, dy, this.#spec.scale, dx);
        return;
      }
      const images = pool.take(rows * input.n);
      train.poolInputGradient(this.#shape.ptr, rows, dy, this.#spec.scale, images.ptr);
      kernels.transposeImages(rows, h * w, c, images.ptr, dx);
      pool.give(images);
    });
  }
}
