/** Delays of links: the latency of a network, and targets whose every link takes one step. */
import type { Diagnostic } from "@nirkit/graph";
import { networkDiagnostic } from "../diagnostics.ts";
import type { OutputPort, Population, Port, Projection } from "../network.ts";

/** The parts of a network that delays concern. */
export interface LinkedParts {
  readonly inputs: readonly Port[];
  readonly outputs: readonly OutputPort[];
  readonly populations: readonly Population[];
  readonly projections: readonly Projection[];
}

/** Least steps between an input and an output it can cause: the shortest way, delays of spikes included. */
export function latencyOf(parts: LinkedParts): number {
  const distance = new Map<string, number>(parts.inputs.map((port) => [port.name, 0]));
  const own = new Map(
    parts.populations.map((p) => [p.name, p.neuron.arithmetic === "integer" ? p.neuron.spikeDelay : 0]),
  );
  let isSettled = false;
  while (!isSettled) {
    isSettled = true;
    for (const { source, target, delay } of parts.projections) {
      const through = (distance.get(source) ?? Number.POSITIVE_INFINITY) + delay + (own.get(target) ?? 0);
      if (through >= (distance.get(target) ?? Number.POSITIVE_INFINITY)) continue;
      distance.set(target, through);
      isSettled = false;
    }
  }
  const reached = parts.outputs.flatMap((port) => port.sources).flatMap((name) => distance.get(name) ?? []);
  return reached.length === 0 ? 0 : Math.min(...reached);
}

/**
 * Gives every projection at least one step, so that the whole equals the same-step network shifted in time.
 *
 * Each population gets a lag L (inputs 0, all outputs the same), and a projection the delay d + L(target) − L(source):
 * one step more than its own at least, a feedback edge at least 1. These are longest paths with the weights 1, and
 * 1 − d for feedback. A loop over n populations needs n steps, so one whose delays are fewer cannot be shifted: it then
 * runs slower, and W_LOOP_LATENCY says so.
 *
 * @example in -> A -> B with A -> A of delay 1: delays 1, 1 and 1, output two steps later
 */
export function oneStepLinks(
  parts: LinkedParts,
  isFeedback: (projection: Projection) => boolean,
): { readonly projections: readonly Projection[]; readonly diagnostics: readonly Diagnostic[] } {
  const forward = parts.projections.filter((p) => !isFeedback(p));
  const lag =
    lags(parts, parts.projections, isFeedback) ??
    lags(parts, forward, isFeedback) ??
    new Map<string, number>();
  const diagnostics: Diagnostic[] = [];
  const projections = parts.projections.map((projection) => {
    const { source, target } = projection;
    const wanted = projection.delay + (lag.get(target) ?? 0) - (lag.get(source) ?? 0);
    if (wanted < 1)
      diagnostics.push(
        networkDiagnostic("W_LOOP_LATENCY", `nodes.${projection.name}`, {
          source,
          target,
          extra: 1 - wanted,
        }),
      );
    return { ...projection, delay: Math.max(1, wanted) };
  });
  return { projections, diagnostics };
}

/** Least lags that satisfy every projection, or undefined where a loop makes them grow for ever. */
function lags(
  parts: LinkedParts,
  projections: readonly Projection[],
  isFeedback: (projection: Projection) => boolean,
): Map<string, number> | undefined {
  const lag = new Map<string, number>();
  for (const node of [...parts.inputs, ...parts.populations]) lag.set(node.name, 0);
  const inputs = new Set(parts.inputs.map((port) => port.name));
  const ends = [...new Set(parts.outputs.flatMap((port) => port.sources))].filter(
    (name) => !inputs.has(name),
  );
  for (let round = 0; round <= lag.size + 1; round++) {
    let isSettled = true;
    for (const projection of projections) {
      const { source, target, delay } = projection;
      const least = (lag.get(source) ?? 0) + 1 - (isFeedback(projection) ? delay : 0);
      if (least <= (lag.get(target) ?? 0)) continue;
      lag.set(target, least);
      isSettled = false;
    }
    const last = Math.max(0, ...ends.map((name) => lag.get(name) ?? 0));
    for (const name of ends) {
      if (lag.get(name) === last) continue;
      lag.set(name, last);
      isSettled = false;
    }
    if (isSettled) return lag;
  }
  return undefined;
}
