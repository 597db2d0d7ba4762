/** Proof of a deployment: golden network against loaded artefacts, then against the RTL in outside simulators. */
import type {
  Deployment,
  Mismatch,
  ToolRunner,
  VerifyReport,
  VerifyRun,
  VerifyVectors,
  VirtualFile,
} from "@nirkit/backend";
import type { Diagnostic, Sample, SpikeInput, Tensor } from "@nirkit/graph";
import { createNetworkSimulator, type NetworkTrace } from "@nirkit/network";
import { appendBeats, BeatList } from "./beats.ts";
import { type BenchVectors, vectorFiles } from "./bench.ts";
import { compareImages, compareSample } from "./compare-golden.ts";
import { fpgaDiagnostic } from "./diagnostics.ts";
import { emitFpga } from "./emit.ts";
import { sweepOrder } from "./event-addresses.ts";
import { exitBeats, type GraphFpgaPlan, isGraphPlan } from "./graph-simulator.ts";
import type { SentEvents } from "./graph-steps.ts";
import { inputBeats, sampleSteps } from "./input-stream.ts";
import { library } from "./library/library.ts";
import { packAddress } from "./map-address.ts";
import type { FpgaOptions } from "./options.ts";
import { type OutsideSimulator, outsideSimulators, runBench } from "./outside-tools.ts";
import { planFpga } from "./plan.ts";
import type { FpgaPlan, LayerPlan, SourcePlan } from "./plan-types.ts";
import { printTestbench } from "./print/testbench.ts";
import { simulateCounts } from "./register-values.ts";
import { createFpgaSimulator } from "./simulate.ts";

/**
 * Verifies a deployment loaded from its files.
 *
 * First in TypeScript: every signal of every population in every step, then every word of every image, so that any
 * changed bit is found. Then the emitted bench in Verilator and Icarus, with the golden outputs as expectation and the
 * cycle model's total. A tool that is missing is reported as skipped. Where the loaded artefacts already differ, the
 * tools get few samples, which shows that the RTL itself gives the difference away; the place is that found first.
 */
export async function verifyFpga(
  deployment: Deployment<FpgaPlan>,
  vectors: VerifyVectors,
  tools: ToolRunner,
): Promise<VerifyReport> {
  const loaded = deployment.mapping;
  const golden = planFpga(vectors.network, deployment.options as FpgaOptions);
  const diagnostics: Diagnostic[] = [];
  if (canonicalJson(withoutWords(golden)) !== canonicalJson(withoutWords(loaded)))
    diagnostics.push(
      fpgaDiagnostic("E_FPGA_MISMATCH", "manifest.json", {
        text: "The manifest describes another design than the network gives",
      }),
    );
  diagnostics.push(...missingModules(golden, loaded));
  const first = compareLoaded(golden, loaded, vectors);
  const runs: VerifyRun[] = [first.run];
  let { mismatch } = first;
  const most =
    mismatch === undefined && diagnostics.length === 0 ? Number.POSITIVE_INFINITY : samplesOfBroken;
  for (const simulator of outsideSimulators) {
    const samples = outsideSamples(vectors, simulator.engine, { most, include: mismatch?.sample ?? 0 });
    const found = await runOutside(golden, loaded, simulator, {
      vectors,
      tools,
      samples,
      traces: first.traces,
    });
    if (found === undefined) continue;
    runs.push(found.run);
    diagnostics.push(...found.diagnostics);
    mismatch ??= found.mismatch;
  }
  const ok =
    runs.every((run) => run.ok || run.skipped !== undefined) && !diagnostics.some((d) => d.level === "error");
  return { ok, runs, ...(mismatch === undefined ? {} : { mismatch }), diagnostics };
}

