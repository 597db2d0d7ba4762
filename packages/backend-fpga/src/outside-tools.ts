/** The emitted bench in an outside simulator. */
import type { Mismatch, ToolResult, ToolWorkspace, VerifyRun, VirtualFile } from "@nirkit/backend";
import { readBeat } from "./beats.ts";
import type { BenchVectors } from "./bench.ts";
import { sweepOrder } from "./event-addresses.ts";
import { inputPorts, outputPorts } from "./input-stream.ts";
import { unpackAddress } from "./map-address.ts";
import type { FpgaPlan } from "./plan-types.ts";
import { portSize } from "./port.ts";

/** A simulator: how it is called in a folder that holds the bench, the images and `rtl/`. */
export interface OutsideSimulator {
  readonly engine: "verilator" | "icarus";
  /** Program that must be there. */
  readonly command: string;
  build(modules: readonly string[]): readonly [command: string, args: readonly string[]];
  readonly run: readonly [command: string, args: readonly string[]];
}

/** In the order in which they are tried. */
export const outsideSimulators: readonly OutsideSimulator[] = [
  {
    engine: "verilator",
    command: "verilator",
    build: (modules) => [
      "verilator",
      ["--binary", "--timing", "-Wno-fatal", "--top-module", "tb_top", "-o", "tb", "tb_top.v", ...modules],
    ],
    run: ["./obj_dir/tb", []],
  },
  {
    engine: "icarus",
    command: "iverilog",
    build: (modules) => [
      "iverilog",
      ["-g2005", "-Wall", "-s", "tb_top", "-o", "tb.vvp", "tb_top.v", ...modules],
    ],
    run: ["vvp", ["-n", "tb.vvp"]],
  },
];

/** The line a bench ends with. */
type BenchResult =
  | { readonly ok: true; readonly beats: number; readonly cycles: number }
  | {
      readonly ok: false;
      readonly first: number;
      readonly expected: string;
      readonly got: string;
      readonly layer: string;
    };

/** Reads `NIRKIT_PASS …` or `NIRKIT_FAIL …`; undefined where there is neither. */
function parseBenchResult(output: string): BenchResult | undefined {
  const pass = /^NIRKIT_PASS beats=(\d+) cycles=(\d+)\s*$/m.exec(output);
  if (pass !== null) return { ok: true, beats: Number(pass[1]), cycles: Number(pass[2]) };
  const fail = /^NIRKIT_FAIL first=(\d+) exp=(\S+) got=(\S+) layer=(\S+)\s*$/m.exec(output);
  if (fail === null) return undefined;
  // Every group takes part in a match.
  const [, first = "", expected = "", got = "", layer = ""] = fail;
  return { ok: false, first: Number(first), expected, got, layer };
}

/** A run of one tool with what it found. */
export interface OutsideRun {
  readonly run: Omit<VerifyRun, "seconds" | "version">;
  readonly mismatch?: Mismatch;
  /** Why it failed, where no beat can be named. */
  readonly problem?: string;
  /** The emitted file at fault, where the bench or the tool names one. */
  readonly file?: string;
}

/** Builds and runs the bench in a workspace. */
export async function runBench(
  plan: FpgaPlan,
  simulator: OutsideSimulator,
  workspace: ToolWorkspace,
  design: readonly VirtualFile[],
  vectors: BenchVectors,
): Promise<OutsideRun> {
  const samples = vectors.start.length - 1;
  await workspace.write([...design, ...vectors.files].flatMap(flat));
  const modules = design.filter(({ path }) => /^rtl\/[^/]+\.v$/.test(path)).map(({ path }) => path);
  const failed = (problem: string, file?: string): OutsideRun => ({
    run: { engine: simulator.engine, ok: false, samples },
    problem,
    ...(file === undefined ? {} : { file }),
  });
  const built = await workspace.run(...simulator.build(modules));
  if (built.exitCode !== 0) return failed(`the build failed: ${tail(built)}`, namedModule(built, modules));
  const ran = await workspace.run(...simulator.run);
  const result = parseBenchResult(ran.stdout);
  if (result === undefined) return failed(`it ended without a result: ${tail(ran)}`);
  if (result.ok && result.beats === vectors.beats.length)
    return {
      run: { engine: simulator.engine, ok: true, samples, beats: result.beats, cycles: result.cycles },
    };
  if (result.ok) return failed(`it compared ${result.beats} beats, not ${vectors.beats.length}`);
  if (result.layer.endsWith(".mem"))
    return failed(
      `the image ${result.layer} in the design has sum ${result.got}, not ${result.expected}`,
      `mem/${result.layer.split("/").at(-1)}`,
    );
  const mismatch = locateBeat(plan, vectors, result);
  if (mismatch === undefined)
    return failed(
      `${result.layer}: seen at the output: expected ${result.expected}, got ${result.got} at beat ${result.first}`,
    );
  return { run: { engine: simulator.engine, ok: false, samples }, mismatch };
}

