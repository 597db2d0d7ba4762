/** Text tables: columns as wide as their widest cell, numbers to the right. */

/** One cell; numbers are printed as given and stand to the right. */
export type Cell = string | number;

/**
 * A table as lines of text.
 *
 * @param head one title per column
 * @param rows cells; a column whose body is all numbers, or text that starts with a digit or a sign, stands to the right
 * @example table(["node", "spikes"], [["lif1", 12]]) // "node  spikes\n----  ------\nlif1      12"
 */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const text = rows.map((row) => head.map((_, column) => shown(row[column] ?? "")));
  const widths = head.map((title, column) =>
    text.reduce((width, row) => Math.max(width, displayWidth(row[column] ?? "")), displayWidth(title)),
  );
  const right = head.map((_, column) => text.length > 0 && text.every((row) => isNumeric(row[column] ?? "")));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const space = " ".repeat(Math.max(0, (widths[column] ?? 0) - displayWidth(cell)));
        return right[column] === true ? space + cell : cell + space;
      })
      .join("  ")
      .trimEnd();
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...text.map(line)].join("\n");
}

/** A name from a file, made safe for a terminal: control characters and direction overrides escaped, long ones cut. */
export function safeName(name: string, limit = 60): string {
  const clean = name.replace(
    /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu,
    (c) => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
  return clean.length > limit ? `${clean.slice(0, limit - 1)}…` : clean;
}

/** A count with thin groups of three: `48 960`. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, " ");
}

/** A share as a percentage with one decimal: `97.8 %`. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? "-" : `${((100 * part) / whole).toFixed(1)} %`;
}

function shown(cell: Cell): string {
  return typeof cell === "number" ? String(cell) : safeName(cell, 200);
}

function isNumeric(cell: string): boolean {
  return cell === "" || cell === "-" || /^[+-]?\d[\d .,eE+%/-]*$/.test(cell);
}

function displayWidth(text: string): number {
  return [...text].length;
}