/** Files of `rtl/` that the folder lacks; an edited one is for the tools to judge. */
function missingModules(golden: FpgaPlan, { artefacts }: FpgaPlan): Diagnostic[] {
  if (artefacts === undefined) return [];
  const there = new Set(artefacts.map(({ path }) => path));
  return [...library.keys(), `${golden.design}_top`]
    .map((name) => `rtl/${name}.v`)
    .filter((path) => !there.has(path))
    .map((path) => fpgaDiagnostic("E_FPGA_ARTEFACT", path, { file: path, found: "it is missing" }));
}

/** Everything of a plan that its images do not hold; the digests name the images that belong to it. */
function withoutWords({ artefacts: _, ...plan }: FpgaPlan): unknown {
  return {
    ...plan,
    layers: plan.layers.map((layer) => ({ ...layer, memories: layer.memories.map((m) => m.file) })),
  };
}

/** JSON with sorted keys: a loaded plan has them in another order. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, entry: unknown) =>
    entry !== null && typeof entry === "object" && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  );
}

function limited(vectors: VerifyVectors, engine: string): readonly Sample[] {
  return vectors.samples.slice(0, vectors.limits?.get(engine) ?? vectors.samples.length);
}

/** Samples that an outside tool gets when the artefacts are known to differ. */
const samplesOfBroken = 3;

/** The first samples of an engine, the one that is known to differ among them. */
function outsideSamples(
  vectors: VerifyVectors,
  engine: string,
  { most, include }: { readonly most: number; readonly include: number },
): readonly Sample[] {
  const samples = limited(vectors, engine);
  return include < most || samples.length <= most
    ? samples.slice(0, most)
    : vectors.samples.slice(include, include + 1);
}

function compareLoaded(
  golden: FpgaPlan,
  loaded: FpgaPlan,
  vectors: VerifyVectors,
): { run: VerifyRun; mismatch: Mismatch | undefined; traces: ReadonlyMap<Sample, NetworkTrace> } {
  const started = performance.now();
  const engines = { golden: createNetworkSimulator(vectors.network), loaded: createFpgaSimulator(loaded) };
  const samples = limited(vectors, "load");
  const traces = new Map<Sample, NetworkTrace>();
  let done = 0;
  let mismatch: Mismatch | undefined;
  for (const [k, sample] of samples.entries()) {
    const found = compareSample(golden, engines, sample, k);
    traces.set(sample, found.golden);
    done++;
    vectors.progress?.(done, samples.length, "load");
    mismatch = found.mismatch;
    if (mismatch !== undefined) break;
  }
  mismatch ??= compareImages(golden, loaded, samples);
  const seconds = (performance.now() - started) / 1000;
  return {
    run: { engine: "load", ok: mismatch === undefined, samples: done, seconds },
    mismatch,
    traces,
  };
}

interface OutsideRequest {
  readonly vectors: VerifyVectors;
  readonly samples: readonly Sample[];
  readonly tools: ToolRunner;
  readonly traces: ReadonlyMap<Sample, NetworkTrace>;
}

async function runOutside(
  golden: FpgaPlan,
  loaded: FpgaPlan,
  simulator: OutsideSimulator,
  { vectors, tools, samples, traces }: OutsideRequest,
): Promise<{ run: VerifyRun; mismatch?: Mismatch; diagnostics: readonly Diagnostic[] } | undefined> {
  const { engine, command } = simulator;
  if (samples.length === 0) return undefined;
  const version = await tools.version(command);
  if (version === undefined) {
    const skipped = `${command} is not installed`;
    return { run: { engine, ok: true, samples: 0, seconds: 0, skipped }, diagnostics: [] };
  }
  const started = performance.now();
  vectors.progress?.(0, samples.length, engine);
  const bench = goldenVectors(golden, vectors, samples, traces);
  const workspace = await tools.workspace();
  try {
    const found = await runBench(golden, simulator, workspace, designFiles(golden, loaded), bench);
    vectors.progress?.(samples.length, samples.length, engine);
    const seconds = (performance.now() - started) / 1000;
    const diagnostics =
      found.problem === undefined
        ? []
        : [
            fpgaDiagnostic("E_FPGA_MISMATCH", found.file ?? `rtl/${golden.design}_top.v`, {
              text: `${engine}: ${found.problem}`,
            }),
          ];
    return {
      run: { ...found.run, version, seconds },
      ...(found.mismatch === undefined ? {} : { mismatch: found.mismatch }),
      diagnostics,
    };
  } finally {
    await workspace.dispose();
  }
}