/** The first emitted file that the tool's words stand for. */
function namedModule({ stderr, stdout }: ToolResult, modules: readonly string[]): string | undefined {
  const at = /rtl\/[^/\s:]+\.v(?=:)/.exec(`${stderr}\n${stdout}`)?.[0];
  return modules.find((path) => path === at);
}

/** Images and bench have plain names in the folder that the simulator runs in. */
function flat(file: VirtualFile): VirtualFile[] {
  const name = file.path.split("/").at(-1) as string;
  if (file.path.startsWith("mem/") || file.path.startsWith("tb/"))
    return [{ path: name, content: file.content }];
  return file.path.startsWith("rtl/") ? [file] : [];
}

function tail({ stdout, stderr }: ToolResult): string {
  return `${stderr}\n${stdout}`.trim().split("\n").slice(0, 5).join(" / ").slice(0, 500) || "no output";
}

/**
 * Where the first wrong beat stands: its sample and step from the ticks before it, its neuron from the events that
 * differ. Beats leave in the order of the sweep, so the earlier of two is the neuron that is wrong. The cause may lie in any
 * layer before.
 */
function locateBeat(
  plan: FpgaPlan,
  { beats, start }: BenchVectors,
  result: BenchResult & { readonly ok: false },
): Mismatch | undefined {
  const last = plan.layers.at(-1);
  if (last === undefined || result.layer !== last.name) return undefined;
  const sample = Math.max(0, start.findIndex((begin) => begin > result.first) - 1);
  let step = 0;
  for (let k = start[sample] as number; k < result.first; k++) if (beats.kind[k] !== 0) step++;
  const read = (word: string): { kind: number; value: number; address: number } | undefined =>
    /^[0-9a-f]+$/.test(word) ? readBeat(plan.streams.output, word) : undefined;
  const [expected, got] = [read(result.expected), read(result.got)];
  const exits = exitOrders(plan);
  const placeOf = (beat: typeof expected): ExitPlace | undefined =>
    beat?.kind === 0 ? placeAt(plan, exits, beat.address) : undefined;
  const places = [placeOf(expected), placeOf(got)].filter((place) => place !== undefined);
  const first = places.sort((a, b) => a.rank - b.rank)[0];
  const at = (beat: typeof expected): number =>
    placeOf(beat)?.rank === first?.rank ? (beat?.value ?? 0) : 0;
  const signal = "out (seen at the output)";
  const { layer, neuron } = first ?? { layer: last.path, neuron: -1 };
  return { sample, layer, step, neuron, signal, expected: at(expected), got: at(got) };
}

/** A neuron as it leaves, and its place in the order of a step. */
interface ExitPlace {
  readonly layer: string;
  readonly neuron: number;
  readonly rank: number;
}

/** What leaves by one Output in a step: of which layer, in which order. */
interface ExitOrder {
  readonly layer: string;
  readonly output: number;
  readonly order: ArrayLike<number>;
  /** Neurons that leave before it. */
  readonly before: number;
}

function exitOrders(plan: FpgaPlan): readonly ExitOrder[] {
  const exits = plan.graph?.exits ?? [
    { source: { kind: "layer" as const, index: plan.layers.length - 1 }, output: 0 },
  ];
  let before = 0;
  return exits.map(({ source: { kind, index }, output }) => {
    const layer = plan.layers[index];
    const port = inputPorts(plan)[index];
    const order =
      kind === "layer" && layer !== undefined
        ? sweepOrder(layer).filter((neuron) => neuron >= 0)
        : Int32Array.from({ length: port === undefined ? 0 : portSize(port) }, (_, i) => i);
    const found = { layer: (kind === "layer" ? layer?.path : port?.name) ?? "", output, order, before };
    before += order.length;
    return found;
  });
}

/** The neuron of an address; of several sources of one Output the first. */
function placeAt(plan: FpgaPlan, exits: readonly ExitOrder[], address: number): ExitPlace | undefined {
  const { ports } = plan.streams.output;
  const local = ports === undefined ? address : address % 2 ** ports.localBits;
  const output = ports === undefined ? 0 : Math.floor(address / 2 ** ports.localBits);
  const neuron = unpackAddress(outputPorts(plan)[output]?.map ?? null, local);
  const exit = exits.find((found) => found.output === output);
  if (exit === undefined) return undefined;
  return { layer: exit.layer, neuron, rank: exit.before + Array.prototype.indexOf.call(exit.order, neuron) };
}
