/** IF, LIF, CubaLIF and their silent relatives in the fused neuron kernel. */
import type { Signal } from "@nirkit/graph";
import { type Block, floatNeuron, maskStrideBytes, type NeuronParameter } from "@nirkit/kernels";
import type { FloatArray } from "../float-array.ts";
import type { NeuronModel } from "../step/neuron-model.ts";
import type { Cell } from "./cell.ts";
import { inputRows } from "./input-rows.ts";
import { type BlockMemory, type Rows, rowsView } from "./rows.ts";
import type { Source, Wire } from "./wire.ts";

/** A node in the kernel. */
export function neuronCell(
  memory: BlockMemory,
  wire: Wire,
  sources: readonly Source[],
  model: NeuronModel,
): Cell {
  const { kernels, chunk } = memory;
  const { size } = wire.rows;
  const input = inputRows(memory, sources, { size, events: false });
  const neuron = kernelNeuron(memory, model, size);
  const [v, i] = [kernels.f32(size), kernels.f32(model.synapse === undefined ? 0 : size)];
  const current = model.synapse === undefined ? 0 : i.ptr;
  const stride = maskStrideBytes(size);
  const firing = model.firing !== undefined;
  const mask = kernels.u8(firing ? chunk * stride : 0);
  const extra: Record<"v" | "vpre" | "i", number> = { v: 0, vpre: 0, i: 0 };
  const at = (ptr: number, row: number): number => (ptr === 0 ? 0 : ptr + 4 * row * size);
  const { events } = wire;
  return {
    wire,
    input,
    run: (_, row, count) => {
      input.prepare(row, count);
      const wanted = wire.rowsWanted || !firing ? wire.rows.ptr : 0;
      // A node that does not fire puts out its membrane.
      const [spikes, vOut] = firing ? [wanted, extra.v] : [0, wanted];
      kernels.neuronForward(
        neuron,
        count,
        1,
        size,
        input.rows.ptr + 4 * row * size,
        v.ptr,
        current,
        firing ? mask.ptr + row * stride : 0,
        stride,
        at(spikes, row),
        at(extra.vpre, row),
        at(vOut, row),
        at(extra.i, row),
      );
    },
    finish: ({ count }) => {
      if (events === undefined) return;
      if (firing)
        events.count = kernels.compactMask(count, size, mask.ptr, stride, events.start, events.index);
      else {
        events.count = kernels.compactF32(
          count,
          size,
          wire.rows.ptr,
          events.start,
          events.index,
          events.values,
        );
        events.value = events.values;
      }
    },
    ...stateOf(model, v, i),
    capture: (signal) => captured(memory, signal, wire.rows, model, extra),
    release: () => {
      extra.v = extra.vpre = extra.i = 0;
    },
  };
}

function captured(
  memory: BlockMemory,
  signal: Signal,
  { ptr, size }: Rows,
  model: NeuronModel,
  extra: Record<"v" | "vpre" | "i", number>,
): (() => Float32Array) | undefined {
  if (signal === "out" || (signal === "i" && model.synapse === undefined)) return undefined;
  const { kernels, chunk } = memory;
  // Without a spike test v, v* and the output are one.
  if (signal !== "i" && model.firing === undefined) return () => rowsView(memory, ptr, size);
  const block = kernels.f32(chunk * size);
  extra[signal] = block.ptr;
  return () => rowsView(memory, block.ptr, size);
}

function kernelNeuron({ kernels }: BlockMemory, model: NeuronModel, n: number): number {
  const of = (values: FloatArray | undefined): NeuronParameter => {
    const array = Float32Array.from(values ?? new Float32Array(n));
    const [first = 0] = array;
    return array.every((value) => value === first) ? first : array;
  };
  const { membrane, bias, synapse, firing } = model;
  return floatNeuron(kernels, {
    n,
    decay: of(membrane.decay),
    gain: of(membrane.gain),
    target: of(membrane.target),
    offset: of(bias),
    threshold: of(firing?.threshold),
    vReset: of(firing?.resetTo),
    ...(synapse === undefined
      ? {}
      : {
          synapse: {
            decay: of(synapse.decay),
            gain: of(synapse.gain),
            order: model.oldCurrent ? "old" : "new",
          },
        }),
    spiking: firing !== undefined,
    compare: firing?.compare ?? "gt",
    reset: firing?.reset ?? "none",
  }).ptr;
}

function stateOf(
  model: NeuronModel,
  v: Block<Float32Array>,
  i: Block<Float32Array>,
): Pick<Cell, "save" | "load" | "reset"> {
  const hasCurrent = model.synapse !== undefined;
  return {
    save: () => new Map([["v", v.view.slice()], ...(hasCurrent ? ([["i", i.view.slice()]] as const) : [])]),
    load: (values) => {
      v.view.set(values.get("v") ?? []);
      if (hasCurrent) i.view.set(values.get("i") ?? []);
    },
    reset: () => {
      v.view.set(model.vStart);
      if (hasCurrent) i.view.set(model.iStart);
    },
  };
}