/** Design and images as they were loaded; the bench of the golden plan, whatever stands in the folder. */
function designFiles(golden: FpgaPlan, loaded: FpgaPlan): readonly VirtualFile[] {
  const design = (loaded.artefacts ?? emitFpga(loaded)).filter(({ path }) => /^(rtl|mem)\//.test(path));
  return [...design, { path: "tb/tb_top.v", content: printTestbench(golden) }];
}

/** Bench vectors whose expectation comes from the golden network alone. */
function goldenVectors(
  plan: FpgaPlan,
  vectors: VerifyVectors,
  samples: readonly Sample[],
  traces: ReadonlyMap<Sample, NetworkTrace>,
): BenchVectors {
  const golden = createNetworkSimulator(vectors.network);
  const sent = new BeatList();
  const beats = new BeatList();
  const start = [0];
  for (const sample of samples) {
    const { input } = sample;
    inputBeats(plan, input, sent);
    const trace = traces.get(sample) ?? golden.run(input, isGraphPlan(plan) ? recordOut : {});
    if (isGraphPlan(plan)) goldenBeats(plan, input, trace, beats);
    else outputBeats(plan, trace.outputs.get(plan.output.name) as Tensor, beats);
    start.push(beats.length);
  }
  const inputs = samples.map(({ input }) => input);
  const simulator = createFpgaSimulator(plan);
  const cycles = simulator.streamCycles(inputs);
  const counts = simulateCounts(plan, simulator, plan.registers === undefined ? [] : inputs);
  return { files: vectorFiles(plan, { sent, expected: beats, cycles, counts }), start, beats, cycles };
}

/** What every exit of a graph sends is what its source gives. */
const recordOut = { record: { nodes: "all", signals: ["out"] } } as const;

/** The beats of all exits, from the golden outputs of their sources. */
function goldenBeats(plan: GraphFpgaPlan, input: SpikeInput, trace: NetworkTrace, into: BeatList): void {
  const steps = sampleSteps(plan, input);
  const sent = ({ kind, index }: SourcePlan, t: number): SentEvents => {
    if (kind === "input") {
      const events = steps[t]?.[index];
      return { index: events?.address ?? [], value: events?.value ?? [] };
    }
    const { path, neuron } = plan.layers[index] as LayerPlan;
    const data = trace.records.get(`${path}/out`)?.data;
    const order = sweepOrder(plan.layers[index] as LayerPlan).filter((i) => i >= 0);
    const value = (i: number): number => Number(data?.[t * order.length + i]);
    const kept = Array.from(order).filter((i) => !neuron.spiking || value(i) !== 0);
    return { index: kept, value: kept.map(value) };
  };
  appendBeats(into, exitBeats(plan, sent, trace.steps));
}

/** The beats that an output tensor `[T, ...shape]` leaves as. */
function outputBeats(plan: FpgaPlan, { data, shape }: Tensor, into: BeatList): void {
  const steps = shape[0] ?? 0;
  const size = steps === 0 ? 0 : data.length / steps;
  const isReadout = plan.streams.output.content === "readout";
  const last = plan.layers.at(-1) as LayerPlan;
  const order = sweepOrder(last).filter((neuron) => neuron >= 0);
  for (let t = 0; t < steps; t++) {
    for (const neuron of order) {
      const value = Number(data[t * size + neuron]);
      if (isReadout || value !== 0) into.event(packAddress(last.conv?.outShape ?? null, neuron), value);
    }
    into.tick(t + 1 === steps);
  }
}
