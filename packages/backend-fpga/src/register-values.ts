/** What the registers of a design hold after samples: the script that the bench goes through. */
import type { SpikeInput } from "@nirkit/graph";
import type { FpgaPlan } from "./plan-types.ts";
import { planReadout, type Readout } from "./readout.ts";
import { countedLayers, readableClasses } from "./register-map.ts";
import type { FpgaSimulator, FpgaTrace } from "./simulate.ts";

/** When a line of `tb/registers.mem` counts. */
const when = { passOne: 1, both: 3, write: 4, irq: 8 } as const;

/** Sums over samples, as the counters see them. */
export interface RegisterCounts {
  readonly steps: number;
  readonly samples: number;
  /** By layer. */
  readonly eventsIn: readonly number[];
  readonly eventsOut: readonly number[];
  readonly saturations: readonly number[];
  readonly readout?: Readout | undefined;
}

/** Counters and the last readout after a stream of samples. */
export function registerCounts(plan: FpgaPlan, traces: readonly FpgaTrace[]): RegisterCounts {
  const sum = (of: (trace: FpgaTrace) => number): number => traces.reduce((a, trace) => a + of(trace), 0);
  return {
    steps: sum(({ steps }) => steps),
    samples: traces.length,
    eventsIn: plan.layers.map(({ path, projections }) =>
      sum(
        ({ activity, taken }) => taken?.get(path) ?? activity.get(projections[0]?.path ?? "")?.eventsIn ?? 0,
      ),
    ),
    // States leave from every neuron in every step, zeros too.
    eventsOut: plan.layers.map((layer) =>
      sum(({ activity, steps }) =>
        !layer.neuron.spiking ? layer.neurons * steps : (activity.get(layer.path)?.eventsOut ?? 0),
      ),
    ),
    saturations: plan.layers.map(({ path }) => sum(({ saturations }) => saturations.get(path) ?? 0)),
    readout: traces.at(-1)?.readout,
  };
}

/** Runs the samples by steps alone and adds them up. */
export function simulateCounts(
  plan: FpgaPlan,
  simulator: FpgaSimulator,
  samples: readonly SpikeInput[],
): RegisterCounts {
  return registerCounts(
    plan,
    samples.map((input) => simulator.run(input, { level: "step" })),
  );
}

/** Text of `tb/registers.mem`: address, word, when; all hexadecimal. */
export function registerScript(plan: FpgaPlan, counts: RegisterCounts, cycles: number): string {
  const hasSaturated = counts.saturations.some((n) => n > 0) ? 8 : 0;
  const row = (offset: number, values: readonly number[]): [number, number, number][] =>
    values.slice(0, countedLayers).map((value, k) => [offset + 4 * k, value, when.both]);
  const lanes = plan.layers.reduce((sum, layer) => sum + layer.lanes, 0);
  const lines: (readonly [address: number, word: number, when: number])[] = [
    [0x000, 0x4e49524b, when.both],
    [0x004, 0x00010000, when.both],
    [0x008, Number.parseInt(plan.planHash.slice(-8), 16), when.both],
    [0x00c, (lanes % 65536) * 65536 + plan.layers.length, when.both],
    [0x010, 0, when.both],
    [0x014, 0x10 + hasSaturated, when.both],
    ...(hasDeadEnd(plan)
      ? []
      : [
          [0x018, cycles % 2 ** 32, when.passOne] as const,
          [0x01c, Math.floor(cycles / 2 ** 32), when.passOne] as const,
        ]),
    [0x020, counts.steps, when.both],
    [0x024, counts.samples, when.both],
    ...row(0x040, counts.eventsIn),
    ...row(0x080, counts.eventsOut),
    ...row(0x0c0, counts.saturations),
    ...readoutLines(plan, counts.readout),
    // The interrupt follows the result; a 1 written to a sticky bit clears that bit alone.
    [0x000, 0, when.irq],
    [0x010, 8, when.write],
    [0x010, 8, 2],
    [0x000, 1, when.irq],
    [0x014, 0x10, when.write],
    [0x000, 0, when.irq],
    [0x014, hasSaturated, 2],
    [0x014, 0x08, when.write],
    [0x014, 0, 2],
    // Counters start anew; what the sample left stays.
    [0x010, 4, when.write],
    ...[0x018, 0x01c, 0x020, 0x024, 0x040, 0x080, 0x0c0].map((at) => [at, 0, 2] as const),
    [0x028, counts.readout?.argmax ?? 0, 2],
    [0xffc, 0, when.both],
  ];
  return lines.map((line) => `${line.map(hex).join(" ")}\n`).join("");
}

/** Whether a layer leads to no Output: words may then wait at the door when all have left at the exit. */
function hasDeadEnd({ graph, layers }: FpgaPlan): boolean {
  if (graph === undefined) return false;
  const leads = new Set(graph.exits.flatMap(({ source }) => (source.kind === "layer" ? [source.index] : [])));
  for (const l of leads)
    for (const { source } of layers[l]?.arcs ?? []) if (source.kind === "layer") leads.add(source.index);
  return leads.size < layers.length;
}

function readoutLines(plan: FpgaPlan, readout: Readout | undefined): [number, number, number][] {
  if (readout === undefined)
    return [
      [0x028, 0, when.both],
      [0x100, 0, when.both],
    ];
  const isSigned = !["spikeCount", "firstSpike"].includes(planReadout(plan));
  const words = (value: number): [low: number, high: number] => {
    const bits = BigInt.asUintN(64, BigInt(value));
    return [Number(bits & 0xffffffffn), isSigned ? Number(bits >> 32n) : 0];
  };
  const [low, high] = words(readout.score);
  return [
    [0x028, readout.argmax, when.both],
    [0x02c, low, when.both],
    [0x034, high, when.both],
    ...readout.values.slice(0, readableClasses).flatMap((value, c): [number, number, number][] => [
      [0x100 + 4 * c, words(value)[0], when.both],
      [0x030, words(value)[1], when.both],
    ]),
  ];
}

function hex(value: number): string {
  return value.toString(16);
}
