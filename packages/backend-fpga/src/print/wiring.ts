/** Doors, arcs and exits of a design that is no chain, as wires and instances. */
import { addressBits } from "../address-bits.ts";
import { exitValueBits, portAddressBits, sourceValueBits } from "../graph-plan.ts";
import type { GraphFpgaPlan } from "../graph-simulator.ts";
import { arcName } from "../layer-arc.ts";
import { commentName } from "../legalize-name.ts";
import { streamAddressBits } from "../map-address.ts";
import type { ArcPlan, FpgaPlan, GraphPlan, LayerPlan, SourcePlan } from "../plan-types.ts";
import { isSpikePort, portSize } from "../port.ts";
import { entryBits, entryLines, entryName, fields, flattenLines, link, mapSizes } from "./entry.ts";
import { layerInstance } from "./layer.ts";
import { comment, connect } from "./literal.ts";

/** Link of the beats that leave by the exit. */
export const exitLink = "x";

/** Bits of the beats at the exit: kind, value, address. */
export function exitBits({ graph, layers }: GraphFpgaPlan): { value: number; address: number } {
  return { value: exitValueBits(graph, layers), address: portAddressBits(graph.outputs) };
}

/** Bits of the beats of the first Input. */
export function doorBits(plan: GraphFpgaPlan): number {
  const { value, address } = sourceBits(plan, { kind: "input", index: 0 });
  return 2 + value + address;
}

/** Everything between the two streams. */
export function graphLines(plan: GraphFpgaPlan): string[] {
  return [
    `  wire [${plan.layers.length - 1}:0] waiting;   // a layer has something to take`,
    ...branchLinks(plan),
    ...doorLines(plan),
    ...plan.graph.inputs.flatMap((_, index) => forkLines(plan, { kind: "input", index })),
    ...plan.layers.flatMap((layer, index) => layerLines(plan, layer, index)),
    ...exitLines(plan),
  ];
}

/** Link of all that a source sends. */
function sourceLink({ layers }: FpgaPlan, { kind, index }: SourcePlan): string {
  return kind === "input" ? `d${index}` : `o_${layers[index]?.name}`;
}

function sourceBits(
  { graph, layers }: GraphFpgaPlan,
  source: SourcePlan,
): { value: number; address: number } {
  const { kind, index } = source;
  const door = graph.inputs[index];
  const address =
    kind === "input" && door !== undefined
      ? streamAddressBits(door.map, portSize(door))
      : (layers[index]?.widths.index ?? 1);
  return { value: sourceValueBits(graph, layers, source), address };
}

function doorLines(plan: GraphFpgaPlan): string[] {
  const { inputs } = plan.graph;
  const { width } = plan.streams.input;
  const isControlled = plan.registers !== undefined;
  const n = inputs.length;
  const lines = [`  wire [${4 * n - 1}:0] bad_doors;`];
  lines.push(`  assign bad = ${inputs.map((_, p) => `bad_doors[${4 * p + 3}:${4 * p}]`).join(" | ")};`, "");
  if (n > 1)
    lines.push(
      `  wire [${n - 1}:0] word_valid;`,
      `  wire [${n - 1}:0] word_ready;`,
      `  wire [${width - 1}:0] word_data;`,
      `  nk_ports #(.DW(${width}), .N(${n}), .LB(${plan.streams.input.ports?.localBits})) ports (`,
      `    .clk(aclk), .rst(${isControlled ? "rst_bus" : "rst"}), .s_axis_tdata(s_axis_tdata),`,
      "    .s_axis_tvalid(s_axis_tvalid), .s_axis_tready(s_axis_tready), .out_valid(word_valid),",
      "    .out_ready(word_ready), .out_data(word_data)",
      "  );",
    );
  inputs.forEach((door, p) => {
    const { value, address } = sourceBits(plan, { kind: "input", index: p });
    lines.push(
      "",
      ...comment(`Input "${commentName(door.name)}"`, "  //"),
      ...link(`d${p}`, 2 + value + address),
      "  nk_axis_in #(",
      `    .DW(${width}), .NI(${portSize(door)}), .AW(${address}), .VALB(${value}),` +
        ` .VAL_UNSIGNED(${!isSpikePort(door) && !door.signed ? 1 : 0})${door.map === null ? "" : ","}`,
      ...(door.map === null ? [] : [`    .MAP(1), ${mapSizes(door.map)}${fields(door.map, ["YB", "XB"])}`]),
      `  ) axis_in${p} (`,
      `    .clk(aclk), .rst(${isControlled ? "rst_bus" : "rst"}),`,
      n > 1
        ? `    .s_axis_tdata(word_data), .s_axis_tvalid(word_valid[${p}]), .s_axis_tready(word_ready[${p}]),`
        : "    .s_axis_tdata(s_axis_tdata), .s_axis_tvalid(s_axis_tvalid), .s_axis_tready(s_axis_tready),",
      "    .s_axis_tlast(s_axis_tlast),",
      ...connect("out", `d${p}`),
      `    .bad(bad_doors[${4 * p + 3}:${4 * p}]), .clear(${isControlled ? "bad_clear" : "4'd0"})`,
      "  );",
    );
  });
  return lines;
}

