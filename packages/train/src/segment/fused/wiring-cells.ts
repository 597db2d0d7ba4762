/** Sums of several sources, values of the step before, and changes of layout. */
import { addToStart, feedbackKey } from "./boundary.ts";
import type { Buffer } from "./buffer-pool.ts";
import type { FusedCell, Run } from "./cell.ts";
import type { Flow, FlowShape } from "./flow.ts";
import { flowPlaces } from "./layout.ts";
import type { Workspace } from "./workspace.ts";

/** What gives a value before the first step, and takes its gradient. */
export interface SilentSource {
  silentOutput(rows: number, to: number): void;
  silentGradient(rows: number, dy: number): void;
}

/** A flow that is summed; a feedback source delivers its value of the step before. */
export interface GatherSource {
  readonly name: string;
  readonly flow: number;
  readonly feedback: boolean;
  /** Undefined where a silent source gives zeros. */
  readonly silent: SilentSource | undefined;
}

/** x = Σ sources. */
export class GatherCell implements FusedCell {
  readonly #workspace: Workspace;
  readonly #sources: readonly GatherSource[];
  readonly #output: number;

  constructor(workspace: Workspace, sources: readonly GatherSource[], output: number) {
    this.#workspace = workspace;
    this.#sources = sources;
    this.#output = output;
  }

  forward(run: Run, from: number, steps: number): void {
    const { f32, train } = this.#workspace;
    const output = run.flows[this.#output] as Flow;
    const count = steps * output.stepSize;
    const to = output.makeDense() + 4 * from * output.stepSize;
    this.#sources.forEach((source, at) => {
      this.#withSource(run, source, from, count, (x) => {
        if (at === 0) f32(to, count).set(f32(x, count));
        else train.addScaled(count, 1, x, to);
      });
    });
  }

  #withSource(run: Run, source: GatherSource, from: number, count: number, use: (x: number) => void): void {
    const flow = run.flows[source.flow] as Flow;
    const output = run.flows[this.#output] as Flow;
    const x = source.feedback
      ? from === 0
        ? this.#before(run, source).ptr
        : flow.dense() + 4 * (from - 1) * flow.stepSize
      : flow.dense() + 4 * from * flow.stepSize;
    withLayout(this.#workspace, flow, output, x, count, use);
  }

  /** What a feedback edge delivers in the first step. */
  #before(run: Run, source: GatherSource): Buffer {
    const key = `${source.name}#before`;
    const known = run.kept.get(key);
    if (known !== undefined) return known;
    const flow = run.flows[source.flow] as Flow;
    const buffer = this.#workspace.pool.take(flow.stepSize);
    run.kept.set(key, buffer);
    const carried = run.state.get(source.name)?.out;
    const values = this.#workspace.f32(buffer.ptr, flow.stepSize);
    if (carried !== undefined) values.set(carriedRows(carried, flow));
    else if (source.silent !== undefined) source.silent.silentOutput(run.batch, buffer.ptr);
    else values.fill(0);
    return buffer;
  }

  backward(run: Run, from: number, steps: number): void {
    const output = run.flows[this.#output] as Flow;
    const count = steps * output.stepSize;
    const dy = output.gradient() + 4 * from * output.stepSize;
    for (const source of this.#sources) {
      if (run.needs[source.flow] !== true) continue;
      const flow = run.flows[source.flow] as Flow;
      const { f32 } = this.#workspace;
      withLayout(this.#workspace, output, flow, dy, count, (d) => {
        if (!source.feedback) flow.addGradient(from, steps, (to) => f32(to, count).set(f32(d, count)));
        else if (from > 0) flow.addGradient(from - 1, steps, (to) => f32(to, count).set(f32(d, count)));
        else if (run.boundary !== undefined && run.state.get(source.name)?.out !== undefined)
          addToStart(run.boundary, feedbackKey(source.name), f32(d, count));
        else if (!run.state.has(source.name)) source.silent?.silentGradient(run.batch, d);
      });
    }
  }
}

function carriedRows(carried: Float32Array, flow: FlowShape): Float32Array {
  const places = flowPlaces(flow);
  if (places === undefined) return carried;
  return Float32Array.from({ length: carried.length }, (_, at) => {
    const row = at - (at % flow.n);
    return carried[row + places.indexOf(at % flow.n)] as number;
  });
}

/** Calls `use` with the address of `count` values in the layout of `to`. */
function withLayout(
  { kernels, pool }: Workspace,
  from: FlowShape,
  to: FlowShape,
  x: number,
  count: number,
  use: (x: number) => void,
): void {
  if (from.layout === to.layout) {
    use(x);
    return;
  }
  const channels = from.layout === "hwc" ? from.channels : to.channels;
  const pixels = from.n / channels;
  const turned = pool.take(count);
  const rows = count / from.n;
  if (from.layout === "hwc") kernels.transposeImages(rows, pixels, channels, x, turned.ptr);
  else kernels.transposeImages(rows, channels, pixels, x, turned.ptr);
  use(turned.ptr);
  pool.give(turned);
}

/** Images with channels last to the order of the file. */
export class LayoutCell implements FusedCell {
  readonly #workspace: Workspace;
  readonly #input: number;
  readonly #output: number;

  constructor(workspace: Workspace, input: number, output: number) {
    this.#workspace = workspace;
    this.#input = input;
    this.#output = output;
  }

  forward(run: Run, from: number, steps: number): void {
    const input = run.flows[this.#input] as Flow;
    const output = run.flows[this.#output] as Flow;
    const { f32, u32, pool } = this.#workspace;
    const events = input.stepwise ? undefined : input.sparse();
    if (events !== undefined) {
      const places = fileplaces(input);
      const start = pool.take(input.rows + 1);
      const index = pool.take(events.count);
      const value = events.value && pool.take(events.count);
      u32(start.ptr, input.rows + 1).set(u32(events.start.ptr, input.rows + 1));
      const [read, written] = [u32(events.index.ptr, events.count), u32(index.ptr, events.count)];
      for (let e = 0; e < read.length; e++) written[e] = places[read[e] as number] as number;
      if (value !== undefined && events.value !== undefined)
        f32(value.ptr, events.count).set(f32(events.value.ptr, events.count));
      output.setEvents({ start, index, value, count: events.count });
      return;
    }
    const count = steps * output.stepSize;
    const x = input.dense() + 4 * from * input.stepSize;
    const to = output.makeDense() + 4 * from * output.stepSize;
    withLayout(this.#workspace, input, output, x, count, (turned) => f32(to, count).set(f32(turned, count)));
  }

  backward(run: Run, from: number, steps: number): void {
    if (run.needs[this.#input] !== true) return;
    const input = run.flows[this.#input] as Flow;
    const output = run.flows[this.#output] as Flow;
    const { f32 } = this.#workspace;
    const count = steps * output.stepSize;
    const dy = output.gradient() + 4 * from * output.stepSize;
    input.addGradient(from, steps, (dx) => {
      withLayout(this.#workspace, output, input, dy, count, (turned) =>
        f32(dx, count).set(f32(turned, count)),
      );
    });
  }
}

/** Place in the order of the file of each element of a flow with channels last. */
function fileplaces({ n, channels }: FlowShape): Uint32Array {
  const pixels = n / channels;
  return Uint32Array.from({ length: n }, (_, at) => (at % channels) * pixels + Math.floor(at / channels));
}
