/** One layer as an instance of its core, with the equation and the fixed-point format of every signal. */
import { addressBits } from "../address-bits.ts";
import { imageNumber } from "../image-writes.ts";
import { arcName, type LayerArc, layerArcs } from "../layer-arc.ts";
import { commentName } from "../legalize-name.ts";
import { fieldBits, type MapShape } from "../map-address.ts";
import { romStyle } from "../memory-blocks.ts";
import type { ConvPlan, FpgaPlan, LayerPlan, LeakPlan, MemoryRole } from "../plan-types.ts";
import { denseRows, rowForms } from "../sparse-rows.ts";
import { convTaps } from "../taps.ts";
import { comment, connect, signedLiteral } from "./literal.ts";

const rounds = { floor: 0, zero: 1, rne: 2 } as const;
/** CODE of `nk_lane`. */
const codes = { integer: 0, pot: 1, "pot-nozero": 2, shifts: 3, "signed-shifts": 4 } as const;
const resets = { none: 0, value: 1, subtract: 2 } as const;

type Parameter = readonly [name: string, value: string | number];

/** Comment and instances of one layer and of the arcs into it. */
export function layerInstance(plan: FpgaPlan, layer: LayerPlan, index: number): string[] {
  const { name, lanes, words, widths } = layer;
  const arcs = layerArcs(layer);
  const n = arcs.length;
  const width = (bits: number): string => (bits === 1 ? "" : `[${bits - 1}:0] `);
  const controls = ["event", "tick", "eos", "take", "run", "issue", "last"];
  const vectors = [
    ["k", addressBits(words)],
    ["terms", lanes * widths.acc],
    ["ones", lanes],
  ] as const;
  return [
    ...layerComment(layer, index, plan.layers.length),
    ...controls.map((wire) => `  wire ${width(n)}${wire}_${name};`),
    ...vectors.map(([wire, bits]) => `  wire [${n * bits - 1}:0] ${wire}_${name};`),
    ...arcs.flatMap((arc, k) => arcInstance(plan, layer, { arc, k, n, index })),
    ...instance(
      layer.core,
      `u_${name}`,
      [...layerParameters(plan, layer), ...loadParameters(plan, 16 * index)],
      [
        ...[...controls, ...vectors.map(([wire]) => wire)].map(
          (wire) => `    .arc_${wire}(${wire}_${name}),`,
        ),
        ...connect("out", `o_${name}`),
        `    .clk(aclk), .rst(rst), .busy(busy[${index}]), .clamped(clamped[${16 * index + 15}:${16 * index}]),`,
        "    .load(load)",
      ],
    ),
  ];
}

interface ArcPlace {
  readonly arc: LayerArc;
  readonly k: number;
  /** Arcs of the layer. */
  readonly n: number;
  readonly index: number;
}

function arcInstance(plan: FpgaPlan, layer: LayerPlan, { arc, k, n, index }: ArcPlace): string[] {
  const { name, lanes, words, widths } = layer;
  const bit = (wire: string): string => `${wire}_${name}${n === 1 ? "" : `[${k}]`}`;
  const part = (wire: string, bits: number): string =>
    `${wire}_${name}${n === 1 ? "" : `[${(k + 1) * bits - 1}:${k * bits}]`}`;
  return [
    ...(k === 0 ? [] : arcComment(arc)),
    ...instance(
      "nk_arc",
      arcName("arc", name, k),
      [...arcParameters(plan, layer, arc, k), ...loadParameters(plan, imageNumber(index, "weights", k))],
      [
        ...connect("in", arcName("i", name, k)),
        ...["event", "tick", "eos"].map((wire) => `    .has_${wire}(${bit(wire)}),`),
        ...["take", "run", "issue", "last"].map((wire) => `    .${wire}(${bit(wire)}),`),
        `    .k(${part("k", addressBits(words))}),`,
        `    .terms(${part("terms", lanes * widths.acc)}),`,
        `    .ones(${part("ones", lanes)}),`,
        "    .clk(aclk), .load(load)",
      ],
    ),
  ];
}

