/** The AXI4-Lite slave and the readout in the top module. */

import { isGraphPlan } from "../graph-simulator.ts";
import type { FpgaPlan, LayerPlan } from "../plan-types.ts";
import { planReadout, type ReadoutName, readoutLayer } from "../readout.ts";
import { countedLayers, readableClasses } from "../register-map.ts";
import { entryBits, entryName } from "./entry.ts";
import { doorBits, exitBits, exitLink } from "./wiring.ts";

/** Ports that a design with registers has beside its streams. */
export const axilPorts: readonly string[] = [
  "  input  wire [11:0] s_axil_awaddr,",
  "  input  wire        s_axil_awvalid,",
  "  output wire        s_axil_awready,",
  "  input  wire [31:0] s_axil_wdata,",
  "  input  wire [3:0]  s_axil_wstrb,",
  "  input  wire        s_axil_wvalid,",
  "  output wire        s_axil_wready,",
  "  output wire [1:0]  s_axil_bresp,",
  "  output wire        s_axil_bvalid,",
  "  input  wire        s_axil_bready,",
  "  input  wire [11:0] s_axil_araddr,",
  "  input  wire        s_axil_arvalid,",
  "  output wire        s_axil_arready,",
  "  output wire [31:0] s_axil_rdata,",
  "  output wire [1:0]  s_axil_rresp,",
  "  output wire        s_axil_rvalid,",
  "  input  wire        s_axil_rready,",
  "  output wire        irq,",
];

const axilPins: readonly string[] = axilPorts.map((line) => {
  const name = /(\w+),$/.exec(line)?.[1] as string;
  return `.${name}(${name})`;
});

/** MODE of `nk_readout`. */
const modes: Readonly<Record<Exclude<ReadoutName, "stream">, number>> = {
  spikeCount: 0,
  firstSpike: 1,
  maxMembrane: 2,
  lastMembrane: 3,
  sumMembrane: 4,
};

/** Reset of a design: by the pin alone, or also by the registers. */
export function resetLines(isControlled: boolean): string[] {
  const pin = ["  reg rst;", "  always @(posedge aclk) rst <= !aresetn;"];
  if (!isControlled) return pin;
  return [
    "  reg rst_bus;                       // of the registers",
    "  reg rst;                           // of layers and buffers",
    "  wire clear;",
    "  wire [3:0] bad_clear;",
    "  always @(posedge aclk) rst_bus <= !aresetn;",
    "  always @(posedge aclk) rst <= !aresetn || clear;",
  ];
}

/** Whether a design works; layers of a graph that lead nowhere may have beats in front of them when all words have left. */
export function busyOf(plan: FpgaPlan): string {
  return isGraphPlan(plan) ? "(|busy) || (|waiting) || s_axis_tvalid" : "|busy";
}

/** The link that leads to the exit, and the bits of its beats. */
export function exitOf(plan: FpgaPlan): {
  readonly name: string;
  readonly value: number;
  readonly address: number;
} {
  if (isGraphPlan(plan)) return { name: exitLink, ...exitBits(plan) };
  const last = plan.layers.at(-1) as LayerPlan;
  return { name: `o_${last.name}`, value: last.widths.output, address: last.widths.index };
}

/** What the slave sees of the door: a word is there, it is taken, it is an eos. */
function doorPins(plan: FpgaPlan): string[] {
  if (isGraphPlan(plan) && plan.graph.inputs.length > 1) {
    const { width } = plan.streams.input;
    return [
      "    .door_valid(s_axis_tvalid), .door_fire(s_axis_tvalid && s_axis_tready),",
      `    .door_eos(s_axis_tdata[${width - 1}:${width - 2}] == 2'd2),`,
    ];
  }
  const first = plan.layers[0] as LayerPlan;
  const door = isGraphPlan(plan) ? "d0" : entryName(first);
  const bits = isGraphPlan(plan) ? doorBits(plan) : inBits(first);
  return [
    `    .door_valid(${door}_valid),`,
    `    .door_fire(${door}_valid && ${door}_ready),`,
    `    .door_eos(${door}_beat[${bits - 1}:${bits - 2}] == 2'd2),`,
  ];
}

