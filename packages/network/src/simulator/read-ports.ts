/** The sample at the doors of a network, as integer events. */
import { NirkitError, type SpikeInput } from "@nirkit/graph";
import { networkDiagnostic } from "../diagnostics.ts";
import { type IntegerEvents, integerEvents } from "../input-events.ts";
import type { Network } from "../network.ts";

/** Events of every port, and their common number of steps. */
export interface PortInput {
  readonly steps: number;
  readonly ports: ReadonlyMap<string, IntegerEvents>;
}

/**
 * Reads one sample.
 *
 * @throws E_INPUT_UNKNOWN, E_INPUT_MISSING, E_INPUT_STEPS and what `integerEvents` throws
 */
export function readPorts(network: Network, input: SpikeInput): PortInput {
  const given = [...input.keys()];
  const known = network.inputs.map((port) => port.name);
  for (const name of given)
    if (!known.includes(name))
      throw new NirkitError([networkDiagnostic("E_INPUT_UNKNOWN", `inputs.${name}`, { name, known })]);
  const ports = new Map<string, IntegerEvents>();
  let expected: number | undefined;
  for (const port of network.inputs) {
    const data = input.get(port.name);
    const path = `inputs.${port.name}`;
    if (data === undefined)
      throw new NirkitError([networkDiagnostic("E_INPUT_MISSING", path, { name: port.name, given })]);
    const events = integerEvents(port, data);
    expected ??= events.steps;
    if (events.steps !== expected)
      throw new NirkitError([networkDiagnostic("E_INPUT_STEPS", path, { found: events.steps, expected })]);
    ports.set(port.name, events);
  }
  return { steps: expected ?? 0, ports };
}