/** Images that are loaded, from the given number on. */
function loadParameters({ options }: FpgaPlan, image: number): Parameter[] {
  return options.weights === "ram"
    ? [
        ["LOAD", 1],
        ["ID", `8'd${image}`],
      ]
    : [];
}

function arcComment({ conv, value, projection }: LayerArc): string[] {
  return [
    `ACC[i] += w[i, addr]${value > 0 ? " * val" : ""}${shiftText(projection.shift)}: w ${weightFormat(projection)} ` +
      `"${commentName(projection.path)}"${value > 0 ? `, val ${value}.0` : ""}`,
    ...(conv === null ? [] : [convText(conv)]),
  ].flatMap((line) => comment(line, "  //"));
}

function instance(
  module: string,
  name: string,
  parameters: readonly Parameter[],
  ports: readonly string[],
): string[] {
  return [
    `  ${module} #(`,
    ...wrap(parameters.map(([key, value]) => `.${key}(${value})`)),
    `  ) ${name} (`,
    ...ports,
    "  );",
  ];
}

function wrap(entries: readonly string[]): string[] {
  const lines: string[] = [];
  let line = "   ";
  entries.forEach((entry, i) => {
    const text = ` ${entry}${i + 1 < entries.length ? "," : ""}`;
    if (line.length + text.length > 100) {
      lines.push(line);
      line = "   ";
    }
    line += text;
  });
  return [...lines, line];
}

/** Named parameters of `nk_arc`; those at their default are left out. */
function arcParameters(
  plan: FpgaPlan,
  layer: LayerPlan,
  { conv, inputs, inputAddress, value, projection }: LayerArc,
  k: number,
): Parameter[] {
  const image = layer.memories.find((m) => m.role === "weights" && (m.arc ?? 0) === k);
  return [
    ...(conv === null ? ([["NI", inputs]] satisfies Parameter[]) : convParameters(layer.rowWords, conv)),
    ["P", layer.lanes],
    ["K", layer.words],
    ["KW", addressBits(layer.words)],
    ["IAW", inputAddress],
    ["VALB", value],
    ...(projection.code === "integer" ? [] : ([["CODE", codes[projection.code]]] satisfies Parameter[])),
    ...(projection.slots ?? []).map((top, slot): Parameter => [`E${slot + 1}`, top]),
    ...(projection.slots === undefined ? [] : ([["T", projection.slots.length]] satisfies Parameter[])),
    ["WB", projection.weightBits],
    ["WSH", projection.shift],
    ["WAW", addressBits(image?.depth ?? 1)],
    ["WD", image?.depth ?? 1],
    ["W_FILE", `"${image?.file}"`],
    ...(k === 0 ? sparseParameters(layer) : []),
    ["AB", layer.widths.acc],
    ["DSP", plan.options.mul === "dsp" ? 1 : 0],
    ["RSTYLE", `"${romStyle(plan.options.memStyle)}"`],
  ];
}

