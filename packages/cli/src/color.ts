/** Colors of the terminal, and when there are none. */
import type { Terminal } from "./terminal.ts";

type Paint = (text: string) => string;

/** The few colors that nirkit uses; every one is the identity where colors are off. */
export interface Palette {
  readonly error: Paint;
  readonly warning: Paint;
  readonly hint: Paint;
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
}

const paint =
  (open: number, close: number): Paint =>
  (text) =>
    `\u001b[${open}m${text}\u001b[${close}m`;
const same: Paint = (text) => text;

/**
 * Colors for one stream: on for a terminal, off with `--no-color`, a non-empty `NO_COLOR`, or `TERM=dumb`.
 * @see https://no-color.org
 */
export function paletteFor(terminal: Terminal, stream: "stdout" | "stderr", allowed: boolean): Palette {
  const refused = (terminal.env.NO_COLOR ?? "") !== "" || terminal.env.TERM === "dumb";
  if (!allowed || refused || terminal[stream].isTTY !== true)
    return { error: same, warning: same, hint: same, bold: same, dim: same, good: same };
  return {
    error: paint(31, 39),
    warning: paint(33, 39),
    hint: paint(36, 39),
    bold: paint(1, 22),
    dim: paint(2, 22),
    good: paint(32, 39),
  };
}
