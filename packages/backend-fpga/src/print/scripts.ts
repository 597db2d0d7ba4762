/** Makefile and Yosys scripts. */
import { boardNamed } from "../boards.ts";
import { memoryBlocks } from "../memory-blocks.ts";
import type { FpgaPlan } from "../plan-types.ts";
import { header } from "./header.ts";

/** Families with a synthesis script. */
export const yosysFamilies = ["ice40", "ecp5", "xilinx"] as const;

/** One of them. */
export type YosysFamily = (typeof yosysFamilies)[number];

/** Text of `scripts/yosys_<family>.ys`; runs in a folder that holds rtl/ and the memory images. */
export function printYosysScript(plan: FpgaPlan, family: YosysFamily, modules: readonly string[]): string {
  const top = `${plan.design}_top`;
  const noLutRam =
    plan.options.memStyle === "distributed" && !memoryBlocks(family === "xilinx" ? "xc7" : family).hasLutRam;
  return [
    ...header(plan, "#", `Synthesis for ${family} with Yosys`),
    ...modules.map((module) => `read_verilog rtl/${module}.v`),
    `hierarchy -check -top ${top}`,
    ...(noLutRam
      ? [
          "# This family has no LUT RAM: synthesis chooses block RAM or registers.",
          "setattr -unset ram_style */m:*",
        ]
      : []),
    synthesisCommand(plan, family),
    "check -assert",
    `write_json ${plan.design}_${family}.json`,
    "stat",
    "",
  ].join("\n");
}

/** The command of the script that synthesises. */
export function synthesisCommand(plan: FpgaPlan, family: YosysFamily): string {
  const top = `${plan.design}_top`;
  const board = boardNamed(plan.options.board);
  const dsp = plan.options.mul === "dsp";
  const commands: Readonly<Record<YosysFamily, string>> = {
    ice40: `synth_ice40${dsp ? " -dsp" : ""}${board.name === "up5k" ? " -device u" : ""} -top ${top}`,
    ecp5: `synth_ecp5${dsp ? "" : " -nodsp"} -top ${top}`,
    xilinx: `synth_xilinx -family ${board.vendor === "amd" ? board.family : "xc7"}${dsp ? "" : " -nodsp"} -nowidelut -flatten -noiopad -noclkbuf -top ${top}`,
  };
  return commands[family];
}

/** Text of `scripts/Makefile`; run it as `make -C scripts` in the folder of the design. */
export function printMakefile(plan: FpgaPlan): string {
  const top = `${plan.design}_top`;
  return [
    ...header(plan, "#", `Simulation, lint and synthesis of ${plan.design}`),
    "# make -C scripts sim-icarus | sim-verilator | lint | synth-ice40 | synth-ecp5 | synth-xilinx",
    "# | pnr-ice40 | vivado | vivado-ip | clean",
    "",
    "# The folder of the design, whether make runs there or in scripts/.",
    "ROOT  := $(if $(wildcard manifest.json),.,..)",
    `TOP   := ${top}`,
    "BUILD := $(ROOT)/build",
    "RTL   := $(wildcard $(ROOT)/rtl/*.v)",
    "",
    ".PHONY: sim-icarus sim-verilator lint synth-ice40 synth-ecp5 synth-xilinx pnr-ice40 vivado vivado-ip clean",
    "",
    "# The images have plain names: everything runs in one folder that holds them.",
    "$(BUILD): $(RTL) $(wildcard $(ROOT)/mem/*.mem $(ROOT)/tb/*)",
    "\trm -rf $(BUILD)",
    "\tmkdir -p $(BUILD)/rtl",
    "\tcp $(ROOT)/mem/*.mem $(BUILD)/",
    "\tcp $(ROOT)/tb/* $(BUILD)/",
    "\tcp $(RTL) $(BUILD)/rtl/",
    "",
    "sim-icarus: $(BUILD)",
    "\tcd $(BUILD) && iverilog -g2005 -Wall -s tb_top -o tb.vvp tb_top.v rtl/*.v",
    "\tcd $(BUILD) && vvp -n tb.vvp | tee icarus.log",
    "\t@grep -q '^NIRKIT_PASS' $(BUILD)/icarus.log",
    "",
    "sim-verilator: $(BUILD)",
    "\tcd $(BUILD) && verilator --binary --timing --top-module tb_top -o tb tb_top.v rtl/*.v",
    "\tcd $(BUILD) && ./obj_dir/tb | tee verilator.log",
    "\t@grep -q '^NIRKIT_PASS' $(BUILD)/verilator.log",
    "",
    "lint: $(BUILD)",
    "\tcd $(BUILD) && verilator --lint-only -Wall --top-module $(TOP) rtl/*.v",
    "\tcd $(BUILD) && iverilog -g2005 -Wall -s $(TOP) -o /dev/null rtl/*.v",
    "\tcd $(BUILD) && yosys -q -p 'read_verilog rtl/*.v; hierarchy -check -top $(TOP); proc; opt; check -assert'",
    "",
    ...yosysFamilies.flatMap((family) => [
      `synth-${family}: $(BUILD)`,
      `\tcd $(BUILD) && yosys -q -l yosys_${family}.log ../scripts/yosys_${family}.ys`,
      "",
    ]),
    ...placementLines(plan),
    "vivado:",
    "\tvivado -mode batch -source $(ROOT)/scripts/vivado.tcl",
    "",
    "vivado-ip:",
    "\tvivado -mode batch -source $(ROOT)/scripts/vivado_ip.tcl",
    "",
    "clean:",
    "\trm -rf $(BUILD)",
    "",
  ].join("\n");
}

/** Placement and routing for iCE40; a device other than up5k is taken as HX8K. */
function placementLines(plan: FpgaPlan): string[] {
  const board = boardNamed(plan.options.board);
  const device = board.name === "up5k" ? "--up5k --package sg48" : "--hx8k --package ct256";
  const pins =
    board.family === "ice40" ? ` --pcf ../constraints/${board.name}.pcf --pcf-allow-unconstrained` : "";
  const json = `${plan.design}_ice40.json`;
  return [
    "# Pins that the constraints do not name are placed freely: enough for timing, not for a board.",
    "pnr-ice40: synth-ice40",
    `\tcd $(BUILD) && nextpnr-ice40 ${device}${pins} --freq ${plan.options.clockMhz} \\`,
    `\t  --json ${json} --asc ${plan.design}_ice40.asc --report ${plan.design}_ice40_pnr.json`,
    "",
  ];
}