/** Named parameters of `nk_layer`; those at their default are left out. */
function layerParameters(plan: FpgaPlan, layer: LayerPlan): Parameter[] {
  const { widths, neuron } = layer;
  const back = layer.projections[1];
  const file = (role: MemoryRole): string | undefined => layer.memories.find((m) => m.role === role)?.file;
  const constant = (value: number | null): string => signedLiteral(value ?? 0, widths.work);
  const perNeuron = (name: string, role: MemoryRole, value: number | null): Parameter[] =>
    value === null
      ? [
          [`${name}_MEM`, 1],
          [`${name}_FILE`, `"${file(role)}"`],
        ]
      : [[name === "TH" || name === "SUB" || name === "VR" ? name : "BIAS", constant(value)]];
  return [
    ...(layer.arcs === undefined || layer.arcs.length === 1
      ? []
      : ([["ARCS", layer.arcs.length]] satisfies Parameter[])),
    ...([...layer.projections, ...layerArcs(layer).map(({ projection }) => projection)].every(
      ({ code }) => code === "integer",
    )
      ? []
      : ([["CARRY", 1]] satisfies Parameter[])),
    ...(layer.projections[0]?.rows.form === "bitmask" || layer.projections[0]?.rows.form === "rle"
      ? ([["FORWARD", 1]] satisfies Parameter[])
      : []),
    ...(layer.conv === null ? [] : mapParameters(layer.rowWords, layer.conv)),
    ["N", layer.neurons],
    ["P", layer.lanes],
    ["K", layer.words],
    ["KW", addressBits(layer.words)],
    ["PK", layer.parameterWords],
    ["PKW", addressBits(layer.parameterWords)],
    ["OAW", widths.index],
    ["OVB", widths.output],
    ...(back === undefined
      ? []
      : ([
          ["REC", 1],
          ...(back.code === "integer" ? [] : ([["RCODE", codes[back.code]]] satisfies Parameter[])),
          ["RB", back.weightBits],
          ["RSH", back.shift],
          ["RAW", addressBits(layer.neurons * layer.words)],
          ["R_FILE", `"${file("recurrent")}"`],
        ] satisfies Parameter[])),
    ["AB", widths.acc],
    ["F", widths.frac],
    ["VB", widths.state],
    ["SB", widths.stored],
    ...(neuron.stateStep === 1 ? [] : ([["STEP", neuron.stateStep]] satisfies Parameter[])),
    ["XW", widths.work],
    ["VMIN", constant(neuron.vMin)],
    ["VMAX", constant(neuron.vMax)],
    ["WRAP", neuron.overflow === "wrap" ? 1 : 0],
    ["STATE", neuron.hasState ? 1 : 0],
    ["CUBA", layer.kind !== "cuba" ? 0 : neuron.cubaOrder === "new" ? 1 : 2],
    ...leakParameters("L", neuron.leak, file("leak")),
    ...leakParameters("S", neuron.synLeak, file("synLeak")),
    ["SPIKING", neuron.spiking ? 1 : 0],
    ["RESET", resets[neuron.reset]],
    ["RDELAY", neuron.resetDelay],
    ["SDELAY", neuron.spikeDelay],
    ...(neuron.spiking ? perNeuron("TH", "theta", neuron.threshold) : []),
    ...(neuron.reset === "subtract" ? perNeuron("SUB", "sub", neuron.sub) : []),
    ...(neuron.reset === "value" ? perNeuron("VR", "vReset", neuron.vReset) : []),
    ...perNeuron("BIAS", "bias", neuron.bias),
    ...ringParameters(layer),
    ["HOLD", layer.holdInput ? 1 : 0],
    ["DSP", plan.options.mul === "dsp" ? 1 : 0],
    ["STYLE", `"${plan.options.memStyle}"`],
    ["RSTYLE", `"${romStyle(plan.options.memStyle)}"`],
  ];
}

/** Rows without their zeros. */
function sparseParameters({ projections, memories }: LayerPlan): Parameter[] {
  const { form, runBits } = projections[0]?.rows ?? denseRows;
  if (form === "dense") return [];
  const file = (name: string, role: MemoryRole): Parameter[] =>
    memories.flatMap((memory): Parameter[] => (memory.role === role ? [[name, `"${memory.file}"`]] : []));
  return [
    ["SPARSE", rowForms.indexOf(form)],
    ...(form === "rle" ? ([["RUNB", runBits]] satisfies Parameter[]) : []),
    ...file("M_FILE", "rowMask"),
    ...file("S_FILE", "rowStart"),
  ];
}

/** A delay of its own for every neuron. */
function ringParameters({ memories, widths, neuron }: LayerPlan): Parameter[] {
  const delays = memories.find((m) => m.role === "delay");
  if (delays === undefined) return [];
  return [
    ["RING", 1],
    ["RING_RB", neuron.spiking ? 1 : widths.acc],
    ["RING_RW", delays.laneBits],
    ["RING_FILE", `"${delays.file}"`],
  ];
}

