/** Work of every PE in every step of a run: packets, synaptic operations, cycles, and the level that each step takes. */
import type { Diagnostic, SpikeInput } from "@nirkit/graph";
import { s2Diagnostic } from "./diagnostics.ts";
import { cycleJoules, energyOf, type OperatingPoint, operatingPoints, totalJoules } from "./energy.ts";
import { inputTrains } from "./input-trains.ts";
import type { S2Mapping, S2Slice } from "./map/mapping.ts";
import { cyclesOf, defaultTiming, type TimingModel } from "./map/timing.ts";
import { prepareMapping } from "./prepare.ts";
import { synapsesPerSlice } from "./synapses-per-slice.ts";

/** One PE over a run. */
export interface PeProfile {
  readonly population: string;
  readonly slice: S2Slice;
  /** By step. */
  readonly packets: Uint32Array;
  readonly synapticOps: Float64Array;
  readonly cycles: Float64Array;
  /** Steps that take longer than the tick. */
  readonly overruns: number;
}

/** A run as every PE sees it. */
export interface RunProfile {
  readonly steps: number;
  readonly pes: readonly PeProfile[];
  /** Shortest tick without overruns, seconds. */
  readonly leastTick: number;
  /** Joules with all PEs at 150 MHz, at 300 MHz, and with the level chosen per PE and step. */
  readonly joules: { readonly low: number; readonly high: number; readonly auto: number };
  /** W_S2_OVERRUN for the worst step of every PE that has one. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Packets in a step above which a PE goes to the high level, as in the public demo. */
const levelPackets = { conv: 30, dense: 200 };

/**
 * Runs one sample and counts what every PE does.
 *
 * @throws as `simulateS2`
 */
export function profileS2(
  mapping: S2Mapping,
  input: SpikeInput,
  timing: TimingModel = defaultTiming,
): RunProfile {
  const { steps, trains } = inputTrains(mapping, input);
  const { spikes } = prepareMapping(mapping).run(trains, steps);
  const pes = mapping.populations.flatMap((population, p) =>
    population.slices.map((slice): PeProfile => {
      const packets = new Uint32Array(steps);
      const synapticOps = new Float64Array(steps);
      for (const projection of mapping.projections.filter(({ post }) => post === p)) {
        const counts = synapsesPerSlice(projection, slice);
        const { start, index } = spikes[projection.pre] ?? {
          start: new Uint32Array(steps + 1),
          index: new Uint32Array(0),
        };
        // A packet is read in the step after it was sent.
        for (let t = 0; t + 1 < steps; t++)
          for (let k = start[t] as number; k < (start[t + 1] as number); k++) {
            packets[t + 1] = (packets[t + 1] as number) + 1;
            synapticOps[t + 1] = (synapticOps[t + 1] as number) + (counts[index[k] as number] as number);
          }
      }
      const cycles = Float64Array.from(packets, (n, t) =>
        cyclesOf(
          { steps: 1, neurons: slice.stop - slice.start, packets: n, synapticOps: synapticOps[t] as number },
          timing,
        ),
      );
      const budget = budgetOf(mapping);
      return {
        population: population.name,
        slice,
        packets,
        synapticOps,
        cycles,
        overruns: cycles.filter((c) => c > budget).length,
      };
    }),
  );
  return {
    steps,
    pes,
    leastTick:
      pes.reduce((most, { cycles }) => cycles.reduce((a, c) => Math.max(a, c), most), 0) / hertzOf(mapping),
    joules: joulesOf(mapping, pes, steps),
    diagnostics: pes.flatMap((pe) => overrunWarning(mapping, pe)),
  };
}

function hertzOf({ options }: S2Mapping): number {
  return operatingPoints[options.level === "low" ? "low" : "high"].hertz;
}

function budgetOf(mapping: S2Mapping): number {
  return (hertzOf(mapping) * mapping.options.tickMs) / 1000;
}

function overrunWarning(
  mapping: S2Mapping,
  { population, slice, cycles, packets, overruns }: PeProfile,
): Diagnostic[] {
  if (overruns === 0) return [];
  const step = cycles.reduce((worst, c, t) => (c > (cycles[worst] ?? 0) ? t : worst), 0);
  const worst = cycles[step] ?? 0;
  return [
    s2Diagnostic("W_S2_OVERRUN", `nodes.${population}`, {
      pe: `${slice.chip}/${slice.core}`,
      step,
      packets: packets[step] ?? 0,
      cycles: Math.ceil(worst),
      tickMs: Math.ceil((worst / hertzOf(mapping)) * 1e5) / 100,
    }),
  ];
}

/** Asleep at the low level between steps; a step at the high level adds its own cycles and its share of sleep. */
function joulesOf(mapping: S2Mapping, pes: readonly PeProfile[], steps: number): RunProfile["joules"] {
  const tick = mapping.options.tickMs / 1000;
  const chips = new Set(pes.map(({ slice }) => slice.chip)).size;
  const cycles = pes.reduce((sum, pe) => sum + pe.cycles.reduce((a, c) => a + c, 0), 0);
  const whole = (point: OperatingPoint): number =>
    totalJoules(energyOf(point, { seconds: steps * tick, pes: pes.length, cycles, chips }));
  const { low, high } = operatingPoints;
  let auto = energyOf(low, { seconds: steps * tick, pes: 0, cycles: 0, chips }).baseline;
  for (const pe of pes) {
    const limit =
      mapping.options.levelPackets ??
      (pe.slice.channels === undefined ? levelPackets.dense : levelPackets.conv);
    for (let t = 0; t < steps; t++) {
      const point = (pe.packets[t] as number) > limit ? high : low;
      auto += point.sleep * tick + cycleJoules(point) * (pe.cycles[t] as number);
    }
  }
  return { low: whole(low), high: whole(high), auto };
}
