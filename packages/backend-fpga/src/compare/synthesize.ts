/** Synthesis of a design with Yosys: its resources, and the netlist that can be simulated. */
import type { ToolResult, ToolRunner, ToolWorkspace, VirtualFile } from "@nirkit/backend";
import { NirkitError } from "@nirkit/graph";
import { fpgaDiagnostic } from "../diagnostics.ts";
import { library } from "../library/library.ts";
import { memText } from "../memory-image.ts";
import type { FpgaPlan } from "../plan-types.ts";
import { printTop } from "../print/top.ts";
import { gateCells } from "./gate-cells.ts";
import { parseSelectedStat, parseYosysStat, type SynthesizedArea } from "./yosys-stat.ts";

/** Families that are compared. */
export type CompareFamily = "xc7" | "ice40";

/** A synthesised design. */
export interface Synthesis extends SynthesizedArea {
  readonly family: CompareFamily;
  /** Version line of the tool. */
  readonly tool: string;
  /** The commands that made the numbers. */
  readonly flow: string;
  /** Cells by the layer that their names begin with; what is left belongs to none. */
  readonly layers: ReadonlyMap<string, SynthesizedArea>;
}

/** The command that synthesises for a family. */
export function synthesisFlow(family: CompareFamily, top: string, dsp: boolean): string {
  return family === "ice40"
    ? `synth_ice40${dsp ? " -dsp" : ""} -top ${top}`
    : `synth_xilinx -family xc7${dsp ? "" : " -nodsp"} -nowidelut -flatten -noiopad -noclkbuf -top ${top}`;
}

/** Sources of a design in one folder, images by their plain names. */
export function designSources(plan: FpgaPlan): readonly VirtualFile[] {
  return [
    ...[...library].map(([name, content]) => ({ path: `${name}.v`, content })),
    { path: `${plan.design}_top.v`, content: printTop(plan) },
    ...plan.layers.flatMap((layer) =>
      layer.memories.map((memory) => ({ path: memory.file, content: memText(memory.words) })),
    ),
  ];
}

/** What to synthesise, and how long at most. */
export interface SynthesisRequest {
  readonly sources: readonly VirtualFile[];
  readonly top: string;
  readonly family: CompareFamily;
  readonly dsp?: boolean;
  /** Names of layers whose cells are counted apart. */
  readonly layers?: readonly string[];
  readonly timeoutSeconds?: number;
}

/**
 * Synthesises sources in a workspace; for iCE40 `net.v` (its cells renamed to the models of the simulation) and
 * `net.json` of the same text, and `pnr.json` for nextpnr, then stand there.
 *
 * @throws E_FPGA_TOOL with the tool's words
 */
export async function synthesize(
  tools: ToolRunner,
  workspace: ToolWorkspace,
  { sources, top, family, dsp = false, layers = [], timeoutSeconds = 600 }: SynthesisRequest,
): Promise<Synthesis> {
  const tool = await tools.version("yosys");
  if (tool === undefined) throw toolError("yosys", "it is not installed");
  const flow = synthesisFlow(family, top, dsp);
  const modules = sources.filter(({ path }) => path.endsWith(".v")).map(({ path }) => path);
  const script = [
    `read_verilog ${modules.join(" ")}`,
    flow,
    `tee -q -o stat_${family}.json stat -json`,
    "autoname",
    ...layers.map((name, k) => `tee -q -o stat_${family}_${k}.json stat -json c:u_${name}.*`),
    // The written text numbers its nets anew: what is simulated is what is read again.
    ...(family === "ice40"
      ? [
          "write_json pnr.json",
          ...gateCells.map(([cell, model]) => `chtype -set ${model} t:${cell}`),
          "write_verilog -noattr net.v",
          "design -reset",
          "read_verilog net.v",
          "write_json net.json",
        ]
      : []),
  ];
  await workspace.write([...sources, { path: `${family}.ys`, content: `${script.join("\n")}\n` }]);
  const result = await workspace.run("yosys", ["-q", "-s", `${family}.ys`], { timeoutSeconds });
  if (result.exitCode !== 0) throw toolError("yosys", said(result));
  const parts = new Map<string, SynthesizedArea>();
  for (const [k, name] of layers.entries())
    parts.set(name, parseSelectedStat(await readText(workspace, `stat_${family}_${k}.json`)));
  const whole = parseYosysStat(await readText(workspace, `stat_${family}.json`));
  return { family, tool, flow, ...whole, layers: parts };
}

/** A file of a workspace as text. */
export async function readText(workspace: ToolWorkspace, path: string): Promise<string> {
  return new TextDecoder().decode(await workspace.read(path));
}

/** `E_FPGA_TOOL`. */
export function toolError(tool: string, found: string): NirkitError {
  return new NirkitError([fpgaDiagnostic("E_FPGA_TOOL", tool, { tool, found })]);
}

/** The first words of a tool that failed. */
export function said({ exitCode, stdout, stderr }: ToolResult): string {
  const words = `${stderr}\n${stdout}`.trim().split("\n").slice(0, 4).join(" / ").slice(0, 400);
  return exitCode === 124 ? "it ran out of time" : words || `it ended with ${exitCode}`;
}