/** Geometry of a convolution. */
function convParameters(rowWords: number, conv: ConvPlan): Parameter[] {
  const { inShape, outShape, kernel, stride, padding, dilation, groups } = conv;
  const [y, x] = convTaps(conv);
  return [
    ["CONV", 1],
    ["C", inShape[0]],
    ["H", inShape[1]],
    ["W", inShape[2]],
    ...fieldParameters("", inShape),
    ...both("K", kernel),
    ...both("S", stride),
    ...both("P", padding),
    ...both("D", dilation),
    ...both("J", [y.kernelStep, x.kernelStep]),
    ...both("Q", [y.outputStep, x.outputStep]),
    ["G", groups],
    ["OY", outShape[1]],
    ["OX", outShape[2]],
    ["KO", rowWords],
  ];
}

/** Neurons that are a map. */
function mapParameters(rowWords: number, { outShape, groups }: ConvPlan): Parameter[] {
  return [
    ["CONV", 1],
    ["G", groups],
    ["CO", outShape[0] / groups],
    ["OX", outShape[2]],
    ["KO", rowWords],
    ...fieldParameters("O", outShape),
  ];
}

function both(name: string, [a, b]: readonly [number, number]): Parameter[] {
  return [
    [`${name}Y`, a],
    [`${name}X`, b],
  ];
}

function fieldParameters(prefix: string, map: MapShape): Parameter[] {
  return fieldBits(map).map((width, k) => [`${prefix}${["CB", "YB", "XB"][k]}`, width] as const);
}

function leakParameters(letter: "L" | "S", leak: LeakPlan, file: string | undefined): Parameter[] {
  const form = letter === "L" ? "LEAK" : "SLEAK";
  if (leak.form === "none") return [];
  if (leak.form === "shift")
    return [
      [form, 0],
      [`${letter}SHIFT`, leak.shift],
    ];
  return [
    [form, 1],
    [`${letter}MB`, leak.bits],
    [`${letter}SHIFT`, leak.shift],
    [`${letter}ROUND`, rounds[leak.round]],
    ...(leak.mul === null
      ? ([
          [`${letter}MUL_MEM`, 1],
          [`${letter}MUL_FILE`, `"${file}"`],
        ] satisfies Parameter[])
      : ([[`${letter}MUL`, signedLiteral(leak.mul, leak.bits)]] satisfies Parameter[])),
  ];
}

function layerComment(layer: LayerPlan, index: number, count: number): string[] {
  const { widths: w, neuron } = layer;
  const [forward, back] = layer.projections;
  const words = `${layer.lanes} lanes, K = ${layer.words} word${layer.words > 1 ? "s" : ""}`;
  const text = [
    `Layer ${index + 1} of ${count}: ${layer.kind} population "${commentName(layer.path)}", ` +
      `${layer.inputs} -> ${layer.neurons}, ${words}`,
    ...(layer.conv === null ? [] : [convText(layer.conv)]),
    `ACC[i] += w[i, addr]${w.value > 0 ? " * val" : ""}${shiftText(forward?.shift)}: w ${weightFormat(forward)} ` +
      `"${commentName(forward?.path ?? "")}"${w.value > 0 ? `, val ${w.value}.0` : ""}, ACC ${w.acc}.0`,
    ...(back === undefined
      ? []
      : [
          `ACC[i] += r[i, j]${shiftText(back.shift)} for every spike j of the last step: r ${weightFormat(back)} ` +
            `"${commentName(back.path)}"`,
        ]),
    ...sparseText(layer),
    ...equations(layer),
    `Formats (bits.fraction): U${layer.kind === "cuba" ? ", J" : ""} ${w.state}.${w.frac} in ${neuron.vMin} .. ` +
      `${neuron.vMax}${gridText(layer)}, x ${w.x}.${w.frac} held in ${w.work} bits`,
  ];
  return text.flatMap((line) => comment(line, "  //"));
}

/** The grid of the states. */
function gridText({ neuron, widths }: LayerPlan): string {
  return neuron.stateStep === 1
    ? ""
    : `, stored in ${widths.stored} bits as multiples of ${neuron.stateStep}`;
}

