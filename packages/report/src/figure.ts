/** The outer `<svg>` of a figure: size, accessible name and description, style, background. */
import { characters, element, type Svg, titled } from "./svg.ts";
import { figureStyle } from "./theme.ts";

/** What every figure needs to be read by someone who does not see it. */
export interface FigureText {
  /** Accessible name; also the tooltip. */
  readonly title?: string;
  /** What the picture shows, in a sentence or two; made from the data when absent. */
  readonly description?: string;
}

/**
 * Wraps the parts of a drawing into a standalone figure.
 *
 * @param width user units, one per CSS pixel at natural size
 */
export function figure(
  width: number,
  height: number,
  words: { readonly title: string; readonly description: string },
  parts: readonly Svg[],
): Svg {
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: "nk",
      role: "img",
      width,
      height,
      viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`,
      "aria-label": words.title,
    },
    [
      titled(words.title),
      element("desc", {}, [characters(words.description)]),
      element("style", {}, [figureStyle as Svg]),
      element("rect", { class: "paper", width: "100%", height: "100%" }),
      ...parts,
    ],
  );
}
