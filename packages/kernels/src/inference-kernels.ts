/** The kernels of inference by name. All addresses are byte addresses in the kernels' memory; 0 stands for "none". */

/** Dense products. Sums run in the order stated, each product and sum rounded to float32. */
export interface DenseKernels {
  /**
   * C[m,n] = (accumulate ? C : 0) + op(A)[m,k] · op(B)[k,n], float32.
   *
   * Order: k in blocks of 256, ascending inside a block; every block's sum is then added to C.
   *
   * @param lda distance of rows of A as stored, in elements; likewise ldb, ldc
   * @param ta 1 where A is stored as [k,m]; likewise tb with [n,k]
   * @param scratch {@link sgemmScratchBytes}
   */
  sgemm(
    m: number,
    n: number,
    k: number,
    a: number,
    lda: number,
    ta: number,
    b: number,
    ldb: number,
    tb: number,
    c: number,
    ldc: number,
    accumulate: number,
    scratch: number,
  ): void;
  /**
   * out[n] = (accumulate ? out : 0) + x[k] · W (+ bias), float32, with W stored as [k,n] (tw 0: terms in ascending
   * order of the input) or as [n,k] (tw 1: sixteen partial sums, input i in sum i mod 16, added pairwise). Bias last.
   */
  sgemv(
    k: number,
    n: number,
    x: number,
    w: number,
    ldw: number,
    tw: number,
    bias: number,
    out: number,
    accumulate: number,
  ): void;
}

/**
 * Event-driven float32 kernels. A list of events has rows `index[start[r] … start[r+1] − 1]`; `value` (float32) is
 * what an event carries, 0 (none) for 1. Events of a row are added in the order of the list.
 */
export interface EventKernels {
  /**
   * out[r,:] = (accumulate ? out[r,:] : 0) + Σ_events value · W[index,:] (+ bias, last).
   *
   * On the transposed list it is the weight gradient: dW[i,:] = Σ_{r: i fired in r} dY[r,:].
   *
   * @param k rows of W: every index is below it
   * @param scratch 0, or k·128 bytes that make many rows faster
   */
  accumulateEvents(
    rows: number,
    k: number,
    n: number,
    start: number,
    index: number,
    value: number,
    w: number,
    ldw: number,
    bias: number,
    out: number,
    ldo: number,
    accumulate: number,
    scratch: number,
  ): void;
  /**
   * Convolution of events. `out` is [rows, outH, outW, outC]; every image starts at the bias of its channels (or at
   * what it holds, with `accumulate`), then events are added in order.
   *
   * @param shape address of a {@link convShape}
   * @param w weights in the event layout of {@link packConvEvents}
   */
  convEvents(
    shape: number,
    rows: number,
    start: number,
    index: number,
    value: number,
    w: number,
    bias: number,
    out: number,
    accumulate: number,
  ): void;
  /** Window sums of events, times `scale`: out[rows, outH, outW, C] from 0. The shape's outC is its C. */
  poolEvents(
    shape: number,
    rows: number,
    start: number,
    index: number,
    value: number,
    scale: number,
    out: number,
  ): void;
  /**
   * Convolution of dense images [rows, H, W, C] as a matrix product of gathered windows.
   *
   * @param w weights in the dense layout of {@link packConvDense}
   * @param scratch at least {@link convDenseScratchBytes} bytes
   */
  convDense(
    shape: number,
    rows: number,
    x: number,
    w: number,
    bias: number,
    out: number,
    scratch: number,
  ): void;
  /** Window sums of dense images [rows, H, W, C], times `scale`; window rows first, ascending. */
  poolDense(shape: number, rows: number, x: number, scale: number, out: number): void;
}