/** One way out of a source. */
interface Branch {
  readonly name: string;
}

function branchesOf({ graph, layers }: GraphFpgaPlan, { kind, index }: SourcePlan): readonly Branch[] {
  const isFrom = (source: SourcePlan): boolean => source.kind === kind && source.index === index;
  return [
    ...layers.flatMap((layer) =>
      (layer.arcs ?? []).flatMap((arc, k) =>
        isFrom(arc.source) ? [{ name: arcName("b", layer.name, k) }] : [],
      ),
    ),
    ...graph.exits.flatMap(({ source }, e) => (isFrom(source) ? [{ name: `e${e}` }] : [])),
  ];
}

/** The links of all branches: a loop reads one before its source stands. */
function branchLinks(plan: GraphFpgaPlan): string[] {
  const sources: SourcePlan[] = [
    ...plan.graph.inputs.map((_, index) => ({ kind: "input" as const, index })),
    ...plan.layers.map((_, index) => ({ kind: "layer" as const, index })),
  ];
  return sources.flatMap((source) => {
    const { value, address } = sourceBits(plan, source);
    return branchesOf(plan, source).flatMap(({ name }) => link(name, 2 + value + address));
  });
}

/** A source to all that it feeds. */
function forkLines(plan: GraphFpgaPlan, source: SourcePlan): string[] {
  const from = sourceLink(plan, source);
  const { value, address } = sourceBits(plan, source);
  const bits = 2 + value + address;
  const branches = branchesOf(plan, source);
  const n = branches.length;
  if (n === 0)
    return [
      "",
      `  assign ${from}_ready = 1'b1;   // nothing listens`,
      `  wire unused_${from} =`,
      `    &{1'b0, ${from}_valid, ${from}_beat};`,
    ];
  const beats = branches.map(({ name }) => `  assign ${name}_beat = ${from}_beat;`);
  if (n === 1) {
    const { name } = branches[0] as Branch;
    return [
      "",
      ...beats,
      `  assign ${name}_valid = ${from}_valid;`,
      `  assign ${from}_ready = ${name}_ready;`,
    ];
  }
  const list = (end: string): string[] =>
    [...branches].reverse().map(({ name }, k) => `      ${name}_${end}${k + 1 < n ? "," : ""}`);
  return [
    "",
    `  wire [${bits - 1}:0] ${from}_same;`,
    ...branches.map(({ name }) => `  assign ${name}_beat = ${from}_same;`),
    `  nk_fork #(.W(${bits}), .N(${n})) fork_${from} (`,
    "    .clk(aclk), .rst(rst),",
    ...connect("in", from),
    "    .out_valid({",
    ...list("valid"),
    "    }), .out_ready({",
    ...list("ready"),
    `    }), .out_beat(${from}_same)`,
    "  );",
  ];
}

