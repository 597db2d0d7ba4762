/** A draft onto the machine: slices, memory, cores, keys, and what to say about them. */
import type { Diagnostic } from "@nirkit/graph";
import type { Network } from "@nirkit/network";
import { s2Diagnostic } from "../diagnostics.ts";
import { convTaps } from "../engine/convolution.ts";
import type { S2Options } from "../options.ts";
import type { Draft, DraftProjection } from "./draft.ts";
import type { S2Route, S2Slice } from "./mapping.ts";
import { partition, type Recording } from "./partition.ts";
import { place, routes } from "./place.ts";
import { reachWarnings } from "./reach.ts";
import { clockHz, cyclesOf } from "./timing.ts";

/** Where everything lies. */
export interface MappedDraft {
  readonly slices: ReadonlyMap<string, readonly S2Slice[]>;
  readonly routing: readonly S2Route[];
  readonly recording: Recording;
  readonly diagnostics: readonly Diagnostic[];
}

/** Partitions, places and routes. */
export function mapDraft(network: Network, draft: Draft, options: S2Options): MappedDraft {
  const recording = recordingOf(network, options);
  const cut = partition(draft, options, recording);
  const placed = place(draft.populations, cut.pieces, options);
  const diagnostics = [
    ...cut.diagnostics,
    ...placed.diagnostics,
    ...reachWarnings(network, positiveSums(draft)),
    ...restingOverruns(placed.slices, options),
  ];
  const isBroken = diagnostics.some(({ level }) => level === "error");
  const routing = isBroken ? [] : routes(draft.projections, placed.slices);
  return { slices: placed.slices, routing, recording, diagnostics };
}

function recordingOf(network: Network, { record, recordVoltage }: S2Options): Recording {
  const all = network.populations.map(({ name }) => name);
  const outputs = new Set(network.outputs.flatMap(({ sources }) => sources));
  const pick = (which: "all" | "outputs" | "none"): ReadonlySet<string> =>
    new Set(which === "none" ? [] : all.filter((name) => which === "all" || outputs.has(name)));
  const silent = new Set(
    network.populations.flatMap(({ name, neuron }) =>
      neuron.arithmetic === "float32" && !neuron.spiking ? [name] : [],
    ),
  );
  return {
    spikes: new Set([...pick(record)].filter((name) => !silent.has(name))),
    // A readout without its membrane is of no use.
    voltages: new Set([...pick(recordVoltage), ...silent]),
  };
}

/** Largest input sum per neuron from exciting synapses alone. */
function positiveSums({ populations, projections }: Draft): ReadonlyMap<string, Float64Array> {
  const sums = new Map(populations.map(({ name, size }) => [name, new Float64Array(size)]));
  for (const projection of projections) {
    const sum = sums.get(projection.target);
    if (sum !== undefined) addPositive(projection, sum);
  }
  return sums;
}

function addPositive({ rows, conv }: DraftProjection, sum: Float64Array): void {
  if (rows !== undefined)
    for (const [k, target] of rows.target.entries())
      sum[target] = (sum[target] as number) + Math.max(0, rows.weight[k] as number);
  if (conv === undefined) return;
  const [channelsIn, channelsOut, height, width] = conv.shape;
  const taps = convTaps(conv);
  const outWidth = Math.max(0, ...taps.columns.output) + 1;
  const map = sum.length / channelsOut;
  for (let o = 0; o < channelsOut; o++)
    for (const [i, oy] of taps.rows.output.entries())
      for (const [j, ox] of taps.columns.output.entries())
        for (let c = 0; c < channelsIn; c++) {
          const r = taps.rows.tap[i] as number;
          const s = taps.columns.tap[j] as number;
          const weight = conv.weights[((c * channelsOut + o) * height + r) * width + s] as number;
          const at = o * map + oy * outWidth + ox;
          if (weight > 0) sum[at] = (sum[at] as number) + weight;
        }
}

/** PEs that need more than the tick even without a single spike. */
function restingOverruns(
  slices: ReadonlyMap<string, readonly S2Slice[]>,
  { level, tickMs }: S2Options,
): Diagnostic[] {
  const hertz = level === "low" ? clockHz.low : clockHz.high;
  const budget = (hertz * tickMs) / 1000;
  return [...slices].flatMap(([name, own]) =>
    own.flatMap(({ chip, core, start, stop }) => {
      const cycles = cyclesOf({ steps: 1, neurons: stop - start, packets: 0, synapticOps: 0 });
      if (cycles <= budget) return [];
      const needed = Math.ceil((cycles / hertz) * 1e5) / 100;
      return [
        s2Diagnostic("W_S2_OVERRUN", `nodes.${name}`, {
          pe: `${chip}/${core}`,
          step: 0,
          packets: 0,
          cycles,
          tickMs: needed,
        }),
      ];
    }),
  );
}
