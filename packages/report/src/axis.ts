/** Axes over d3-scale: tick positions and number formats are d3's, the drawing is ours. */
import type { ScaleLinear } from "d3-scale";
import { element, label, type Svg } from "./svg.ts";

type Scale = ScaleLinear<number, number>;

/** Extent of a plot area in user units. */
export interface PlotArea {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Integer tick positions of a scale that counts things; about `count` of them. */
export function integerTicks(scale: Scale, count: number): readonly number[] {
  return scale.ticks(count).filter(Number.isInteger);
}

/** A number as the report writes it: thousands separated, `digits` significant digits, true minus sign. */
export function formatNumber(value: number, digits = 4): string {
  if (Number.isNaN(value)) return "n/a";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const written =
    Number.isInteger(value) && size < 1e15
      ? size.toString().replace(/\B(?=(\d{3})+$)/g, ",")
      : size >= 1e-4 && size < 1e6
        ? String(Number(size.toPrecision(digits)))
        : size.toExponential(Math.min(digits - 1, 2)).replace("e+", "e");
  return value < 0 ? `−${written}` : written;
}

/** The horizontal axis under an area: rule, ticks, numbers, name. Takes 38 units below the area. */
export function axisBelow(
  scale: Scale,
  area: PlotArea,
  name: string,
  ticks: readonly number[],
): readonly Svg[] {
  const y = area.top + area.height;
  const marks = ticks.flatMap((tick) => [
    element("path", { class: "line", d: `M${scale(tick).toFixed(1)} ${y}v4` }),
    label(scale(tick), y + 16, formatNumber(tick), { class: "middle soft" }),
  ]);
  return [
    element("path", { class: "line", d: `M${area.left} ${y}h${area.width}` }),
    ...marks,
    label(area.left + area.width / 2, y + 33, name, { class: "middle" }),
  ];
}

/** The vertical axis left of an area: numbers, name, and faint rules across when `grid`. Takes 52 units. */
export function axisLeft(
  scale: Scale,
  area: PlotArea,
  name: string,
  ticks: readonly number[],
  grid: boolean,
): readonly Svg[] {
  const middle = area.top + area.height / 2;
  const marks = ticks.flatMap((tick) => [
    element("path", {
      class: grid ? "rule" : "line",
      d: `M${area.left} ${scale(tick).toFixed(1)}h${grid ? area.width : -4}`,
    }),
    label(area.left - 8, scale(tick) + 4, formatNumber(tick), { class: "end soft" }),
  ]);
  return [
    ...marks,
    label(0, 0, name, { class: "middle", transform: `translate(${area.left - 44} ${middle}) rotate(-90)` }),
  ];
}

/** A legend in one row: swatch and word per entry, starting at `left`. */
export function legend(
  left: number,
  y: number,
  entries: readonly { readonly name: string; readonly swatch: Svg }[],
): readonly Svg[] {
  let x = left;
  return entries.flatMap(({ name, swatch }) => {
    const at = x;
    x += 34 + 6.6 * name.length;
    return [element("g", { transform: `translate(${at} ${y})` }, [swatch]), label(at + 18, y + 4, name)];
  });
}
