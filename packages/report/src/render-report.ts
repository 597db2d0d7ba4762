/** A report as one HTML file that needs nothing else: no script, no font, no request. */

import { formatNumber } from "./axis.ts";
import { escapeMarkup } from "./escape.ts";
import { blockHtml } from "./render-blocks.ts";
import type { Fact, Report, Section } from "./report.ts";
import { reportStyle } from "./report-style.ts";

// Scripts, frames, fonts, images, connections, forms: all refused. Styles stand in the file.
const policy: string = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

function factHtml({ label, value, note, state }: Fact): string {
  const written = typeof value === "number" ? formatNumber(value, 5) : escapeMarkup(value);
  const below = note === undefined ? "" : `<div class="note">${escapeMarkup(note)}</div>`;
  const look = state === undefined ? "" : ` class="${state}"`;
  return `<div${look}><dt>${escapeMarkup(label)}</dt><dd><span class="value">${written}</span>${below}</dd></div>`;
}

function sectionHtml(section: Section, index: number): string {
  return `<section id="section-${index + 1}"><h2>${escapeMarkup(section.title)}</h2>\n${section.blocks.map(blockHtml).join("\n")}\n</section>`;
}

function contentsHtml(sections: readonly Section[]): string {
  if (sections.length < 3) return "";
  const entries = sections.map(
    ({ title }, index) => `<li><a href="#section-${index + 1}">${escapeMarkup(title)}</a></li>`,
  );
  return `<nav aria-label="Contents"><ol>${entries.join("")}</ol></nav>`;
}

/**
 * Renders a report. The same report gives the same bytes; the file opens from disk, adapts to light and dark
 * screens, prints on paper, and its content security policy refuses scripts and every request.
 *
 * @returns a complete HTML document, UTF-8
 * @example renderReport({ title: "digits", sections: [{ title: "Graph", blocks: [{ kind: "figure", svg: graphSvg(graph) }] }] })
 */
export function renderReport(report: Report): string {
  const { title, subtitle, facts = [], sections, footer } = report;
  const parts = [
    "<!doctype html>",
    '<html lang="en">',
    '<head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    `<title>${escapeMarkup(title)}</title>`,
    `<style>${reportStyle}</style></head>`,
    "<body>",
    `<header><h1>${escapeMarkup(title)}</h1>`,
    subtitle === undefined ? "" : `<p class="subtitle">${escapeMarkup(subtitle)}</p>`,
    facts.length === 0 ? "" : `<dl class="facts">${facts.map(factHtml).join("")}</dl>`,
    contentsHtml(sections),
    "</header>",
    `<main>${sections.map(sectionHtml).join("\n")}</main>`,
    footer === undefined ? "" : `<footer>${escapeMarkup(footer)}</footer>`,
    "</body></html>",
  ];
  return `${parts.filter((part) => part !== "").join("\n")}\n`;
}
