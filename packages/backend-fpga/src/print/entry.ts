/** What stands in front of a layer: window sum and flattening, which only change addresses. */
import { commentName } from "../legalize-name.ts";
import { fieldBits, type MapShape, streamAddressBits } from "../map-address.ts";
import type { LayerPlan, PoolPlan } from "../plan-types.ts";
import { comment, connect } from "./literal.ts";

/** Wires of one stream. */
export function link(name: string, bits: number): string[] {
  return [`  wire ${name}_valid;`, `  wire ${name}_ready;`, `  wire [${bits - 1}:0] ${name}_beat;`];
}

/** Bits of an address as it comes in. */
export function entryBits({ inMap, inputs }: LayerPlan): number {
  return streamAddressBits(inMap, inputs);
}

/** Link in front of everything that belongs to a layer. */
export function entryName(layer: LayerPlan): string {
  if (layer.pool !== null) return `p_${layer.name}`;
  return behindPool(layer);
}

function behindPool(layer: LayerPlan): string {
  return isFlattened(layer) ? `f_${layer.name}` : `i_${layer.name}`;
}

function isFlattened({ inMap, conv }: LayerPlan): boolean {
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

/** Window sum and flattening in front of a layer. */
export function entryLines(layer: LayerPlan): string[] {
  const flat = layer.pool?.outShape ?? layer.inMap;
  return [
    ...(layer.pool === null ? [] : poolLines(layer, layer.pool)),
    ...(isFlattened(layer) && flat !== null ? flattenLines(layer, flat) : []),
  ];
}

function poolLines(layer: LayerPlan, pool: PoolPlan): string[] {
  const { name, widths } = layer;
  const { inShape, outShape, kernel, stride, padding } = pool;
  const [, y, x] = fieldBits(outShape);
  const text = `Sum over windows of ${kernel.join(" x ")} in front of layer "${commentName(layer.path)}"`;
  return [
    "",
    ...link(behindPool(layer), 2 + widths.value + streamAddressBits(outShape, 0)),
    ...comment(text, "  //"),
    "  nk_pool #(",
    `    .VALB(${widths.value})${fields(inShape, ["CB", "YB", "XB"])}, .H(${inShape[1]}), .W(${inShape[2]}),`,
    `    .KY(${kernel[0]}), .KX(${kernel[1]}), .SY(${stride[0]}), .SX(${stride[1]}), .PY(${padding[0]}), .PX(${padding[1]}),`,
    `    .OY(${outShape[1]}), .OX(${outShape[2]}), .OYB(${y}), .OXB(${x})`,
    `  ) pool_${name} (`,
    ...connect("in", `p_${name}`),
    ...withoutLastComma(connect("out", behindPool(layer))),
    "  );",
  ];
}

function flattenLines({ name, widths }: LayerPlan, map: MapShape): string[] {
  return [
    "",
    ...link(`i_${name}`, 2 + widths.value + widths.inputAddress),
    "  nk_flatten #(",
    `    .VALB(${widths.value})${fields(map, ["CB", "YB", "XB"])}, .H(${map[1]}), .W(${map[2]}), .AW(${widths.inputAddress})`,
    `  ) flatten_${name} (`,
    ...connect("in", `f_${name}`),
    ...withoutLastComma(connect("out", `i_${name}`)),
    "  );",
  ];
}

function withoutLastComma(lines: readonly string[]): string[] {
  return lines.map((line, k) => (k + 1 < lines.length ? line : line.replace(/,$/, "")));
}
