/** Proof of a deployment: the golden network against the emitted files, in TypeScript and in outside tools. */
import type { Backend, Deployment, Mismatch, ToolRunner, VerifyReport, VerifyRun } from "@nirkit/backend";
import type { Diagnostic, Sample, Tensor } from "@nirkit/graph";
import { createNetworkSimulator, type Network } from "@nirkit/network";
import { cliDiagnostic } from "./diagnostics.ts";

/** What to prove, and with what. */
export interface VerificationRequest {
  readonly network: Network;
  readonly samples: readonly Sample[];
  readonly limits: ReadonlyMap<string, number>;
  readonly seed: number;
  progress(done: number, total: number, what: string): void;
}

/**
 * Verifies with the back end's own `verify`; a back end without one is compared in TypeScript alone.
 *
 * @param deployment loaded from the emitted files
 */
export async function verifyDeployment<O, M>(
  backend: Backend<O, M>,
  deployment: Deployment<M>,
  request: VerificationRequest,
  tools: ToolRunner,
): Promise<VerifyReport> {
  if (backend.verify === undefined) return compareSimulators(backend, deployment, request);
  const { network, samples, limits, seed } = request;
  const progress = (done: number, total: number, what: string): void => request.progress(done, total, what);
  return backend.verify(deployment, { network, samples, limits, seed, progress }, tools);
}

/** The back end's simulator on the loaded files against the golden simulator, every output of every step. */
function compareSimulators<O, M>(
  backend: Backend<O, M>,
  deployment: Deployment<M>,
  request: VerificationRequest,
): VerifyReport {
  const started = performance.now();
  const golden = createNetworkSimulator(request.network);
  const samples = request.samples.slice(0, request.limits.get("load") ?? request.samples.length);
  let mismatch: Mismatch | undefined;
  let done = 0;
  for (const [sample, { input }] of samples.entries()) {
    mismatch = firstDifference(
      sample,
      golden.run(input).outputs,
      backend.simulate(deployment, input).outputs,
    );
    request.progress(++done, samples.length, "load");
    if (mismatch !== undefined) break;
  }
  const seconds = (performance.now() - started) / 1000;
  const run: VerifyRun = { engine: "load", ok: mismatch === undefined, samples: done, seconds };
  const found = mismatch === undefined ? {} : { mismatch };
  return { ok: run.ok, runs: [run], ...found, diagnostics: [] };
}

function firstDifference(
  sample: number,
  expected: ReadonlyMap<string, Tensor>,
  got: ReadonlyMap<string, Tensor>,
): Mismatch | undefined {
  for (const [layer, tensor] of expected) {
    const other = got.get(layer);
    const neurons = tensor.data.length / Math.max(tensor.shape[0] ?? 1, 1);
    for (const [k, value] of (tensor.data as Float64Array).entries()) {
      const found = Number(other?.data[k] ?? Number.NaN);
      if (found === Number(value)) continue;
      const place = { step: Math.floor(k / neurons), neuron: k % neurons };
      return { sample, layer, ...place, signal: "out", expected: Number(value), got: found };
    }
  }
  return undefined;
}

/** How each outside tool is obtained; a tool of a third party's back end is named as it is. */
const packages: ReadonlyMap<string, string> = new Map([
  ["verilator", "apt install verilator (or brew install verilator)"],
  ["icarus", "apt install iverilog (or brew install icarus-verilog)"],
]);

/** Errors and warnings of a report: the mismatch, failed engines, tools that were wanted and are missing. */
export function verifyDiagnostics(
  report: VerifyReport,
  wanted: readonly string[] | undefined,
): readonly Diagnostic[] {
  const found: Diagnostic[] = [...report.diagnostics];
  const failed = report.runs.find((run) => !run.ok && run.skipped === undefined);
  if (report.mismatch !== undefined)
    found.push(
      cliDiagnostic("E_MISMATCH", report.mismatch.layer, {
        engine: failed?.engine ?? "load",
        ...report.mismatch,
      }),
    );
  for (const run of report.runs) {
    if (run.skipped !== undefined) {
      const code = wanted?.includes(run.engine) === true ? "E_TOOL_MISSING" : "W_TOOL_MISSING";
      const get = packages.get(run.engine) ?? run.skipped;
      found.push(cliDiagnostic(code, run.engine, { tool: run.engine, get }));
    } else if (!run.ok && report.mismatch === undefined && !found.some((d) => d.level === "error"))
      found.push(
        cliDiagnostic("E_VERIFY_FAILED", run.engine, {
          engine: run.engine,
          reason: "it ended without a result",
        }),
      );
  }
  return found;
}

/** Number of samples per engine: Icarus is slow, so it gets five unless more are asked for. */
export function sampleLimits(
  asked: ReadonlyMap<string, number> | undefined,
  wanted: readonly string[] | undefined,
  outside: readonly string[],
): ReadonlyMap<string, number> {
  const limits = new Map<string, number>([["icarus", 5]]);
  const all = asked?.get("");
  if (all !== undefined)
    for (const engine of ["load", ...outside]) limits.set(engine, Math.min(all, limits.get(engine) ?? all));
  for (const [engine, count] of asked ?? []) if (engine !== "") limits.set(engine, count);
  if (wanted !== undefined) for (const tool of outside) if (!wanted.includes(tool)) limits.set(tool, 0);
  return limits;
}