/** Readout and slave. */
export function registerLines(plan: FpgaPlan): string[] {
  const counted = plan.layers.slice(0, countedLayers);
  const l = counted.length;
  const taps = (name: string, link: (layer: LayerPlan) => readonly [string, number]): string[] => [
    `  wire [${l - 1}:0] ${name};`,
    ...counted.flatMap((layer, k) => {
      const [from, bits] = link(layer);
      return [
        `  assign ${name}[${k}] = ${from}_valid`,
        `    && ${from}_ready`,
        `    && ${from}_beat[${bits - 1}:${bits - 2}] == 2'd0;`,
      ];
    }),
  ];
  const { name: exit, value, address } = exitOf(plan);
  const exitBeat = 2 + value + address;
  const readout = planReadout(plan);
  const classes = readout === "stream" ? 0 : Math.min(readoutLayer(plan)?.neurons ?? 0, readableClasses);
  const lanes = plan.layers.reduce((sum, layer) => sum + layer.lanes, 0);
  return [
    "",
    "  // Registers",
    ...(isGraphPlan(plan)
      ? [
          `  wire [${l - 1}:0] event_in;`,
          ...counted.flatMap(({ name }, k) => [
            `  assign event_in[${k}] = |(event_${name}`,
            `    & take_${name});`,
          ]),
        ]
      : taps("event_in", (layer) => [entryName(layer), inBits(layer)])),
    ...taps("event_out", (layer) => [`o_${layer.name}`, outBits(layer)]),
    `  wire exit_fire   = ${exit}_valid`,
    `    && ${exit}_ready;`,
    `  wire step_done   = exit_fire && ${exit}_beat[${exitBeat - 1}:${exitBeat - 2}] != 2'd0;`,
    `  wire sample_done = exit_fire && ${exit}_beat[${exitBeat - 1}:${exitBeat - 2}] == 2'd2;`,
    "  wire        get;",
    "  wire [7:0]  get_at;",
    ...(readout === "stream" ? noReadout() : readoutLines({ name: exit, value, address }, readout)),
    "  nk_axil #(",
    `    .PLAN(32'h${plan.planHash.slice(-8)}), .LANES(16'd${lanes}), .L(${l}), .LAYERS(${plan.layers.length}), .N(${classes})`,
    "  ) axil (",
    ...pairs(axilPins),
    "    .clk(aclk), .rst(rst_bus), .clear(clear), .bad_clear(bad_clear), .bad(bad),",
    `    .busy(${busyOf(plan)}),`,
    ...doorPins(plan),
    "    .step_done(step_done), .sample_done(sample_done), .saturated(|clamped),",
    `    .event_in(event_in), .event_out(event_out), .clamped(clamped[${16 * l - 1}:0]),`,
    "    .result_valid(result_valid), .result_class(result_class), .result_score(result_score),",
    "    .get(get), .get_at(get_at), .got(got), .value(value), .load(load)",
    "  );",
  ];
}

function inBits(layer: LayerPlan): number {
  return 2 + layer.widths.value + entryBits(layer);
}

function outBits({ widths }: LayerPlan): number {
  return 2 + widths.output + widths.index;
}

function pairs(entries: readonly string[]): string[] {
  return entries.flatMap((entry, k) =>
    k % 2 === 0 ? [`    ${[entry, ...entries.slice(k + 1, k + 2)].join(", ")},`] : [],
  );
}

function noReadout(): string[] {
  return [
    "  wire        result_valid = sample_done;",
    "  wire [31:0] result_class = 32'd0;",
    "  wire [63:0] result_score = 64'd0;",
    "  wire        got = 1'b1;",
    "  wire [63:0] value = 64'd0;",
    "  wire        unused_get = &{1'b0, get, get_at};",
  ];
}

function readoutLines(
  { name, value, address }: ReturnType<typeof exitOf>,
  readout: Exclude<ReadoutName, "stream">,
): string[] {
  const bits = readout === "sumMembrane" ? 64 : value === 0 ? 32 : value;
  return [
    "  wire        result_valid;",
    "  wire [31:0] result_class;",
    "  wire [63:0] result_score;",
    "  wire        got;",
    "  wire [63:0] value;",
    `  // Readout ${readout}`,
    `  nk_readout #(.MODE(${modes[readout]}), .AW(${address}), .VB(${value}), .W(${bits})) readout (`,
    `    .clk(aclk), .rst(rst), .fire(exit_fire), .beat(${name}_beat),`,
    "    .result_valid(result_valid), .result_class(result_class), .result_score(result_score),",
    "    .get(get), .get_at(get_at), .got(got), .value(value)",
    "  );",
  ];
}
