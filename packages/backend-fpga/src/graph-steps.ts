/** A design that is no chain, step by step: who sends what, and what every layer makes of it. */
import { eventBeat } from "./clock-buffers.ts";
import type { StepWork } from "./cycle-model.ts";
import type { GraphFpgaPlan } from "./graph-simulator.ts";
import type { StepEvents } from "./input-stream.ts";
import type { LayerSimulator } from "./layer-simulator.ts";
import type { Observer } from "./observers.ts";
import type { SourcePlan } from "./plan-types.ts";

/** Events of one source in one step, in the order in which they leave. */
export interface SentEvents {
  /** Row-major. */
  readonly index: readonly number[];
  readonly value: readonly number[];
}

/** One sample, worked out. */
export interface GraphRun {
  readonly steps: number;
  /** By Input and step: what enters. */
  readonly doors: readonly (readonly SentEvents[])[];
  /** By layer and step: what leaves; of a readout all neurons, zeros too. */
  readonly sent: readonly (readonly SentEvents[])[];
  /** By layer and step; beats as the clock has them. */
  readonly work: readonly (readonly StepWork[])[];
  /** By layer and arc: events with a value. */
  readonly eventsIn: readonly Float64Array[];
  /** By layer: events that reach its core. */
  readonly taken: Float64Array;
  /** By layer: replayed spikes. */
  readonly replayed: Float64Array;
}

const nothing: SentEvents = { index: [], value: [] };

/**
 * Runs one sample from rest.
 *
 * @param inputs events by step and Input
 */
export function runGraph(
  plan: GraphFpgaPlan,
  layers: readonly LayerSimulator[],
  inputs: readonly (readonly StepEvents[])[],
  observers: readonly Pick<Observer, "layer">[] = [],
): GraphRun {
  for (const layer of layers) layer.clear();
  const run = {
    steps: inputs.length,
    doors: plan.graph.inputs.map((_, p) =>
      inputs.map((step, t): SentEvents => {
        const events = step[p];
        if (events === undefined || (t > 0 && plan.options.holdInput)) return nothing;
        return { index: events.address, value: events.value };
      }),
    ),
    sent: layers.map((): SentEvents[] => []),
    work: layers.map((): StepWork[] => []),
    eventsIn: layers.map(({ plan: { arcs = [] } }) => new Float64Array(arcs.length)),
    taken: new Float64Array(layers.length),
    replayed: new Float64Array(layers.length),
  } satisfies GraphRun;
  for (let t = 0; t < inputs.length; t++)
    layers.forEach((layer, l) => {
      deliver(run, layer, l, t);
      const replayed = layer.tick();
      run.replayed[l] = (run.replayed[l] as number) + replayed;
      const { perWord, beats } = sweptBeats(layer);
      const value = beats.map((i) => layer.out[i] as number);
      run.work[l]?.push({ replayed, perWord, beats: beats.map((i, k) => eventBeat(i, value[k] as number)) });
      run.sent[l]?.push({ index: beats, value });
      for (const observer of observers) observer.layer(l, t, 0, replayed);
    });
  return run;
}

/** What a source sent in a step. */
export function sentBy(
  { doors, sent }: Pick<GraphRun, "doors" | "sent">,
  { kind, index }: SourcePlan,
  step: number,
): SentEvents {
  return (kind === "input" ? doors : sent)[index]?.[step] ?? nothing;
}

/** All events that arrive at a layer in step t. */
function deliver(run: GraphRun, layer: LayerSimulator, l: number, t: number): void {
  layer.plan.arcs?.forEach(({ source, delay, pace }, a) => {
    if (pace || t < delay) return;
    const { index, value } = sentBy(run, source, t - delay);
    const counts = run.eventsIn[l] as Float64Array;
    index.forEach((at, k) => {
      if (value[k] === 0) return;
      counts[a] = (counts[a] as number) + 1;
      if (layer.eventWords(at, a) >= 0) run.taken[l] = (run.taken[l] as number) + 1;
      layer.event(at, value[k] as number, a);
    });
  });
}

/** Beats of every word of a sweep: spikes, or all neurons of a readout. */
export function sweptBeats({ plan, out, order }: LayerSimulator): {
  readonly perWord: Uint32Array;
  readonly beats: number[];
} {
  const perWord = new Uint32Array(plan.words);
  const beats: number[] = [];
  order.forEach((neuron, place) => {
    if (neuron < 0 || (plan.neuron.spiking && out[neuron] === 0)) return;
    const word = Math.floor(place / plan.lanes);
    perWord[word] = (perWord[word] as number) + 1;
    beats.push(neuron);
  });
  return { perWord, beats };
}