function layerLines(plan: GraphFpgaPlan, layer: LayerPlan, index: number): string[] {
  const { name, arcs = [], widths } = layer;
  return [
    "",
    ...link(`o_${name}`, 2 + widths.output + widths.index),
    ...arcs.flatMap((arc, k) => [...bufferLines(plan, layer, arc, k), ...entryLines(layer, k)]),
    "",
    ...layerInstance(plan, layer, index),
    ...waitingLines(layer, index),
    ...flushLines(layer),
    ...forkLines(plan, { kind: "layer", index }),
  ];
}

/** Events, and ticks that are not those which a delay begins with. */
function waitingLines({ name, arcs = [] }: LayerPlan, index: number): string[] {
  const onTime = arcs.map(({ delay }) => (delay === 0 ? "1" : "0")).reverse();
  return [
    `  assign waiting[${index}] = |(event_${name}`,
    `    | (tick_${name} & ${arcs.length}'b${onTime.join("")}));`,
  ];
}

/** When the layer ends its sample, its delays begin anew. */
function flushLines({ name, arcs = [] }: LayerPlan): string[] {
  if (!arcs.some(({ delay }) => delay > 0)) return [];
  return [`  assign flush_${name} = (&take_${name})`, `    && (|eos_${name});`];
}

/** From a branch through its buffer to the entry of an arc. */
function bufferLines(plan: GraphFpgaPlan, layer: LayerPlan, arc: ArcPlan, k: number): string[] {
  const branch = arcName("b", layer.name, k);
  const { value } = arc;
  const bits = 2 + value + (arc.pace ? 1 : entryBits(arc));
  const sent = sourceBits(plan, arc.source);
  const sentBits = 2 + sent.value + sent.address;
  const filters = arc.pace || (value > 0 && arc.source.kind === "layer");
  const entry = entryName(layer, k);
  const to = filters ? arcName("z", layer.name, k) : entry;
  const isFirst = arc.delay > 0 && layer.arcs?.findIndex(({ delay }) => delay > 0) === k;
  const beat = arc.pace ? `{${branch}_beat[${sentBits - 1}:${sentBits - 2}], 1'b0}` : `${branch}_beat`;
  return [
    "",
    ...(isFirst ? [`  wire flush_${layer.name};`] : []),
    ...link(to, bits),
    ...(arc.pace && sentBits > 2
      ? [`  wire unused_${branch} =`, `    &{1'b0, ${branch}_beat[${sentBits - 3}:0]};`]
      : []),
    ...(arc.delay > 0
      ? [
          `  nk_delay #(.W(${bits}), .D(${arc.delay}), .DB(${addressBits(arc.delay + 1)}), .DEPTH(${arc.depth}),`,
          `    .AW(${addressBits(arc.depth)}), .STYLE("${plan.options.memStyle}")) ${arcName("delay", layer.name, k)} (`,
          `    .flush(flush_${layer.name}),`,
        ]
      : [
          `  nk_fifo #(.W(${bits}), .DEPTH(${arc.depth}), .AW(${addressBits(arc.depth)})) ${arcName("fifo", layer.name, k)} (`,
        ]),
    `    .in_valid(${branch}_valid),`,
    `    .in_ready(${branch}_ready),`,
    `    .in_beat(${beat}),`,
    ...connect("out", to),
    "    .clk(aclk), .rst(rst)",
    "  );",
    ...(filters ? filterLines({ from: to, to: entry, arc, bits, name: arcName("drop", layer.name, k) }) : []),
  ];
}

interface Filter {
  readonly from: string;
  readonly to: string;
  readonly arc: ArcPlan;
  readonly bits: number;
  readonly name: string;
}

/** Events of value 0, or all events, are taken and dropped. */
function filterLines({ from, to, arc, bits, name }: Filter): string[] {
  const zero = arc.pace
    ? ""
    : `\n    && ${from}_beat[${bits - 3}:${bits - 2 - arc.value}] == ${arc.value}'d0`;
  return [
    ...link(to, bits),
    `  wire ${name} =`,
    ...`    ${from}_beat[${bits - 1}:${bits - 2}] == 2'd0${zero};`.split("\n"),
    `  assign ${to}_valid = ${from}_valid`,
    `    && !${name};`,
    `  assign ${from}_ready = ${name}`,
    `    || ${to}_ready;`,
    `  assign ${to}_beat = ${from}_beat;`,
  ];
}

