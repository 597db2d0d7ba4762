/** Tcl for Vivado: the non-project flow down to a bitstream, and the package as an IP. */
import { boardNamed } from "../boards.ts";
import type { FpgaPlan } from "../plan-types.ts";
import { header } from "./header.ts";

/** Variables that the environment may set, files of the design. */
function preamble(plan: FpgaPlan): string[] {
  const board = boardNamed(plan.options.board);
  return [
    "",
    "# Every value may be given in the environment, as NIRKIT_PART, NIRKIT_TOP, NIRKIT_CLK_NS, NIRKIT_OUT.",
    "proc setting {name default} {",
    "  if {[info exists ::env(NIRKIT_$name)]} { return $::env(NIRKIT_$name) }",
    "  return $default",
    "}",
    "set ROOT [file dirname [file dirname [file normalize [info script]]]]",
    // Without an AMD board there is no part to assume.
    `set PART [setting PART ${board.vendor === "amd" ? board.part : '""'}]`,
    `set TOP [setting TOP ${plan.design}_top]`,
    `set CLK_NS [setting CLK_NS ${clockNs(plan)}]`,
    "set OUT [setting OUT [file join $ROOT build vivado]]",
    'if {$PART eq ""} { error "set NIRKIT_PART: the design was compiled for no AMD board" }',
    "file mkdir $OUT",
    "set RTL [lsort [glob -directory [file join $ROOT rtl] *.v]]",
    "set MEM [lsort [glob -directory [file join $ROOT mem] *.mem]]",
    "set XDC [glob -nocomplain -directory [file join $ROOT constraints] *.xdc]",
    "",
  ];
}

/**
 * Period of the clock in ns, to the ps below.
 *
 * @example 100 MHz: "10"; 300 MHz: "3.333"
 */
export function clockNs({ options }: FpgaPlan): string {
  return String(Math.floor(1e6 / options.clockMhz) / 1000);
}

/** Text of `scripts/vivado.tcl`. */
export function printVivado(plan: FpgaPlan): string {
  return [
    ...header(plan, "#", `Synthesis, placement, routing and reports of ${plan.design} without a project`),
    "# vivado -mode batch -source scripts/vivado.tcl",
    "# NIRKIT_SAIF: switching activity read before report_power.",
    "# NIRKIT_MODE=out_of_context: no pins, no bitstream.",
    ...preamble(plan),
    'set SAIF [setting SAIF ""]',
    "set MODE [setting MODE default]",
    "read_verilog $RTL",
    "read_mem $MEM",
    'if {$XDC ne ""} { read_xdc $XDC }',
    "synth_design -top $TOP -part $PART -mode $MODE",
    "if {[llength [get_clocks -quiet]] == 0} { create_clock -name aclk -period $CLK_NS [get_ports aclk] }",
    "opt_design",
    "place_design",
    "phys_opt_design",
    "route_design",
    "write_checkpoint -force [file join $OUT $TOP.dcp]",
    "report_utilization -hierarchical -file [file join $OUT utilization.rpt]",
    "report_timing_summary -file [file join $OUT timing.rpt]",
    'if {$SAIF ne ""} { read_saif -strip_path tb_top/dut $SAIF }',
    "report_power -file [file join $OUT power.rpt]",
    'if {$MODE ne "out_of_context"} { write_bitstream -force [file join $OUT $TOP.bit] }',
    "",
  ].join("\n");
}

/** Text of `scripts/vivado_ip.tcl`. */
export function printVivadoIp(plan: FpgaPlan): string {
  const buses = ["s_axis", "m_axis", ...(plan.registers === undefined ? [] : ["s_axil"])];
  return [
    ...header(plan, "#", `The IP of ${plan.design} for a block design`),
    "# vivado -mode batch -source scripts/vivado_ip.tcl; then add OUT/ip as an IP repository.",
    ...preamble(plan),
    "create_project -force package [file join $OUT package] -part $PART",
    "add_files $RTL",
    "add_files $MEM",
    "set_property top $TOP [current_fileset]",
    "update_compile_order -fileset sources_1",
    "ipx::package_project -root_dir [file join $OUT ip] -vendor user.org -library user -taxonomy /UserIP \\",
    "  -import_files -force",
    "set core [ipx::current_core]",
    `set_property name ${plan.design} $core`,
    `set_property display_name ${plan.design} $core`,
    "# The interfaces follow from the names of the ports.",
    `foreach bus {${buses.join(" ")}} {`,
    "  ipx::associate_bus_interfaces -busif $bus -clock aclk $core",
    "}",
    "ipx::create_xgui_files $core",
    "ipx::update_checksums $core",
    "ipx::save_core $core",
    "close_project",
    "",
  ].join("\n");
}
