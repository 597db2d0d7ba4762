/** The emitted design in TypeScript: bit-exact by steps, and exact in cycles if asked. */
import type { BackendTrace } from "@nirkit/backend";
import type { Signal, SpikeInput } from "@nirkit/graph";
import type { BeatList } from "./beats.ts";
import { CycleModel, type LayerCycles, type Pressure, type StepWork } from "./cycle-model.ts";
import { createGraphSimulator, isGraphPlan } from "./graph-simulator.ts";
import { sweptBeats } from "./graph-steps.ts";
import { inputSteps, type StepEvents } from "./input-stream.ts";
import { LayerSimulator } from "./layer-simulator.ts";
import { ActivityCounter, ExitRecorder, type Observer, signalRecorders } from "./observers.ts";
import type { FpgaPlan } from "./plan-types.ts";
import { planReadout, type Readout, readoutOf } from "./readout.ts";

/** How to simulate and what to keep. */
export interface FpgaSimulateOptions {
  /** `step`: values only. `cycle`: also the clock. Default `cycle`. */
  readonly level?: "step" | "cycle";
  readonly record?: { readonly populations: "all" | readonly string[]; readonly signals: readonly Signal[] };
  /** When the environment offers and takes beats (cycle level). */
  readonly pressure?: Pressure;
}

/** A trace with what the hardware adds to it. */
export interface FpgaTrace extends BackendTrace {
  /** Beats that leave, in order. */
  readonly beats: BeatList;
  /** Cycle level: busy and stalled cycles by layer path. */
  readonly layers?: ReadonlyMap<string, LayerCycles>;
  /** States that were clamped, by layer path. */
  readonly saturations: ReadonlyMap<string, number>;
  /** Events that reached the core of every layer, by path, where the layers are no chain. */
  readonly taken?: ReadonlyMap<string, number>;
  /** Result per class, where the design has a readout in hardware. */
  readonly readout?: Readout;
}

/**
 * Runs one sample.
 *
 * @param input by Input: `[T, ...shape]` or events
 * @throws E_FPGA_INPUT, E_FPGA_INPUT_VARIES
 */
export function simulateFpga(
  plan: FpgaPlan,
  input: SpikeInput,
  options: FpgaSimulateOptions = {},
): FpgaTrace {
  return createFpgaSimulator(plan).run(input, options);
}

/** A design made ready for many samples. */
export interface FpgaSimulator {
  /** Runs one sample from rest; outputs, records and cycles. */
  run(input: SpikeInput, options?: FpgaSimulateOptions): FpgaTrace;
  /** Cycles of several samples sent without a pause, from the first word in to the last word out. */
  streamCycles(inputs: readonly SpikeInput[], pressure?: Pressure): number;
}

/** Decodes the memory images once. */
export function createFpgaSimulator(plan: FpgaPlan): FpgaSimulator {
  if (isGraphPlan(plan)) return createGraphSimulator(plan);
  const layers = plan.layers.map((layer) => new LayerSimulator(layer));
  return {
    run: (input, options = {}) => runSample(plan, layers, input, options),
    streamCycles: (inputs, pressure) => {
      const clock = new ChainClock(plan, layers, pressure);
      for (const input of inputs) runSteps(plan, layers, inputSteps(plan, input), [clock]);
      return clock.model.total;
    },
  };
}

function runSteps(
  plan: FpgaPlan,
  layers: readonly LayerSimulator[],
  steps: readonly StepEvents[],
  observers: readonly Observer[],
): void {
  for (const layer of layers) layer.clear();
  steps.forEach((step, t) => {
    const sent = t === 0 || !plan.options.holdInput ? step.address.length : 0;
    for (let k = 0; k < sent; k++) layers[0]?.event(step.address[k] as number, step.value[k] as number);
    let eventsIn = sent;
    layers.forEach((layer, l) => {
      const replayed = layer.tick();
      for (const observer of observers) observer.layer(l, t, eventsIn, replayed);
      eventsIn = forward(layer, layers[l + 1]);
    });
    for (const observer of observers) observer.step(step.address.slice(0, sent), t + 1 === steps.length);
  });
}

/** Sends the spikes of one layer into the next; returns how many there are. */
function forward(from: LayerSimulator, to: LayerSimulator | undefined): number {
  let spikes = 0;
  for (let i = 0; i < from.out.length; i++) {
    if (from.out[i] === 0) continue;
    spikes++;
    to?.event(i, 1);
  }
  return spikes;
}

/** Feeds the cycle model with what the step simulator found. */
class ChainClock implements Observer {
  readonly model: CycleModel;
  readonly #layers: readonly LayerSimulator[];
  readonly #work: StepWork[] = [];

  constructor(plan: FpgaPlan, layers: readonly LayerSimulator[], pressure: Pressure | undefined) {
    this.#layers = layers;
    const work = layers.map((layer, l) => ({
      eventWords: (index: number) => layer.eventWords(index),
      step: () => this.#work[l] as StepWork,
    }));
    this.model = new CycleModel(plan, work, pressure);
  }

  layer(l: number, _t: number, _eventsIn: number, replayed: number): void {
    this.#work[l] = { replayed, ...sweptBeats(this.#layers[l] as LayerSimulator) };
  }

  step(addresses: readonly number[], isLast: boolean): void {
    for (const address of addresses) this.model.event(address);
    this.model.tick(isLast);
  }
}

function runSample(
  plan: FpgaPlan,
  layers: readonly LayerSimulator[],
  input: SpikeInput,
  options: FpgaSimulateOptions,
): FpgaTrace {
  const steps = inputSteps(plan, input);
  const clock = options.level === "step" ? undefined : new ChainClock(plan, layers, options.pressure);
  const exit = new ExitRecorder(plan, layers, steps.length);
  const records = signalRecorders(layers, options.record, steps.length);
  const activity = new ActivityCounter(plan, layers, steps.length);
  runSteps(plan, layers, steps, [exit, activity, ...records, ...(clock === undefined ? [] : [clock])]);
  const readout = readoutOf(planReadout(plan), exit.tensor);
  return {
    steps: steps.length,
    saturations: new Map(layers.map((layer) => [layer.plan.path, layer.saturations])),
    ...(readout === undefined ? {} : { readout }),
    outputs: new Map([[plan.output.name, exit.tensor]]),
    records: new Map(records.map((r) => [r.name, r.tensor])),
    activity: activity.activity(),
    beats: exit.beats,
    ...(clock === undefined
      ? {}
      : {
          cycles: clock.model.total,
          layers: new Map(plan.layers.map((layer, l) => [layer.path, clock.model.layers[l] as LayerCycles])),
        }),
  };
}
