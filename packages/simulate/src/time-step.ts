/** Which dt a run has, and whether it suits the time constants of the graph. */
import {
  type Diagnostic,
  graphDiagnostic,
  type NirGraph,
  NirkitError,
  type NirNode,
  type Tensor,
  toFloat64,
} from "@nirkit/graph";
import { simulateDiagnostic } from "./diagnostics.ts";
import type { Dialect } from "./dialect.ts";

/**
 * The time step: as asked for or named in the dialect's label, else as the graph carries it in `nirkit:graph`.
 *
 * @param flat the flattened graph, from whose parameters the usual value of the hint is read
 * @throws E_DT_MISSING, E_DT_CONFLICT when both are there and differ, E_DT_VALUE
 */
export function resolveDt(
  graph: NirGraph,
  flat: NirGraph,
  dialect: Dialect,
  asked: number | undefined,
): number {
  const stored = storedDt(graph);
  const given = asked ?? dialect.dt;
  const dt = given ?? stored;
  const conflict = (other: number | undefined, where: string): void => {
    if (given === undefined || other === undefined || Object.is(given, other)) return;
    throw new NirkitError([simulateDiagnostic("E_DT_CONFLICT", "dt", { given, stored: other, where })]);
  };
  conflict(dialect.dt, "the dialect");
  conflict(stored, "the graph");
  if (dt === undefined)
    throw new NirkitError([graphDiagnostic("E_DT_MISSING", "dt", { usual: usualDt(flat, dialect) })]);
  if (!(dt > 0 && Number.isFinite(dt)))
    throw new NirkitError([simulateDiagnostic("E_DT_VALUE", "dt", { dt })]);
  return dt;
}

/** dt of the graph's own annotation, which only nirkit writes. */
function storedDt(graph: NirGraph): number | undefined {
  const text = graph.metadata.get("nirkit:graph");
  if (typeof text !== "string") return undefined;
  try {
    const content: unknown = JSON.parse(text);
    const dt = content !== null && typeof content === "object" && "dt" in content ? content.dt : undefined;
    return typeof dt === "number" ? dt : undefined;
  } catch {
    return undefined; // damaged annotations are the reader's to report
  }
}

/**
 * Exporters that write r = tau/dt give their dt away; otherwise the dialect's habit.
 *
 * @example a LIF with tau 0.005 and r 5 was made for dt 0.001
 */
function usualDt(flat: NirGraph, dialect: Dialect): number {
  if (dialect.name.startsWith("rockpool")) return rockpoolDt(flat) ?? dialect.usualDt;
  const ratios = new Set<number>();
  for (const node of flat.nodes().values()) {
    if (node.type !== "LIF" && node.type !== "CubaLIF") continue;
    const tau = toFloat64(node.type === "LIF" ? node.tau : node.tauMem)[0] ?? 0;
    const r = toFloat64(node.r)[0] ?? 0;
    // Three digits take the float32 rounding of tau and r away.
    if (r !== 1 && tau / r > 0) ratios.add(Number((tau / r).toPrecision(3)));
  }
  const [only] = ratios;
  return ratios.size === 1 && only !== undefined ? only : dialect.usualDt;
}

/** The step that Rockpool takes from a file: the smallest tau_mem / (1 + r). */
function rockpoolDt(flat: NirGraph): number | undefined {
  const steps = [...flat.nodes().values()].flatMap((node) => {
    if (node.type !== "LIF" && node.type !== "CubaLIF") return [];
    const r = toFloat64(node.r);
    return Array.from(
      toFloat64(node.type === "LIF" ? node.tau : node.tauMem),
      (tau, n) => tau / (1 + (r[n] ?? r[0] ?? 0)),
    );
  });
  return steps.length === 0 ? undefined : Number(steps.reduce((a, b) => Math.min(a, b)).toPrecision(3));
}

interface NamedTensor {
  readonly param: string;
  readonly value: Tensor;
}

function timeConstants(node: NirNode): readonly NamedTensor[] {
  if (node.type === "LI" || node.type === "LIF") return [{ param: "tau", value: node.tau }];
  if (node.type === "CubaLI" || node.type === "CubaLIF")
    return [
      { param: "tauSyn", value: node.tauSyn },
      { param: "tauMem", value: node.tauMem },
    ];
  return [];
}

/**
 * W_TIME_UNIT where dt and a time constant are so far apart that their units differ, W_DT_UNSTABLE and W_DT_TINY
 * where the arithmetic suffers, H_IF_GAIN where IF neurons are alone and dt·r is tiny.
 */
export function checkDt(flat: NirGraph, dialect: Dialect, dt: number): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  let anyTau = false;
  for (const [name, node] of flat.nodes())
    for (const { param, value } of timeConstants(node)) {
      anyTau = true;
      found.push(...checkTau(`nodes.${name}.${param}`, param, value, dialect, dt));
    }
  return anyTau || dialect.ifGain !== "dt" ? found : [...found, ...checkIfGain(flat, dt)];
}

function checkTau(
  path: string,
  param: string,
  value: Tensor,
  dialect: Dialect,
  dt: number,
): readonly Diagnostic[] {
  const positive = toFloat64(value).filter((tau) => tau > 0);
  const shortest = positive.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const longest = positive.reduce((a, b) => Math.max(a, b), 0);
  const found: Diagnostic[] = [];
  // In float32, so that a tau that was stored there does not fall below an equal dt.
  const above = Math.fround(dt) > Math.fround(shortest);
  if (above || longest / dt > 1e6)
    found.push(graphDiagnostic("W_TIME_UNIT", path, { tau: above ? shortest : longest, dt }));
  if (above && dialect.leak === "euler")
    found.push(simulateDiagnostic("W_DT_UNSTABLE", path, { dt, param, tau: shortest }));
  if (longest > 0 && dt / longest < 1e-4)
    found.push(simulateDiagnostic("W_DT_TINY", path, { dt, param, tau: longest }));
  return found;
}

function checkIfGain(flat: NirGraph, dt: number): readonly Diagnostic[] {
  for (const [name, node] of flat.nodes()) {
    if (node.type !== "IF") continue;
    const gain = dt * toFloat64(node.r).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    if (gain < 1e-2) return [simulateDiagnostic("H_IF_GAIN", `nodes.${name}.r`, { gain })];
  }
  return [];
}
