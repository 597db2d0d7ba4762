/** The top module: door, layers with buffers between them, exit. */
import { commentName } from "../legalize-name.ts";
import type { FpgaPlan, LayerPlan, StreamPlan } from "../plan-types.ts";
import { isSpikePort, portSize } from "../port.ts";
import { entryBits, entryLines, entryName, fields, link, mapSizes } from "./entry.ts";
import { header } from "./header.ts";
import { layerInstance } from "./layer.ts";
import { comment, connect } from "./literal.ts";
import { axilPorts, registerLines, resetLines } from "./registers.ts";

/** Text of `rtl/<design>_top.v`. */
export function printTop(plan: FpgaPlan): string {
  const first = plan.layers[0] as LayerPlan;
  const last = plan.layers.at(-1) as LayerPlan;
  const { input, output } = plan.streams;
  const isControlled = plan.registers !== undefined;
  const lines = [
    ...header(plan, "//", `${plan.design}: ${plan.layers.length} layer${plan.layers.length > 1 ? "s" : ""}`),
    "//",
    ...streamComment(plan),
    "",
    `module ${plan.design}_top (`,
    "  input  wire        aclk,",
    "  input  wire        aresetn,        // synchronous, active low",
    `  input  wire [${input.width - 1}:0] s_axis_tdata,`,
    "  input  wire        s_axis_tvalid,",
    "  input  wire        s_axis_tlast,",
    "  output wire        s_axis_tready,",
    `  output wire [${output.width - 1}:0] m_axis_tdata,`,
    "  output wire        m_axis_tvalid,",
    "  output wire        m_axis_tlast,",
    "  input  wire        m_axis_tready,",
    ...(isControlled ? axilPorts : []),
    "  output wire [4:0]  status          // { bad TLAST, bad value, bad address, bad kind } sticky, busy",
    ");",
    ...resetLines(isControlled),
    "",
    "  wire [3:0] bad;",
    `  wire [${plan.layers.length - 1}:0] busy;`,
    `  wire [${16 * plan.layers.length - 1}:0] clamped;`,
    "  assign status = {bad, |busy};",
    `  wire [33:0] load${isControlled ? "" : " = 34'd0"};`,
    ...(isControlled ? [] : ["  wire unused_clamped = &{1'b0, clamped};"]),
    "",
    ...link(entryName(first), 2 + first.widths.value + entryBits(first)),
    "  nk_axis_in #(",
    `    .DW(${input.width}), .NI(${portSize(plan.input)}), .AW(${entryBits(first)}),` +
      ` .VALB(${first.widths.value}), .VAL_UNSIGNED(${!isSpikePort(plan.input) && !plan.input.signed ? 1 : 0})` +
      (first.inMap === null ? "" : ","),
    ...(first.inMap === null
      ? []
      : [`    .MAP(1), ${mapSizes(first.inMap)}${fields(first.inMap, ["YB", "XB"])}`]),
    "  ) axis_in (",
    `    .clk(aclk), .rst(${isControlled ? "rst_bus" : "rst"}), .s_axis_tdata(s_axis_tdata), .s_axis_tvalid(s_axis_tvalid),`,
    "    .s_axis_tlast(s_axis_tlast), .s_axis_tready(s_axis_tready),",
    ...connect("out", entryName(first)),
    `    .bad(bad), .clear(${isControlled ? "bad_clear" : "4'd0"})`,
    "  );",
    ...plan.layers.flatMap((layer, index) => layerLines(plan, layer, index)),
    "",
    `  nk_axis_out #(.DW(${output.width}), .AW(${last.widths.index}), .VB(${last.widths.output})) axis_out (`,
    ...connect("in", `o_${last.name}`),
    "    .m_axis_tdata(m_axis_tdata), .m_axis_tvalid(m_axis_tvalid), .m_axis_tlast(m_axis_tlast),",
    "    .m_axis_tready(m_axis_tready)",
    "  );",
    ...(isControlled ? registerLines(plan) : []),
    "endmodule",
  ];
  return `${lines.join("\n")}\n`;
}

function streamComment(plan: FpgaPlan): string[] {
  const { input, output } = plan.streams;
  const carries = {
    spike: "1",
    value: input.signed ? "signed value" : "unsigned value",
    readout: "state, signed",
  };
  const word = (width: number): string =>
    width === 64 ? "[63:62] kind, [61:32] val, [31:0] addr" : "[31:30] kind, [29:22] val, [21:0] addr";
  return [
    "// Streams: kind 0 event, 1 tick (end of a step), 2 eos (end of a sample).",
    ...comment(
      `s_axis: ${word(input.width)}; val = ${carries[input.content]}; addr ${addressText(input, portSize(plan.input))}` +
        ` of Input "${commentName(plan.input.name)}"`,
    ),
    ...comment(
      `m_axis: ${word(output.width)}; val = ${carries[output.content]}; addr ${addressText(output, portSize(plan.output))}` +
        ` of Output "${commentName(plan.output.name)}"`,
    ),
  ];
}

/** @example "0 .. 9"; "{ c 1, y 6, x 6 bits }" */
function addressText({ addressing }: StreamPlan, size: number): string {
  if (addressing === "linear") return `0 .. ${size - 1}`;
  const [c, y, x] = addressing;
  return `{ c ${c}, y ${y}, x ${x} bits }`;
}

function layerLines(plan: FpgaPlan, layer: LayerPlan, index: number): string[] {
  const next = plan.layers[index + 1];
  const bits = 2 + layer.widths.output + layer.widths.index;
  const lines = [
    ...entryLines(layer),
    "",
    ...link(`o_${layer.name}`, bits),
    ...layerInstance(plan, layer, index),
  ];
  if (next === undefined) return lines;
  const from = `o_${layer.name}`;
  const to = entryName(next);
  const depth = plan.options.fifoDepth;
  lines.push("", ...link(to, bits));
  if (depth === 0)
    return [
      ...lines,
      `  assign ${to}_valid = ${from}_valid;`,
      `  assign ${from}_ready = ${to}_ready;`,
      `  assign ${to}_beat = ${from}_beat;`,
    ];
  return [
    ...lines,
    `  nk_fifo #(.W(${bits}), .DEPTH(${depth}), .AW(${Math.log2(depth)})) fifo_${next.name} (`,
    ...connect("in", from),
    ...connect("out", to),
    "    .clk(aclk), .rst(rst)",
    "  );",
  ];
}
