/** Blocks of a report as HTML. Every string passes through `escapeMarkup`. */
import type { Diagnostic } from "@nirkit/graph";
import { formatNumber } from "./axis.ts";
import { escapeMarkup } from "./escape.ts";
import type { Block, Cell, Column, TableBlock } from "./report.ts";
import type { Svg } from "./svg.ts";

function cellText(cell: Cell | undefined): string {
  if (cell === null || cell === undefined) return "–";
  if (typeof cell === "number") return formatNumber(cell, 5);
  if (typeof cell === "boolean") return cell ? "yes" : "no";
  return escapeMarkup(cell);
}

function isNumeric(column: Column, index: number, rows: TableBlock["rows"]): boolean {
  if (column.align !== undefined) return column.align === "number";
  const cells = rows.map((row) => row[index]).filter((cell) => cell !== null && cell !== undefined);
  return cells.length > 0 && cells.every((cell) => typeof cell === "number");
}

/**
 * A table as HTML, with a caption, a head and scrolling of its own where it is too wide.
 *
 * @example tableHtml({ kind: "table", columns: ["layer", { name: "width", unit: "bit" }], rows: [["fc1", 8]] })
 */
export function tableHtml({ caption, columns, rows }: TableBlock): string {
  const heads = columns.map((column) => (typeof column === "string" ? { name: column } : column));
  const looks = heads.map((column, index) => (isNumeric(column, index, rows) ? ' class="number"' : ""));
  const head = heads
    .map((column, index) => {
      const unit = column.unit === undefined ? "" : `<small>${escapeMarkup(column.unit)}</small>`;
      return `<th scope="col"${looks[index]}>${escapeMarkup(column.name)}${unit}</th>`;
    })
    .join("");
  const body = rows
    .map(
      (row) =>
        `<tr>${heads.map((_, index) => `<td${looks[index]}>${cellText(row[index])}</td>`).join("")}</tr>`,
    )
    .join("\n");
  const title = caption === undefined ? "" : `<caption>${escapeMarkup(caption)}</caption>`;
  return `<div class="scroll"><table>${title}<thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

function figureHtml(svg: Svg, caption: string | undefined): string {
  return `<figure>${svg}${caption === undefined ? "" : `<figcaption>${escapeMarkup(caption)}</figcaption>`}</figure>`;
}

function diagnosticHtml({ code, level, path, message, hint }: Diagnostic): string {
  const advice = hint === undefined ? "" : `<br><span class="note">${escapeMarkup(hint)}</span>`;
  return `<li class="${level}"><code>${escapeMarkup(code)}</code> <code>${escapeMarkup(path)}</code><br>${escapeMarkup(message)}${advice}</li>`;
}

/** One block as HTML. */
export function blockHtml(block: Block): string {
  switch (block.kind) {
    case "text":
      return `<p>${escapeMarkup(block.text)}</p>`;
    case "figure":
      return figureHtml(block.svg, block.caption);
    case "figures":
      return `<div class="figures">${block.figures.map((f) => figureHtml(f.svg, f.caption)).join("")}</div>`;
    case "table":
      return tableHtml(block);
    case "code": {
      const caption = block.caption === undefined ? "" : `<p class="note">${escapeMarkup(block.caption)}</p>`;
      return `${caption}<pre>${escapeMarkup(block.text, "keep")}</pre>`;
    }
    case "diagnostics":
      return block.diagnostics.length === 0
        ? "<p>No diagnostics.</p>"
        : `<ul class="diagnostics">${block.diagnostics.map(diagnosticHtml).join("\n")}</ul>`;
    case "details":
      return `<details><summary>${escapeMarkup(block.summary)}</summary>${block.blocks.map(blockHtml).join("\n")}</details>`;
    default:
      return block satisfies never;
  }
}
