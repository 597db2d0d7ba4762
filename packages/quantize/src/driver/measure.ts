/** What calibration samples show: potentials and inputs of the float network, rates and states before and after. */
import { type NirGraph, type PassContext, type SpikeInput, type Trace, toFloat64 } from "@nirkit/graph";
import { readArithmetic } from "../annotation/decode.ts";
import { type FoldableNode, foldRecurrence, type Recurrence } from "../fold/recurrence.ts";
import { HistogramObserver } from "../observe/histogram.ts";
import { MinMaxObserver } from "../observe/min-max.ts";
import { cosine } from "./calibration.ts";
import type { Prepared } from "./prepare.ts";
import type { NeuronReport, QuantizeReport, Span } from "./report.ts";
import { countsOf, largestOutput } from "./spike-counts.ts";

/** A float network and the samples that it takes. */
export interface Measured {
  readonly graph: NirGraph;
  readonly inputs: readonly SpikeInput[];
}

/** Reports of neurons, and how many labels the network met. */
export interface Measurements {
  readonly neurons: readonly NeuronReport[];
  readonly accuracy: Pick<QuantizeReport, "accuracyBefore" | "accuracyAfter">;
}

/** Adds what the samples show to the reports of neurons; samples are run one after the other and not kept. */
export function withMeasurements(
  neurons: readonly NeuronReport[],
  before: Measured,
  after: Measured,
  prepared: Prepared,
  labels: readonly (number | undefined)[],
  context: PassContext,
): Measurements {
  const { simulate } = context;
  if (before.inputs.length === 0 || simulate === undefined) return { neurons, accuracy: {} };
  const run = (network: Measured): Run =>
    measure(network, neurons, prepared, labels, { ...context, simulate });
  const [a, b] = [run(before), run(after)];
  const accuracy =
    a.right === undefined || b.right === undefined
      ? {}
      : { accuracyBefore: a.right / labels.length, accuracyAfter: b.right / labels.length };
  return { neurons: reported(neurons, a.measures, b.measures, after), accuracy };
}

function reported(
  neurons: readonly NeuronReport[],
  first: Run["measures"],
  second: Run["measures"],
  after: Measured,
): readonly NeuronReport[] {
  const flat = after.graph.flatten();
  return neurons.map((neuron): NeuronReport => {
    const a = first.get(neuron.path);
    const b = second.get(neuron.path);
    if (a === undefined || b === undefined) return neuron;
    const rates = a.spiking
      ? { rateBefore: a.rate, rateAfter: b.rate, countCosine: cosine(a.allCounts, b.allCounts) }
      : {};
    const observed = a.membrane.count === 0 ? {} : { observed: a.observed };
    return { ...neuron, ...rates, ...observed, ...storedStates(neuron, b, flat) };
  });
}

/** Range of the stored states in the finest LSB, and whether it leaves what can be stored. */
function storedStates(
  neuron: NeuronReport,
  { states, vLeak }: NeuronMeasure,
  flat: NirGraph,
): Partial<NeuronReport> {
  const node = flat.node(neuron.path);
  const arithmetic = readArithmetic(node, neuron.path);
  if (arithmetic === undefined || states.max < states.min || neuron.stateScale === undefined) return {};
  const fine = (v: number): number => ((v - vLeak) / (neuron.stateScale?.[0] ?? 1)) * 2 ** neuron.fracBits;
  // Potentials of the float run carry its rounding.
  const stateSpan: Span = [Math.floor(fine(states.min) + 1e-3), Math.ceil(fine(states.max) - 1e-3)];
  // A stored state is what is left after a reset; half an LSB of float noise is none.
  const saturates = fine(states.max) > arithmetic.vMax + 0.5 || fine(states.min) < arithmetic.vMin - 0.5;
  return { stateSpan, saturates };
}

class NeuronMeasure {
  readonly spiking: boolean;
  readonly vLeak: number;
  readonly input: MinMaxObserver = new MinMaxObserver();
  readonly membrane: HistogramObserver = new HistogramObserver();
  readonly membraneEnds: MinMaxObserver = new MinMaxObserver();
  readonly states: MinMaxObserver = new MinMaxObserver();
  readonly counts: Float64Array[] = [];
  readonly #recurrence: Recurrence;
  #events = 0;
  #slots = 0;