function exitLines(plan: GraphFpgaPlan): string[] {
  const { exits } = plan.graph;
  const { value, address } = exitBits(plan);
  const bits = 2 + value + address;
  const n = exits.length;
  const lines = exits.flatMap((_, e) => formatLines(plan, e, n === 1 ? exitLink : `y${e}`));
  if (n > 1) {
    const list = (end: string): string =>
      [...exits.keys()]
        .reverse()
        .map((e) => `q${e}_${end}`)
        .join(", ");
    exits.forEach(({ depth }, e) => {
      lines.push(
        ...link(`q${e}`, bits),
        `  nk_fifo #(.W(${bits}), .DEPTH(${depth}), .AW(${addressBits(depth)})) fifo_exit${e} (`,
        ...connect("in", `y${e}`),
        ...connect("out", `q${e}`),
        "    .clk(aclk), .rst(rst)",
        "  );",
      );
    });
    lines.push(
      ...link(exitLink, bits),
      `  nk_merge #(.W(${bits}), .N(${n}), .NB(${addressBits(n)})) merge (`,
      `    .in_valid({${list("valid")}}),`,
      `    .in_ready({${list("ready")}}),`,
      `    .in_beat({${list("beat")}}),`,
      ...connect("out", exitLink),
      "    .clk(aclk), .rst(rst)",
      "  );",
    );
  }
  return lines;
}

/** The beats of one source as those of its Output: { kind, value, { port, address } }. */
function formatLines(plan: GraphFpgaPlan, e: number, to: string): string[] {
  const { graph, streams } = plan;
  const { source, output } = graph.exits[e] as GraphPlan["exits"][number];
  const port = graph.outputs[output] as GraphPlan["outputs"][number];
  const sent = sourceBits(plan, source);
  const map =
    source.kind === "input" ? graph.inputs[source.index]?.map : plan.layers[source.index]?.conv?.outShape;
  const isFlattened = map != null && port.map === null;
  const flatBits = addressBits(portSize(port));
  const from = isFlattened ? `g${e}` : `e${e}`;
  const address = isFlattened ? flatBits : sent.address;
  const { value, address: all } = exitBits(plan);
  const top = 2 + sent.value + address - 1;
  const tag = streams.output.ports === undefined ? 0 : output * 2 ** streams.output.ports.localBits;
  const val =
    sent.value > 0
      ? `{{${value - sent.value + 1}{${from}_beat[${top - 2}]}}, ${from}_beat[${top - 2}:${address}]}`
      : `{${value}'d0, 1'b1}`;
  return [
    "",
    ...comment(`To Output "${commentName(port.name)}"`, "  //"),
    ...(isFlattened && map != null
      ? flattenLines({
          name: `flatten_exit${e}`,
          from: `e${e}`,
          to: from,
          map,
          value: sent.value,
          bits: flatBits,
        })
      : []),
    ...link(to, 2 + value + all),
    `  wire ${to}_event = ${from}_beat[${top}:${top - 1}] == 2'd0;`,
    ...(value > 0
      ? [`  wire [${value}:0] ${to}_value = ${val};`, `  wire unused_${to} = &{1'b0, ${to}_value[${value}]};`]
      : []),
    `  assign ${to}_valid = ${from}_valid;`,
    `  assign ${from}_ready = ${to}_ready;`,
    `  assign ${to}_beat = {${from}_beat[${top}:${top - 1}],`,
    ...(value > 0 ? [`    ${to}_event ? ${to}_value[${value - 1}:0] : ${value}'d0,`] : []),
    `    ${to}_event ? ${extended(`${from}_beat[${address - 1}:0]`, all - address, tag, address)} : ${all}'d0};`,
  ];
}

/** An address with the number of its port above. */
function extended(address: string, more: number, tag: number, bits: number): string {
  if (more === 0) return address;
  return `{${more}'d${Math.floor(tag / 2 ** bits)}, ${address}}`;
}
