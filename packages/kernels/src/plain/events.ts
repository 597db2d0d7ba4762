/** Event-driven accumulation, float32 and integer: one event adds one row of weights. */
import type { Heap } from "../heap.ts";
import type { EventKernels, IntegerKernels } from "../inference-kernels.ts";

/** The float32 accumulation on `heap`. */
export function plainEvents(heap: Heap): Pick<EventKernels, "accumulateEvents"> {
  return {
    accumulateEvents: (rows, _k, n, start, index, value, w, ldw, bias, out, ldo, accumulate) => {
      const { f32, u32 } = heap.views();
      const [s0, i0, v0, w0, b0, o0] = [
        start >>> 2,
        index >>> 2,
        value >>> 2,
        w >>> 2,
        bias >>> 2,
        out >>> 2,
      ];
      for (let r = 0; r < rows; r++) {
        const to = o0 + r * ldo;
        if (!accumulate) f32.fill(0, to, to + n);
        const end = u32[s0 + r + 1] as number;
        for (let p = u32[s0 + r] as number; p < end; p++) {
          const row = w0 + (u32[i0 + p] as number) * ldw;
          if (value) {
            const factor = f32[v0 + p] as number;
            for (let j = 0; j < n; j++)
              f32[to + j] = (f32[to + j] as number) + Math.fround(factor * (f32[row + j] as number));
          } else for (let j = 0; j < n; j++) f32[to + j] = (f32[to + j] as number) + (f32[row + j] as number);
        }
        if (bias) for (let j = 0; j < n; j++) f32[to + j] = (f32[to + j] as number) + (f32[b0 + j] as number);
      }
    },
  };
}

type Weights = "i8" | "i16" | "i32";
const elementShift = { i8: 0, i16: 1, i32: 2 } as const;

/** The integer accumulations on `heap`. */
export function plainIntegerEvents(
  heap: Heap,
): Pick<IntegerKernels, "accumulateI8" | "accumulateI16" | "accumulateI32" | "accumulateSaturatingI8"> {
  return {
    accumulateI8: accumulateInto(heap, "i8"),
    accumulateI16: accumulateInto(heap, "i16"),
    accumulateI32: accumulateInto(heap, "i32"),
    accumulateSaturatingI8: (rows, n, start, index, low, high, w, ldw, out, ldo) => {
      const { i8, i32, u32 } = heap.views();
      for (let r = 0; r < rows; r++) {
        const to = (out >>> 2) + r * ldo;
        const end = u32[(start >>> 2) + r + 1] as number;
        for (let p = u32[(start >>> 2) + r] as number; p < end; p++) {
          const row = w + (u32[(index >>> 2) + p] as number) * ldw;
          for (let j = 0; j < n; j++)
            i32[to + j] = Math.min(high, Math.max(low, (i32[to + j] as number) + (i8[row + j] as number)));
        }
      }
    },
  };
}

function accumulateInto(heap: Heap, kind: Weights): IntegerKernels["accumulateI8"] {
  return (rows, n, start, index, value, w, ldw, out, ldo) => {
    const views = heap.views();
    const { i32, u32 } = views;
    const weights = views[kind];
    const w0 = w >>> elementShift[kind];
    for (let r = 0; r < rows; r++) {
      const to = (out >>> 2) + r * ldo;
      const end = u32[(start >>> 2) + r + 1] as number;
      for (let p = u32[(start >>> 2) + r] as number; p < end; p++) {
        const row = w0 + (u32[(index >>> 2) + p] as number) * ldw;
        if (value) {
          const factor = i32[(value >>> 2) + p] as number;
          for (let j = 0; j < n; j++)
            i32[to + j] = (i32[to + j] as number) + Math.imul(factor, weights[row + j] as number);
        } else
          for (let j = 0; j < n; j++) i32[to + j] = (i32[to + j] as number) + (weights[row + j] as number);
      }
    }
  };
}