  constructor(recurrence: Recurrence) {
    this.#recurrence = recurrence;
    this.spiking = recurrence.spiking;
    this.vLeak = recurrence.vLeak[0] ?? 0;
  }

  take(trace: Trace, path: string): void {
    const counts = countsOf(trace, path);
    this.counts.push(counts);
    this.#events += counts.reduce((a, b) => a + b, 0);
    this.#slots += counts.length * trace.steps;
    const before = trace.records.get(`${path}/vpre`);
    const after = trace.records.get(`${path}/v`);
    if (before === undefined || after === undefined || this.#recurrence.kind === "threshold") return;
    const vpre = toFloat64(before);
    const v = toFloat64(after);
    this.membrane.observe(vpre);
    this.membraneEnds.observe(vpre);
    this.states.observe(v);
    const current = trace.records.get(`${path}/i`);
    this.input.observe(
      current === undefined ? this.#drive(vpre, v) : this.#synapticDrive(toFloat64(current)),
    );
  }

  get rate(): number {
    return this.#events / Math.max(1, this.#slots);
  }

  get allCounts(): Float64Array {
    return Float64Array.from(this.counts.flatMap((one) => [...one]));
  }

  get observed(): NonNullable<NeuronReport["observed"]> {
    const { input, membraneEnds, membrane } = this;
    return {
      input: [input.min, input.max],
      membrane: [membraneEnds.min, membraneEnds.max],
      membraneP999: membrane.percentileOfMagnitude(99.9),
    };
  }

  /** x = (v*(t) − beta·v(t−1) − (1 − beta)·v_leak)/g. */
  #drive(vpre: Float64Array, v: Float64Array): Float64Array {
    const { size, beta, gain, vLeak } = this.#recurrence;
    return vpre.map((x, at) => {
      const i = at % size;
      const b = beta[i] ?? 0;
      const last = at < size ? 0 : (v[at - size] ?? 0);
      return (x - b * last - (1 - b) * (vLeak[i] ?? 0)) / (gain[i] ?? 1);
    });
  }

  /** X = (i(t) − a·i(t−1))/kappa. */
  #synapticDrive(current: Float64Array): Float64Array {
    const { size, synBeta, synGain } = this.#recurrence;
    return current.map((x, at) => {
      const i = at % size;
      const last = at < size ? 0 : (current[at - size] ?? 0);
      return (x - (synBeta?.[i] ?? 0) * last) / (synGain?.[i] ?? 1);
    });
  }
}

interface Run {
  readonly measures: ReadonlyMap<string, NeuronMeasure>;
  /** Labels met; undefined where a sample has none, or there are several Outputs. */
  readonly right: number | undefined;
}

function measure(
  { graph, inputs }: Measured,
  neurons: readonly NeuronReport[],
  prepared: Prepared,
  labels: readonly (number | undefined)[],
  { simulate, signal }: PassContext & { readonly simulate: NonNullable<PassContext["simulate"]> },
): Run {
  const flat = graph.flatten();
  const nodes = neurons.map(({ path }) => path);
  const { dt, convention } = prepared;
  const measures = new Map(
    neurons.map(({ path, neurons: size }) => {
      const node = flat.node(path) as FoldableNode;
      return [path, new NeuronMeasure(foldRecurrence(node, size, dt, convention, `nodes.${path}`))] as const;
    }),
  );
  let right: number | undefined = 0;
  inputs.forEach((input, i) => {
    signal?.throwIfAborted();
    const trace = simulate(graph, input, { nodes, signals: ["out", "v", "vpre", "i"] });
    for (const [path, one] of measures) one.take(trace, path);
    const found = largestOutput(trace);
    const label = labels[i];
    if (right === undefined || found === undefined || label === undefined) right = undefined;
    else if (found === label) right++;
  });
  return { measures, right };
}
