/** Costs of a mapping under an activity: PEs, memory, cycles, energy and latency, each with its source. */
import type { CostFigure, CostReport } from "@nirkit/backend";
import type { Activity, Diagnostic } from "@nirkit/graph";
import { s2Diagnostic } from "./diagnostics.ts";
import { energyOf, operatingPoints, totalJoules } from "./energy.ts";
import { hopsBetween } from "./map/machine.ts";
import type { S2Mapping } from "./map/mapping.ts";
import { memoryLayout } from "./map/memory.ts";
import { cyclesOf } from "./map/timing.ts";

const power = 'measured chip power, "The SpiNNaker2 chip" (IEEE OJCAS 2026, arXiv 2607.24396)';
const timing =
  "cycle model; 60 per neuron and 19.9 per synaptic operation from arXiv 2401.04491, the rest assumed";
const memory = "nirkit's memory model on published addresses";

/** All figures. Means per sample where the activity is that of many. */
export function estimateS2(mapping: S2Mapping, activity: Activity): CostReport {
  const work = workOf(mapping, activity);
  return {
    figures: [...sizeFigures(mapping), ...timeFigures(mapping, work), ...energyFigures(mapping, work)],
    diagnostics: work.overruns,
  };
}

interface Work {
  readonly samples: number;
  /** Per sample. */
  readonly steps: number;
  readonly cycles: number;
  readonly packets: number;
  readonly synapticOps: number;
  /** Cycles of the busiest PE in a mean step. */
  readonly busiest: number;
  readonly overruns: readonly Diagnostic[];
}

/** Work of all PEs; a slice takes its population's share of the synapses, and every packet of its sources. */
function workOf(mapping: S2Mapping, activity: Activity): Work {
  const { populations, projections, options } = mapping;
  const first = mapping.inputs[0];
  const inputs = first === undefined ? undefined : activity.get(first.name);
  const samples = Math.max(1, inputs?.samples ?? 1);
  const steps = (inputs?.steps ?? 0) / samples;
  const budget = (operatingPoints[options.level === "low" ? "low" : "high"].hertz * options.tickMs) / 1000;
  let [cycles, packets, synapticOps, busiest] = [0, 0, 0, 0];
  const overruns: Diagnostic[] = [];
  for (const [p, population] of populations.entries()) {
    const incoming = projections.filter(({ post }) => post === p);
    const names = new Set(incoming.map(({ name }) => name));
    const ops = [...names].reduce((sum, name) => sum + (activity.get(name)?.synapticOps ?? 0), 0) / samples;
    const events =
      incoming.reduce(
        (sum, { pre }) => sum + (activity.get(populations[pre]?.name ?? "")?.eventsOut ?? 0),
        0,
      ) / samples;
    for (const { start, stop, chip, core } of population.slices) {
      const share = (stop - start) / population.size;
      const own = { steps, neurons: stop - start, packets: events, synapticOps: ops * share };
      const needed = cyclesOf(own);
      cycles += needed;
      packets += events;
      synapticOps += ops * share;
      const perStep = steps === 0 ? 0 : needed / steps;
      busiest = Math.max(busiest, perStep);
      if (perStep <= budget) continue;
      const tickMs = Math.ceil((perStep / budget) * options.tickMs * 100) / 100;
      overruns.push(
        s2Diagnostic("W_S2_OVERRUN", `nodes.${population.name}`, {
          pe: `${chip}/${core}`,
          step: 0,
          packets: Math.ceil(events / Math.max(1, steps)),
          cycles: Math.ceil(perStep),
          tickMs,
        }),
      );
    }
  }
  return { samples, steps, cycles, packets, synapticOps, busiest, overruns };
}

function figure(name: string, value: number, unit: string, method: string, source: string): CostFigure {
  return { name, value, unit, method, source };
}

