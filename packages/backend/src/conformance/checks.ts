/** The checks of the kit, as plain functions that throw: `describeBackend` makes tests of them. */
import { type Diagnostic, NirkitError, type SpikeInput, type Tensor, toFloat64 } from "@nirkit/graph";
import { createNetworkSimulator, type Network, type NetworkTrace, validateNetwork } from "@nirkit/network";
import type { Backend, BackendTrace, Deployment } from "../backend.ts";
import { contentSha256 } from "../deployment.ts";
import { checkPaths, type VirtualFile } from "../virtual-file.ts";
import type { ConformanceCase } from "./cases.ts";
import { fingerprint } from "./fingerprint.ts";

/** One check: its name and what runs it; it throws an Error that says what differs. */
export interface ConformanceCheck {
  readonly name: string;
  run(): void;
}

/** A back end with its parsed options. */
export interface Candidate<O, M> {
  readonly backend: Backend<O, M>;
  readonly options: O;
}

/** What a back end does with one case. */
export type Verdict = "runs" | "refuses";

/** Asks whether a network runs; a refusal must be complete, and `compile` must refuse alike. */
export function verdictOf<O, M>({ backend, options }: Candidate<O, M>, network: Network): Verdict {
  const said = backend.check(network, options);
  for (const diagnostic of said) assertComplete(diagnostic);
  if (!said.some((d) => d.level === "error")) return "runs";
  const thrown = refusalOf(() => backend.compile(network, options));
  if (thrown === undefined) throw new Error("check() reports errors, but compile() takes the network");
  for (const diagnostic of thrown) assertComplete(diagnostic);
  return "refuses";
}

function refusalOf(action: () => unknown): readonly Diagnostic[] | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof NirkitError) return error.diagnostics;
    throw new Error(
      `compile() refuses with ${String(error)}, expected a NirkitError that carries diagnostics`,
    );
  }
}

function assertComplete(d: Diagnostic): void {
  const where = `diagnostic ${JSON.stringify(d)}`;
  if (!/^[EWH]_[A-Z0-9_]+$/.test(d.code)) throw new Error(`${where} has no code of the form E_NAME`);
  if (!d.path) throw new Error(`${where} has no path`);
  if (!d.message) throw new Error(`${where} has no message`);
  if (d.level === "error" && !d.hint) throw new Error(`${where} refuses without a hint`);
}

/** What a case looks like; taken before a back end has touched it. */
export function fingerprintOf<O, M>(
  { options }: Candidate<O, M>,
  { network, input }: ConformanceCase,
): string {
  return fingerprint([network, options, input]);
}

/** All checks of one case that a back end runs; `pristine` is its {@link fingerprintOf} from the start. */
export function caseChecks<O, M>(
  candidate: Candidate<O, M>,
  made: ConformanceCase,
  pristine: string,
): ConformanceCheck[] {
  const { network, input } = made;
  const { backend, options } = candidate;
  const compiled = (): Deployment<M> => backend.compile(network, options);
  const emitted = (): readonly VirtualFile[] => backend.emit(compiled());
  return [
    {
      name: "simulate equals the golden simulator",
      run: () => compareRuns(backend, compiled(), network, input),
    },
    {
      name: "simulate equals it after load(emit())",
      run: () => compareRuns(backend, backend.load(throughBytes(emitted())), network, input),
    },
    {
      name: "a second sample starts from zero state",
      run: () => assertStateless(backend, compiled(), input),
    },
    { name: "emission is deterministic", run: () => assertSameFiles(emitted(), emitted()) },
    { name: "a loaded deployment emits the same bytes", run: () => assertReemits(backend, emitted()) },
    { name: "file paths are safe", run: () => assertPaths(emitted()) },
    { name: "the deployment says what it is", run: () => assertDeployment(candidate, compiled(), network) },
    { name: "the input is not changed", run: () => assertUnchanged(candidate, made, pristine) },
    {
      name: "every cost figure has unit, method and source",
      run: () => assertFigures(backend, compiled(), input),
    },
  ];
}

/** Checks of a back end as such. */
export function identityChecks<O, M>({ backend }: Candidate<O, M>): ConformanceCheck[] {
  return [
    {
      name: "names itself: contract 1, a kebab-case name, a version and a summary",
      run: () => {
        if (backend.contract !== 1) throw new Error(`contract is ${String(backend.contract)}, expected 1`);
        if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(backend.name))
          throw new Error(`name ${JSON.stringify(backend.name)} is not kebab-case`);
        if (!/^\d+\.\d+\.\d+/.test(backend.version))
          throw new Error(`version ${JSON.stringify(backend.version)} is not x.y.z`);
        if (!backend.summary) throw new Error("summary is empty");
      },
    },
  ];
}

/** Files as they come back from a disk: bytes, in another order. */
function throughBytes(files: readonly VirtualFile[]): VirtualFile[] {
  return files
    .map(({ path, content }) => ({ path, content: typeof content === "string" ? content : content.slice() }))
    .reverse();
}

