/** Simulation of a synthesised netlist in Icarus, with real data, and the toggles that it makes. */
import type { ToolWorkspace } from "@nirkit/backend";
import type { SpikeInput } from "@nirkit/graph";
import { benchFiles } from "../bench.ts";
import type { FpgaPlan } from "../plan-types.ts";
import { printTop } from "../print/top.ts";
import { gateBench, gateModels } from "./gate-cells.ts";
import { readNetlist } from "./netlist.ts";
import { readText, said, toolError } from "./synthesize.ts";
import { readVcdToggles, type VcdVariable } from "./vcd.ts";
import { type NetToggles, weighNets } from "./weighted-toggles.ts";

/** The window of cycles that is counted. */
export interface GateWindow {
  /** Cycles from the first word in to the window. */
  readonly warmUp: number;
  /** Cycles of the window. */
  readonly cycles: number;
  /** LUTs of 400 ps and carries of 50 ps, so that glitches count; without, only values that last to the clock. */
  readonly hasDelays: boolean;
  readonly timeoutSeconds: number;
}

/** Toggles of one netlist in the window. */
export interface GateActivity extends NetToggles {
  /** Cycles of the window. */
  readonly cycles: number;
  /** Words that left before its end, all of them as expected. */
  readonly beats: number;
}

/** Most names of the dump without a net: beyond this the match is broken, and so are the weights. */
const mostUnmapped = 0.01;

/**
 * Runs `net.v` of a workspace with samples sent one behind the other, for a fixed number of cycles.
 *
 * @throws E_FPGA_TOOL where Icarus fails, where a word that leaves is wrong, where more than 1 % of the names of the
 * dump have no net
 */
export async function simulateGates(
  workspace: ToolWorkspace,
  plan: FpgaPlan,
  samples: readonly SpikeInput[],
  { warmUp, cycles, hasDelays, timeoutSeconds }: GateWindow,
): Promise<GateActivity> {
  const { streams, design } = plan;
  const bench = gateBench({
    top: `${design}_top`,
    idle: otherInputs(printTop(plan)),
    inputWidth: streams.input.width,
    outputWidth: streams.output.width,
    warmUp,
    cycles,
  });
  const vectors = benchFiles(plan, samples).files.map(({ path, content }) => ({
    path: path.replace("tb/", ""),
    content,
  }));
  await workspace.write([
    ...vectors,
    { path: "gate_models.v", content: gateModels(hasDelays) },
    { path: "gate_tb.v", content: bench },
  ]);
  const output = await runIcarus(workspace, ["gate_tb.v", "gate_models.v", "net.v"], timeoutSeconds);
  const ended = /NIRKIT_GATE cycles=(\d+) beats=(\d+) wrong=(\d+)/.exec(output);
  if (ended === null || ended[3] !== "0" || Number(ended[1]) !== warmUp + cycles)
    throw toolError(
      "vvp",
      ended === null ? "it ended without a result" : `the netlist went wrong: ${ended[0]}`,
    );
  const toggles = weighNets(
    await dumpedToggles(workspace, "gate.vcd"),
    readNetlist(await readText(workspace, "net.json"), `${design}_top`),
    plan.layers.map(({ name }) => name),
  );
  assertMapped(toggles);
  return { ...toggles, cycles, beats: Number(ended[2]) };
}

/** Inputs of a top module that the bench does not drive, such as those of registers. */
function otherInputs(top: string): string[] {
  const inputs = [...top.matchAll(/^ +input +wire +(?:\[[^\]]*\] +)?(\w+)/gm)].map(
    (match) => match[1] as string,
  );
  return inputs.filter((name) => !/^(aclk|aresetn|s_axis_\w+|m_axis_\w+)$/.test(name));
}

/** Fails where the names of the dump and of the netlist do not match. */
export function assertMapped({ dumped, unmapped }: Pick<NetToggles, "dumped" | "unmapped">): void {
  if (unmapped > mostUnmapped * dumped)
    throw toolError("vvp", `${unmapped} of ${dumped} bits of its dump have no net in the netlist`);
}

/** Builds and runs Verilog with the cells of iCE40; returns what it printed. */
async function runIcarus(
  workspace: ToolWorkspace,
  sources: readonly string[],
  timeoutSeconds: number,
): Promise<string> {
  const cells = await cellLibrary(workspace);
  const built = await workspace.run(
    "iverilog",
    ["-g2005", "-DNO_ICE40_DEFAULT_ASSIGNMENTS", "-s", "gate_tb", "-o", "gate.vvp", ...sources, cells],
    { timeoutSeconds },
  );
  if (built.exitCode !== 0) throw toolError("iverilog", said(built));
  const ran = await workspace.run("vvp", ["-n", "gate.vvp"], { timeoutSeconds });
  if (ran.exitCode !== 0) throw toolError("vvp", said(ran));
  return ran.stdout;
}

/** Where Yosys keeps the models of the iCE40 cells: it says so when it reads them. */
async function cellLibrary(workspace: ToolWorkspace): Promise<string> {
  const result = await workspace.run("yosys", ["-p", "read_verilog -lib +/ice40/cells_sim.v"], {
    timeoutSeconds: 60,
  });
  const path = /from [`'](.*cells_sim\.v)'/.exec(result.stdout)?.[1];
  if (path === undefined) throw toolError("yosys", "it did not say where its cells of iCE40 are");
  return path;
}

/** Characters of a dump that are read at once. */
const pieceSize = 2 ** 20;

/** Toggles of a dump in a workspace. */
async function dumpedToggles(workspace: ToolWorkspace, path: string): Promise<readonly VcdVariable[]> {
  const bytes = await workspace.read(path);
  const decoder = new TextDecoder();
  function* pieces(): Generator<string> {
    for (let at = 0; at < bytes.length; at += pieceSize)
      yield decoder.decode(bytes.subarray(at, at + pieceSize), { stream: true });
  }
  return readVcdToggles(pieces());
}
