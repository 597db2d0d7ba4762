/** The emitted design where it is no chain: values by steps, cycles by the clock. */
import type { Activity, NodeActivity, SpikeInput, Tensor } from "@nirkit/graph";
import { BeatList } from "./beats.ts";
import type { LayerCycles } from "./cycle-model.ts";
import { GraphClock } from "./graph-clock.ts";
import { type GraphRun, runGraph, type SentEvents, sentBy } from "./graph-steps.ts";
import { portAddress, sampleSteps } from "./input-stream.ts";
import { LayerSimulator } from "./layer-simulator.ts";
import { integerTensor, signalRecorders } from "./observers.ts";
import type { FpgaPlan, GraphPlan, SourcePlan } from "./plan-types.ts";
import { portSize } from "./port.ts";
import { planReadout, readoutOf } from "./readout.ts";
import type { FpgaSimulateOptions, FpgaSimulator, FpgaTrace } from "./simulate.ts";

/** A plan whose layers are joined otherwise than in a chain. */
export type GraphFpgaPlan = FpgaPlan & { readonly graph: GraphPlan };

/** Whether the layers of a plan are joined otherwise than in a chain. */
export function isGraphPlan(plan: FpgaPlan): plan is GraphFpgaPlan {
  return plan.graph !== undefined;
}

/** Decodes the memory images once. */
export function createGraphSimulator(plan: GraphFpgaPlan): FpgaSimulator {
  const layers = plan.layers.map((layer) => new LayerSimulator(layer));
  return {
    run: (input, options = {}) => runSample(plan, layers, input, options),
    streamCycles: (inputs, pressure) =>
      new GraphClock(plan, layers, pressure).run(
        inputs.map((input) => runGraph(plan, layers, sampleSteps(plan, input))),
      ),
  };
}

function runSample(
  plan: GraphFpgaPlan,
  layers: readonly LayerSimulator[],
  input: SpikeInput,
  options: FpgaSimulateOptions,
): FpgaTrace {
  const inputs = sampleSteps(plan, input);
  const records = signalRecorders(layers, options.record, inputs.length);
  const run = runGraph(plan, layers, inputs, records);
  const outputs = outputTensors(plan, run);
  const readout = readoutOf(planReadout(plan), outputs.get(plan.output.name) as Tensor);
  const trace = {
    steps: run.steps,
    outputs,
    records: new Map(records.map((r) => [r.name, r.tensor])),
    activity: activityOf(plan, layers, run),
    beats: exitBeats(plan, (source, t) => sentBy(run, source, t), run.steps),
    saturations: new Map(layers.map((layer) => [layer.plan.path, layer.saturations])),
    taken: new Map(plan.layers.map(({ path }, l) => [path, run.taken[l] as number])),
    ...(readout === undefined ? {} : { readout }),
  };
  if (options.level === "step") return trace;
  const clock = new GraphClock(plan, layers, options.pressure);
  const cycles = clock.run([run]);
  return {
    ...trace,
    cycles,
    layers: new Map(plan.layers.map(({ path }, l) => [path, clock.layers[l] as LayerCycles])),
  };
}

/** Sums of the sources of every Output. */
function outputTensors({ graph, layers }: GraphFpgaPlan, run: GraphRun): ReadonlyMap<string, Tensor> {
  return new Map(
    graph.outputs.map((port, output) => {
      const exits = graph.exits.filter((exit) => exit.output === output);
      const isWide = exits.some(
        ({ source }) => source.kind === "layer" && (layers[source.index]?.widths.output ?? 0) > 30,
      );
      const tensor = integerTensor([run.steps, ...port.shape], isWide);
      const data = tensor.data as Int32Array | Float64Array;
      const size = portSize(port);
      for (let t = 0; t < run.steps; t++)
        for (const { source } of exits) {
          const { index, value } = sentBy(run, source, t);
          index.forEach((i, k) => {
            data[t * size + i] = (data[t * size + i] as number) + (value[k] as number);
          });
        }
      return [port.name, tensor] as const;
    }),
  );
}

/** Beats that leave, in order: every exit's events of a step, then its tick. */
export function exitBeats(
  { graph, streams }: GraphFpgaPlan,
  sent: (source: SourcePlan, step: number) => SentEvents,
  steps: number,
): BeatList {
  const beats = new BeatList();
  for (let t = 0; t < steps; t++) {
    for (const { source, output } of graph.exits) {
      const { index, value } = sent(source, t);
      const map = graph.outputs[output]?.map ?? null;
      index.forEach((i, k) => {
        beats.event(portAddress(streams.output, output, map, i), value[k] as number);
      });
    }
    beats.tick(t + 1 === steps);
  }
  return beats;
}

function activityOf(
  { graph, layers }: GraphFpgaPlan,
  simulators: readonly LayerSimulator[],
  run: GraphRun,
): Activity {
  const base = { samples: 1, steps: run.steps, neurons: 0, eventsIn: 0, eventsOut: 0, synapticOps: 0 };
  const nonZero = (sent: GraphRun["sent"][number]): number =>
    sent.reduce((sum, { value }) => sum + value.reduce((n, v) => n + (v === 0 ? 0 : 1), 0), 0);
  const entries = new Map<string, NodeActivity>();
  graph.inputs.forEach((port, p) => {
    entries.set(port.name, { ...base, neurons: portSize(port), eventsOut: nonZero(run.doors[p] ?? []) });
  });
  layers.forEach((layer, l) => {
    const simulator = simulators[l] as LayerSimulator;
    entries.set(layer.path, { ...base, neurons: layer.neurons, eventsOut: nonZero(run.sent[l] ?? []) });
    const add = (path: string, eventsIn: number, synapticOps: number): void => {
      const before = entries.get(path) ?? base;
      entries.set(path, {
        ...before,
        eventsIn: before.eventsIn + eventsIn,
        synapticOps: before.synapticOps + synapticOps,
      });
    };
    layer.arcs?.forEach(({ pace, projection }, a) => {
      if (!pace) add(projection.path, run.eventsIn[l]?.[a] as number, simulator.synapticOps[a] as number);
    });
    const back = layer.projections[1];
    if (back !== undefined) add(back.path, run.replayed[l] as number, simulator.replayedOps);
  });
  return entries;
}