function compareRuns<O, M>(
  backend: Backend<O, M>,
  deployment: Deployment<M>,
  network: Network,
  input: SpikeInput,
): void {
  const record = { nodes: "all", signals: ["out", "v", "i"] } as const;
  const golden = createNetworkSimulator(network).run(input, { record });
  const got = backend.simulate(deployment, input, {
    record: { populations: "all", signals: record.signals },
  });
  if (got.steps !== golden.steps)
    throw new Error(`simulate ran ${got.steps} steps, expected ${golden.steps}`);
  for (const [name, expected] of golden.outputs)
    compareTensor(`output ${name}`, got.outputs.get(name), expected);
  for (const { name } of network.populations) {
    compareTensor(`${name}/out`, got.records.get(`${name}/out`), golden.records.get(`${name}/out`));
    compareActivity(name, got, golden);
  }
  // States are optional, but a state that is recorded is the golden one.
  for (const [name, found] of got.records) compareTensor(name, found, golden.records.get(name) ?? found);
}

function compareTensor(what: string, found: Tensor | undefined, expected: Tensor | undefined): void {
  if (expected === undefined) return;
  if (found === undefined) throw new Error(`${what} is not in the trace`);
  const [a, b] = [toFloat64(found), toFloat64(expected)];
  if (a.length !== b.length)
    throw new Error(`${what} has shape [${found.shape}], expected [${expected.shape}]`);
  const at = b.findIndex((value, k) => value !== a[k]);
  if (at < 0) return;
  const width = b.length / (expected.shape[0] ?? 1);
  const place = `step ${Math.floor(at / width)}, neuron ${at % width}`;
  throw new Error(`${what} differs at ${place}: got ${a[at]}, expected ${b[at]}`);
}

function compareActivity(name: string, got: BackendTrace, golden: NetworkTrace): void {
  const found = got.activity.get(name)?.eventsOut;
  const expected = golden.activity.get(name)?.eventsOut;
  if (found !== expected)
    throw new Error(`activity of ${name} counts ${found} events out, expected ${expected}`);
}

function assertStateless<O, M>(backend: Backend<O, M>, deployment: Deployment<M>, input: SpikeInput): void {
  const [first, second] = [backend.simulate(deployment, input), backend.simulate(deployment, input)];
  for (const [name, expected] of first.outputs)
    compareTensor(`output ${name} of the second run`, second.outputs.get(name), expected);
}

function assertSameFiles(first: readonly VirtualFile[], second: readonly VirtualFile[]): void {
  const listed = (files: readonly VirtualFile[]): string =>
    files.map(({ path, content }) => `${path} ${contentSha256(content)}`).join("\n");
  if (listed(first) !== listed(second)) throw new Error("the same network gave other files the second time");
  if (first.length === 0) throw new Error("emit() gives no file");
}

function assertReemits<O, M>(backend: Backend<O, M>, files: readonly VirtualFile[]): void {
  const bytes = (list: readonly VirtualFile[]): readonly VirtualFile[] =>
    [...list].sort((a, b) => (a.path < b.path ? -1 : 1));
  assertSameFiles(bytes(files), bytes(backend.emit(backend.load(throughBytes(files)))));
}

function assertPaths(files: readonly VirtualFile[]): void {
  const found = checkPaths(files);
  if (found.length > 0) throw new Error(found.map((d) => d.message).join("; "));
}

function assertDeployment<O, M>(
  { backend }: Candidate<O, M>,
  deployment: Deployment<M>,
  network: Network,
): void {
  const wanted = { backend: backend.name, version: backend.version, graphHash: network.meta.graphHash };
  for (const [field, expected] of Object.entries(wanted)) {
    const found = deployment[field as keyof typeof wanted];
    if (found !== expected)
      throw new Error(
        `deployment.${field} is ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`,
      );
  }
}

function assertUnchanged<O, M>(candidate: Candidate<O, M>, made: ConformanceCase, pristine: string): void {
  const { backend, options } = candidate;
  const deployment = backend.compile(made.network, options);
  const compiled = fingerprint(deployment);
  backend.check(made.network, options);
  backend.emit(deployment);
  const trace = backend.simulate(deployment, made.input);
  backend.estimate(deployment, trace.activity);
  if (fingerprintOf(candidate, made) !== pristine)
    throw new Error("the network, the options or the input was changed");
  if (fingerprint(deployment) !== compiled)
    throw new Error("emit, simulate or estimate changed the deployment");
}

function assertFigures<O, M>(backend: Backend<O, M>, deployment: Deployment<M>, input: SpikeInput): void {
  const { figures } = backend.estimate(deployment, backend.simulate(deployment, input).activity);
  for (const figure of figures) {
    if (!Number.isFinite(figure.value)) throw new Error(`figure ${figure.name} is ${figure.value}`);
    for (const field of ["name", "unit", "method", "source"] as const)
      if (!figure[field]) throw new Error(`figure ${JSON.stringify(figure)} has no ${field}`);
  }
}

/** A case itself must be sound, or the comparison means nothing. */
export function assertSound({ network }: ConformanceCase): void {
  const found = validateNetwork(network);
  if (found.length > 0) throw new Error(found.map((d) => `${d.path}: ${d.message}`).join("; "));
}
