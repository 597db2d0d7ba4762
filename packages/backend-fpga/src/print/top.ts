/** The top module: door, layers with buffers between them, exit. */
import { isGraphPlan } from "../graph-simulator.ts";
import { inputPorts, outputPorts } from "../input-stream.ts";
import { commentName } from "../legalize-name.ts";
import type { FpgaPlan, LayerPlan, PortPlan, StreamPlan } from "../plan-types.ts";
import { isSpikePort, portSize } from "../port.ts";
import { entryBits, entryLines, entryName, fields, link, mapSizes } from "./entry.ts";
import { header } from "./header.ts";
import { layerInstance } from "./layer.ts";
import { comment, connect } from "./literal.ts";
import { axilPorts, busyOf, exitOf, registerLines, resetLines } from "./registers.ts";
import { graphLines } from "./wiring.ts";

/** Text of `rtl/<design>_top.v`. */
export function printTop(plan: FpgaPlan): string {
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
    `  assign status = {bad, ${busyOf(plan)}};`,
    `  wire [33:0] load${isControlled ? "" : " = 34'd0"};`,
    ...(isControlled ? [] : ["  wire unused_clamped = &{1'b0, clamped};"]),
    "",
    ...(isGraphPlan(plan) ? graphLines(plan) : chainLines(plan)),
    "",
    ...exitLines(plan),
    ...(isControlled ? registerLines(plan) : []),
    "endmodule",
  ];
  return `${lines.join("\n")}\n`;
}

function exitLines(plan: FpgaPlan): string[] {
  const { name, value, address } = exitOf(plan);
  return [
    `  nk_axis_out #(.DW(${plan.streams.output.width}), .AW(${address}), .VB(${value})) axis_out (`,
    ...connect("in", name),
    "    .m_axis_tdata(m_axis_tdata), .m_axis_tvalid(m_axis_tvalid), .m_axis_tlast(m_axis_tlast),",
    "    .m_axis_tready(m_axis_tready)",
    "  );",
  ];
}

function chainLines(plan: FpgaPlan): string[] {
  const first = plan.layers[0] as LayerPlan;
  const isControlled = plan.registers !== undefined;
  return [
    ...link(entryName(first), 2 + first.widths.value + entryBits(first)),
    "  nk_axis_in #(",
    `    .DW(${plan.streams.input.width}), .NI(${portSize(plan.input)}), .AW(${entryBits(first)}),` +
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
  ];
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
    ...portTexts(inputPorts(plan), input).flatMap((text, p) =>
      comment(
        `s_axis: ${word(input.width)}; val = ${carries[input.content]}; addr ${text} of Input ` +
          `"${commentName(inputPorts(plan)[p]?.name ?? "")}"`,
      ),
    ),
    ...portTexts(outputPorts(plan), output).flatMap((text, p) =>
      comment(
        `m_axis: ${word(output.width)}; val = ${carries[output.content]}; addr ${text} of Output ` +
          `"${commentName(outputPorts(plan)[p]?.name ?? "")}"`,
      ),
    ),
  ];
}

function portTexts(ports: readonly PortPlan[], { addressing, ports: several }: StreamPlan): string[] {
  return ports.map((port, p) => {
    const text = addressText(several?.addressing[p] ?? addressing, portSize(port));
    return several === undefined ? text : `{ ${p}, ${several.localBits} bits } with ${text} below`;
  });
}

/** @example "0 .. 9"; "{ c 1, y 6, x 6 bits }" */
function addressText(addressing: StreamPlan["addressing"], size: number): string {
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
