/** A sample as the beats that enter the design. */
import { NirkitError, type SpikeInput } from "@nirkit/graph";
import { saturate } from "@nirkit/integer";
import { type IntegerEvents, integerEvents } from "@nirkit/network";
import { BeatList } from "./beats.ts";
import { fpgaDiagnostic } from "./diagnostics.ts";
import { type MapShape, packAddress } from "./map-address.ts";
import type { FpgaPlan, PortPlan, StreamPlan } from "./plan-types.ts";
import { isSpikePort } from "./port.ts";

/** Input events by step: addresses and values, in sending order. Spikes are as many events of value 1 as they count. */
export interface StepEvents {
  readonly address: readonly number[];
  readonly value: readonly number[];
}

/**
 * The events of every step, through the same door as the golden network's. Zeros send nothing.
 *
 * @throws what `integerEvents` throws, E_FPGA_INPUT for a sample of other ports, E_FPGA_INPUT_VARIES for a held input
 * that changes
 */
export function inputSteps(plan: FpgaPlan, input: SpikeInput): readonly StepEvents[] {
  return portSteps(plan, plan.input, input, 1);
}

function portSteps(plan: FpgaPlan, port: PortPlan, input: SpikeInput, ports: number): readonly StepEvents[] {
  const data = input.get(port.name);
  if (data === undefined || input.size !== ports)
    refuse(port, `the sample has ${[...input.keys()].join(", ") || "nothing"}`, `"${port.name}"`);
  const events = integerEvents(port, data);
  const steps = Array.from({ length: events.steps }, (_, step) => stepEvents(port, events, step));
  if (plan.options.holdInput) checkHeld(port, steps);
  return steps;
}

/**
 * The same for all Inputs of a design: events by step and Input.
 *
 * @throws as `inputSteps`, and E_FPGA_INPUT where Inputs have different numbers of steps
 */
export function sampleSteps(plan: FpgaPlan, input: SpikeInput): readonly (readonly StepEvents[])[] {
  const ports = inputPorts(plan);
  const perPort = ports.map((port) => portSteps(plan, port, input, ports.length));
  const steps = perPort[0]?.length ?? 0;
  ports.forEach((port, p) => {
    if (perPort[p]?.length !== steps) refuse(port, `${perPort[p]?.length} steps`, `${steps} at every Input`);
  });
  return Array.from({ length: steps }, (_, t) => perPort.map((port) => port[t] as StepEvents));
}

/** The Inputs of a design, with the maps whose addresses they take. */
export function inputPorts(plan: FpgaPlan): readonly (PortPlan & { readonly map: MapShape | null })[] {
  return plan.graph?.inputs ?? [{ ...plan.input, map: plan.layers[0]?.inMap ?? null }];
}

/** The Outputs of a design, with the maps whose addresses leave. */
export function outputPorts(plan: FpgaPlan): readonly (PortPlan & { readonly map: MapShape | null })[] {
  return plan.graph?.outputs ?? [{ ...plan.output, map: plan.layers.at(-1)?.conv?.outShape ?? null }];
}

/** Address of a row-major index of one port of a stream. */
export function portAddress(
  { ports }: Pick<StreamPlan, "ports">,
  port: number,
  map: MapShape | null,
  index: number,
): number {
  return (ports === undefined ? 0 : port * 2 ** ports.localBits) + packAddress(map, index);
}

/** Beats of one sample; with a held input the events stand before the first tick alone. */
export function inputBeats(plan: FpgaPlan, input: SpikeInput, into: BeatList = new BeatList()): BeatList {
  const ports = inputPorts(plan);
  const steps = sampleSteps(plan, input);
  steps.forEach((step, t) => {
    if (t === 0 || !plan.options.holdInput)
      step.forEach(({ address, value }, p) => {
        address.forEach((index, k) => {
          into.event(portAddress(plan.streams.input, p, ports[p]?.map ?? null, index), value[k] as number);
        });
      });
    into.tick(t + 1 === steps.length);
  });
  return into;
}

function refuse(port: PortPlan, found: string, expected: string): never {
  throw new NirkitError([fpgaDiagnostic("E_FPGA_INPUT", `inputs.${port.name}`, { found, expected })]);
}

/**
 * Cuts the sum of one address into events that the port carries: spikes of value 1, values within its bits.
 *
 * @example a sum of 200 at a signed 8-bit port that may take two events per address is sent as 127 and 73
 */
function stepEvents(port: PortPlan, events: IntegerEvents, step: number): StepEvents {
  const max = isSpikePort(port) ? 1 : port.signed ? 2 ** (port.bits - 1) - 1 : 2 ** port.bits - 1;
  const min = port.signed ? -(2 ** (port.bits - 1)) : 0;
  const address: number[] = [];
  const value: number[] = [];
  for (let k = events.start[step] as number; k < (events.start[step + 1] as number); k++)
    for (let rest = events.value[k] as number; rest !== 0; ) {
      const part = saturate(rest, min, max);
      address.push(events.index[k] as number);
      value.push(part);
      rest -= part;
    }
  return { address, value };
}

function checkHeld(port: PortPlan, steps: readonly StepEvents[]): void {
  const first = steps[0];
  if (first === undefined) return;
  const dense = (step: StepEvents): Map<number, number> => {
    const sums = new Map<number, number>();
    step.address.forEach((a, k) => {
      sums.set(a, (sums.get(a) ?? 0) + (step.value[k] as number));
    });
    return sums;
  };
  const expected = dense(first);
  steps.forEach((step, t) => {
    const found = dense(step);
    for (const index of new Set([...expected.keys(), ...found.keys()]))
      if (expected.get(index) !== found.get(index))
        throw new NirkitError([
          fpgaDiagnostic("E_FPGA_INPUT_VARIES", `inputs.${port.name}`, { step: t, index }),
        ]);
  });
}