/** What is left out of the rows. */
function sparseText({ projections, memories, inputs, rowWords }: LayerPlan): string[] {
  const { form, runBits } = projections[0]?.rows ?? denseRows;
  if (form === "dense") return [];
  const stored = memories.find(({ role }) => role === "weights")?.depth ?? 0;
  const words = `${stored} of ${inputs * rowWords} weight words are stored`;
  const texts = {
    any: "A row without a weight takes one cycle",
    bitmask: `${words}, a bit per word says which`,
    rle: `${words}, zeros in front counted in ${runBits} bits`,
  };
  return [texts[form]];
}

function convText({ inShape, outShape, kernel, stride, padding, dilation, groups }: ConvPlan): string {
  const pair = ([a, b]: readonly [number, number]): string => `${a} x ${b}`;
  return (
    `Convolution ${inShape.join(" x ")} -> ${outShape.join(" x ")}: kernel ${pair(kernel)}, stride ${pair(stride)}, ` +
    `zeros ${pair(padding)}, dilation ${pair(dilation)}, groups ${groups}`
  );
}

function weightFormat(projection: LayerPlan["projections"][number] | undefined): string {
  const { code = "integer", weightBits = 1 } = projection ?? {};
  if (code === "integer") return `${weightBits}.0`;
  if (code === "shifts" || code === "signed-shifts")
    return `a sum of up to ${projection?.slots?.length} powers of two, coded in ${weightBits} bits`;
  return code === "pot"
    ? `0 or +-2^(m-1), coded in ${weightBits} bits`
    : `+-2^m, coded in ${weightBits} bits`;
}

function shiftText(shift: number | undefined): string {
  return shift === undefined || shift === 0 ? "" : ` << ${shift}`;
}

function equations({ kind, widths, neuron }: LayerPlan): string[] {
  if (kind === "delay") return ["out = ACC of as many steps ago as each neuron is late"];
  const drive = `${widths.frac > 0 ? `(ACC << ${widths.frac})` : "ACC"}${neuron.bias === 0 ? "" : " + B"}`;
  const store = neuron.overflow === "sat" ? "clamp" : "wrap";
  const lines: string[] = [];
  if (kind === "cuba") lines.push(`J' = ${store}(${leakText("J", neuron.synLeak)} + ${drive})`);
  const late = neuron.resetDelay === 1;
  const current = neuron.cubaOrder === "new" ? "J'" : "J";
  const x = !neuron.hasState ? drive : `${leakText("U", neuron.leak)} + ${kind === "cuba" ? current : drive}`;
  const delayed = late && neuron.reset === "subtract" ? " - (fired last step ? SUB : 0)" : "";
  lines.push(`x = ${x}${delayed}`);
  if (neuron.spiking) {
    const threshold = neuron.threshold === null ? "TH" : `${neuron.threshold}`;
    const origin =
      neuron.compare === "gt" ? "TH = theta + 1: fires above theta" : "TH = theta: fires from theta on";
    lines.push(`s = x >= ${threshold}${neuron.spikeDelay === 1 ? ", sent one step later" : ""} (${origin})`);
  }
  if (!neuron.hasState) return neuron.spiking ? lines : [...lines, `out = ${store}(x)`];
  const sub = neuron.sub === null ? "SUB" : `${neuron.sub}`;
  const vReset = neuron.vReset === null ? "VR" : `${neuron.vReset}`;
  const after =
    late || neuron.reset === "none"
      ? "x"
      : neuron.reset === "value"
        ? `s ? ${vReset} : x`
        : `s ? x - ${sub} : x`;
  const start =
    late && neuron.reset === "value" ? `; a spike of the last step starts from U = ${vReset}` : "";
  lines.push(`U' = ${store}(${after})${start}${neuron.spiking ? "" : ", sent for every neuron"}`);
  return lines;
}

function leakText(state: string, leak: LeakPlan): string {
  if (leak.form === "none") return state;
  if (leak.form === "shift") return `${state} - (${state} >>> ${leak.shift})`;
  const words = { floor: "rounded down", zero: "rounded to zero", rne: "rounded to nearest even" };
  return `((${state} * ${leak.mul ?? "m"}) >>> ${leak.shift}, ${words[leak.round]})`;
}
