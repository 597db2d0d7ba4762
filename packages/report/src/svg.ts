/** Markup as strings: elements with escaped attributes and text, no document needed. */
import { escapeMarkup } from "./escape.ts";

declare const svgBrand: unique symbol;

/** SVG text made by this package: every string in it has been escaped. A plain string is not assignable. */
export type Svg = string & { readonly [svgBrand]: true };

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** A coordinate with at most two decimals, enough for a screen at four times its size. */
export function coordinate(value: number): string {
  return String(Number(value.toFixed(2)));
}

/** One element. Names and attribute names come from code alone; values and text are escaped. */
export function element(name: string, attributes: Attributes, children: readonly Svg[] = []): Svg {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) =>
        ` ${key}="${typeof value === "number" ? coordinate(value) : escapeMarkup(value ?? "")}"`,
    )
    .join("");
  return (
    children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join("")}</${name}>`
  ) as Svg;
}

/** Escaped character data. */
export function characters(text: string): Svg {
  return escapeMarkup(text) as Svg;
}

/** A `<text>` element. */
export function label(x: number, y: number, text: string, attributes: Attributes = {}): Svg {
  return element("text", { x, y, ...attributes }, [characters(text)]);
}

/** A `<title>`: the accessible name of what it stands in, and its tooltip. */
export function titled(text: string): Svg {
  return element("title", {}, [characters(text)]);
}
