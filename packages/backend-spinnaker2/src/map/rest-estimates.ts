/** Estimates that need no sample: silent steps, and times. */
import { energyOf, type OperatingPoint, operatingPoints } from "../energy.ts";
import type { S2Options } from "../options.ts";
import type { S2Energy, S2Estimates, S2Slice } from "./mapping.ts";
import { cyclesOf } from "./timing.ts";

/** Estimates of a run of `steps` steps without spikes. */
export function restEstimates(
  slices: readonly S2Slice[],
  latency: number,
  { steps, tickMs, level }: S2Options,
): S2Estimates {
  const tick = tickMs / 1000;
  const tickCycles = operatingPoints[level === "low" ? "low" : "high"].hertz * tick;
  const perPe = slices.map(({ id, start, stop }) => ({
    slice: id,
    restCycles: cyclesOf({ steps: 1, neurons: stop - start, packets: 0, synapticOps: 0 }),
    tickCycles,
  }));
  const cycles = steps * perPe.reduce((sum, { restCycles }) => sum + restCycles, 0);
  const chips = new Set(slices.map(({ chip }) => chip)).size;
  const at = (point: OperatingPoint): S2Energy =>
    energyOf(point, { seconds: steps * tick, pes: slices.length, cycles, chips });
  return {
    perPe,
    energy: { low: at(operatingPoints.low), high: at(operatingPoints.high) },
    latency: { first: (latency + 1) * tick, decision: (steps + latency) * tick },
  };
}
