/** What stands in front of a layer: window sum and flattening, which only change addresses. */
import { arcName, type LayerArc, layerArcs } from "../layer-arc.ts";
import { commentName } from "../legalize-name.ts";
import { fieldBits, type MapShape, streamAddressBits } from "../map-address.ts";
import type { LayerPlan, PoolPlan } from "../plan-types.ts";
import { comment, connect } from "./literal.ts";

/** Wires of one stream. */
export function link(name: string, bits: number): string[] {
  return [`  wire ${name}_valid;`, `  wire ${name}_ready;`, `  wire [${bits - 1}:0] ${name}_beat;`];
}

/** Bits of an address as it comes in. */
export function entryBits({ inMap, inputs }: Pick<LayerArc, "inMap" | "inputs">): number {
  return streamAddressBits(inMap, inputs);
}

/** Link in front of everything that belongs to an arc. */
export function entryName(layer: LayerPlan, k = 0): string {
  const arc = layerArcs(layer)[k] as LayerArc;
  return arc.pool !== null ? arcName("p", layer.name, k) : behindPool(layer, arc, k);
}

function behindPool({ name }: LayerPlan, arc: LayerArc, k: number): string {
  return arcName(isFlattened(arc) ? "f" : "i", name, k);
}

function isFlattened({ inMap, conv }: LayerArc): boolean {
  return inMap !== null && conv === null;
}

/** Sizes of a map as parameters. */
export function mapSizes([channels, height, width]: MapShape): string {
  return `.C(${channels}), .H(${height}), .W(${width})`;
}

/** The field widths of a map as parameters of the given names, the last ones where there are fewer than three. */
export function fields(map: MapShape, names: readonly string[]): string {
  return fieldBits(map)
    .slice(3 - names.length)
    .map((bits, k) => `, .${names[k]}(${bits})`)
    .join("");
}

/** Window sum and flattening in front of an arc. */
export function entryLines(layer: LayerPlan, k = 0): string[] {
  const arc = layerArcs(layer)[k] as LayerArc;
  const flat = arc.pool?.outShape ?? arc.inMap;
  return [
    ...(arc.pool === null ? [] : poolLines(layer, arc, arc.pool, k)),
    ...(isFlattened(arc) && flat !== null
      ? flattenLines({
          name: arcName("flatten", layer.name, k),
          from: behindPool(layer, arc, k),
          to: arcName("i", layer.name, k),
          map: flat,
          value: arc.value,
          bits: arc.inputAddress,
        })
      : []),
  ];
}

function poolLines(layer: LayerPlan, arc: LayerArc, pool: PoolPlan, k: number): string[] {
  const { inShape, outShape, kernel, stride, padding } = pool;
  const [, y, x] = fieldBits(outShape);
  const text = `Sum over windows of ${kernel.join(" x ")} in front of layer "${commentName(layer.path)}"`;
  return [
    "",
    ...link(behindPool(layer, arc, k), 2 + arc.value + streamAddressBits(outShape, 0)),
    ...comment(text, "  //"),
    "  nk_pool #(",
    `    .VALB(${arc.value})${fields(inShape, ["CB", "YB", "XB"])}, .H(${inShape[1]}), .W(${inShape[2]}),`,
    `    .KY(${kernel[0]}), .KX(${kernel[1]}), .SY(${stride[0]}), .SX(${stride[1]}), .PY(${padding[0]}), .PX(${padding[1]}),`,
    `    .OY(${outShape[1]}), .OX(${outShape[2]}), .OYB(${y}), .OXB(${x})`,
    `  ) ${arcName("pool", layer.name, k)} (`,
    ...connect("in", arcName("p", layer.name, k)),
    ...withoutLastComma(connect("out", behindPool(layer, arc, k))),
    "  );",
  ];
}

/** A map on its way to row-major indices. */
export interface Flattening {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly map: MapShape;
  /** Bits of a value and of an index. */
  readonly value: number;
  readonly bits: number;
}

/** The link of the indices and what makes them. */
export function flattenLines({ name, from, to, map, value, bits }: Flattening): string[] {
  return [
    "",
    ...link(to, 2 + value + bits),
    "  nk_flatten #(",
    `    .VALB(${value})${fields(map, ["CB", "YB", "XB"])}, .H(${map[1]}), .W(${map[2]}), .AW(${bits})`,
    `  ) ${name} (`,
    ...connect("in", from),
    ...withoutLastComma(connect("out", to)),
    "  );",
  ];
}

function withoutLastComma(lines: readonly string[]): string[] {
  return lines.map((line, k) => (k + 1 < lines.length ? line : line.replace(/,$/, "")));
}