function sizeFigures({ populations, projections, routing, profile }: S2Mapping): CostFigure[] {
  const slices = populations.flatMap((population) =>
    population.slices.map((slice) => ({ population, slice })),
  );
  const byId = new Map(slices.map(({ slice }) => [slice.id, slice]));
  const used = slices.map(({ population, slice }) => {
    const { data, end } = memoryLayout(profile, population.model, slice.stop - slice.start);
    return end - data - slice.freeBytes;
  });
  const hops = routing.map(({ key, destinations }) => {
    const from = byId.get(key >>> 10);
    return destinations.reduce((sum, id) => {
      const to = byId.get(id);
      return (
        sum +
        (from === undefined || to === undefined || from.chip !== to.chip ? 0 : hopsBetween(from.qpe, to.qpe))
      );
    }, 0);
  });
  const relays = populations.reduce((sum, { role, size }) => sum + (role === "relay" ? size : 0), 0);
  const counted = "counted in the mapping";
  return [
    figure("PEs", slices.length, "PE", counted, "mapping"),
    figure("routing keys", routing.length, "keys", counted, "mapping"),
    figure(
      "synapses",
      projections.reduce((sum, { synapses }) => sum + synapses, 0),
      "weights",
      counted,
      "mapping",
    ),
    figure("relay neurons", relays, "neurons", counted, "mapping"),
    figure(
      "data memory, fullest PE",
      Math.max(0, ...used),
      "bytes",
      `sum of regions, profile ${profile}`,
      memory,
    ),
    figure(
      "data memory, all PEs",
      used.reduce((a, b) => a + b, 0),
      "bytes",
      `sum of regions, profile ${profile}`,
      memory,
    ),
    figure(
      "hops from sources to targets",
      hops.reduce((a, b) => a + b, 0),
      "hops",
      "|dx| + |dy| between QPEs; no energy per hop is published",
      "machine map",
    ),
  ];
}

function timeFigures(
  mapping: S2Mapping,
  { steps, cycles, packets, synapticOps, busiest }: Work,
): CostFigure[] {
  const { latency, options } = mapping;
  const tick = options.tickMs / 1000;
  const point = operatingPoints[options.level === "low" ? "low" : "high"];
  const model = "steps·(2000 + 60·neurons) + 120·packets + 19.9·synaptic operations, all PEs";
  return [
    figure("cycles", cycles, "cycles per sample", model, timing),
    figure("packets", packets, "packets per sample", "spikes times PEs that read them", "activity"),
    figure("synaptic operations", synapticOps, "per sample", "synapses met by spikes", "activity"),
    figure("cycles of the busiest PE", busiest, "cycles per step", "mean step", timing),
    figure(
      "least tick",
      (busiest / point.hertz) * 1000,
      "ms",
      `busiest PE in a mean step at ${point.hertz / 1e6} MHz`,
      timing,
    ),
    figure(
      "latency to the first output",
      (latency + 1) * tick * 1000,
      "ms",
      "(L + 1)·tick",
      "one step per link",
    ),
    figure(
      "latency to the decision",
      (steps + latency) * tick * 1000,
      "ms",
      "(T + L)·tick",
      "one step per link",
    ),
  ];
}

function energyFigures(mapping: S2Mapping, { steps, cycles }: Work): CostFigure[] {
  const slices = mapping.populations.flatMap((population) => population.slices);
  const chips = new Set(slices.map(({ chip }) => chip)).size;
  const seconds = (steps + mapping.latency) * (mapping.options.tickMs / 1000);
  const millijoules = (name: string, joules: number, method: string): CostFigure =>
    figure(name, joules * 1000, "mJ per sample", method, power);
  return (["low", "high"] as const).flatMap((level) => {
    const point = operatingPoints[level];
    const parts = energyOf(point, { seconds, pes: slices.length, cycles, chips });
    const at = `${point.volts} V, ${point.hertz / 1e6} MHz`;
    return [
      millijoules(`energy at ${at}: baseline`, parts.baseline, "75.2 mW·T, PEs off"),
      millijoules(`energy at ${at}: PEs asleep`, parts.sleep, `PEs·${format(point.sleep * 1000)} mW·T`),
      millijoules(
        `energy at ${at}: dynamic`,
        parts.dynamic,
        `${format(((point.active - point.sleep) / point.hertz) * 1e12)} pJ per cycle`,
      ),
      millijoules(
        `energy at ${at}`,
        totalJoules(parts),
        "estimate: baseline + asleep + dynamic; without DRAM, links, NoC",
      ),
    ];
  });
}

function format(value: number): string {
  return value.toPrecision(5);
}