/** Exact integer kernels; the caller guarantees that no int32 sum leaves its range. */
export interface IntegerKernels {
  /** out[r,:] += Σ_events value · W[index,:] with int8 weights, int32 values and sums. */
  accumulateI8(
    rows: number,
    n: number,
    start: number,
    index: number,
    value: number,
    w: number,
    ldw: number,
    out: number,
    ldo: number,
  ): void;
  /** The same with int16 weights. */
  accumulateI16(
    rows: number,
    n: number,
    start: number,
    index: number,
    value: number,
    w: number,
    ldw: number,
    out: number,
    ldo: number,
  ): void;
  /** The same with int32 weights. */
  accumulateI32(
    rows: number,
    n: number,
    start: number,
    index: number,
    value: number,
    w: number,
    ldw: number,
    out: number,
    ldo: number,
  ): void;
  /** The same with int8 weights, clamped to [low, high] after every event, in the order of the list; values 1. */
  accumulateSaturatingI8(
    rows: number,
    n: number,
    start: number,
    index: number,
    low: number,
    high: number,
    w: number,
    ldw: number,
    out: number,
    ldo: number,
  ): void;
  /** out[rows, outH, outW, outC] += convolution of events with int8 weights in the event layout; int32 values. */
  convEventsI8(
    shape: number,
    rows: number,
    start: number,
    index: number,
    value: number,
    w: number,
    out: number,
  ): void;
  /** The same with int16 weights. */
  convEventsI16(
    shape: number,
    rows: number,
    start: number,
    index: number,
    value: number,
    w: number,
    out: number,
  ): void;
  /** The same with int32 weights. */
  convEventsI32(
    shape: number,
    rows: number,
    start: number,
    index: number,
    value: number,
    w: number,
    out: number,
  ): void;
  /** out[rows, outH, outW, C] += window sums of events; int32 values. */
  poolEventsI32(shape: number, rows: number, start: number, index: number, value: number, out: number): void;
}

/** Neuron updates. Spikes leave as bits: row r has `maskStride` bytes, neuron i is bit i & 7 of byte i >> 3. */
export interface NeuronKernels {
  /**
   * Neurons over `steps` steps of `batch` samples: x is [steps, batch, n]; v, i (state in and out) are [batch, n].
   *
   * Each of mask, spikes (float32 0 or 1), vpre, vOut, iOut may be 0 (not wanted); they are [steps, batch, n], vpre or
   * vOut may be x itself. Bits of a mask row beyond n are 0.
   *
   * @param neuron address of a {@link floatNeuron}
   * @param maskStride {@link maskStrideBytes} of n
   */
  neuronForward(
    neuron: number,
    steps: number,
    batch: number,
    n: number,
    x: number,
    v: number,
    i: number,
    mask: number,
    maskStride: number,
    spikes: number,
    vpre: number,
    vOut: number,
    iOut: number,
  ): void;
  /**
   * Integer neurons over `steps` steps: acc is [steps, n] sums without fractional bits (read, and cleared where
   * `clear` is 1); u, j (current, 0 for none) and fired (one byte a neuron) are state of [n].
   *
   * @param neuron address of an {@link integerNeuron}
   * @param pre x before the spike test, [steps, n], or 0
   * @param post the state after the step, [steps, n], or 0
   * @returns states that clamp, wrap or grid changed
   */
  integerNeuronForward(
    neuron: number,
    steps: number,
    n: number,
    acc: number,
    clear: number,
    u: number,
    j: number,
    fired: number,
    mask: number,
    maskStride: number,
    pre: number,
    post: number,
  ): number;
}

/** Integer sums as float32 drives. */
export interface DriveKernels {
  /**
   * out[r,k] = float32(sums[r,k]) + offset[k], both rounded once: what a population of float state and integer
   * weights adds to its decayed membrane. `offset` may be 0 (none).
   */
  sumsToDrive(rows: number, n: number, sums: number, offset: number, out: number): void;
}

/** Event lists: made of masks or dense rows, turned around; images between the two layouts. */
export interface ListKernels {
  /** Spike mask to events: start[rows+1], index ascending in a row. @returns the number of events */
  compactMask(
    rows: number,
    n: number,
    mask: number,
    maskStride: number,
    start: number,
    index: number,
  ): number;
  /** Non-zero float32 values to events; value may be 0 (not wanted). @returns the number of events */
  compactF32(rows: number, n: number, x: number, start: number, index: number, value: number): number;
  /** Non-zero int32 values to events; value may be 0 (not wanted). @returns the number of events */
  compactI32(rows: number, n: number, x: number, start: number, index: number, value: number): number;
  /**
   * Events by row to events by index (counting sort): byStart[k+1], byRow, and byValue where value is not 0. Rows
   * ascend within an index.
   */
  transposeEvents(
    rows: number,
    k: number,
    start: number,
    index: number,
    value: number,
    byStart: number,
    byRow: number,
    byValue: number,
  ): void;
  /** Images of 4-byte elements: to[rows, n, m] = from[rows, m, n]; [C, H·W] to [H·W, C] and back. */
  transposeImages(rows: number, m: number, n: number, from: number, to: number): void;
}

/** Everything that inference needs. */
export type InferenceKernels = DenseKernels &
  EventKernels &
  IntegerKernels &
  DriveKernels &
  NeuronKernels &
  ListKernels;
