/** The table as a part of the page: everything between two marks is written by the script. */
import type { Figures, Row } from "./evaluate.ts";

/** One task with all its rows. */
export interface Chapter {
  readonly name: string;
  readonly about: string;
  readonly tests: number;
  readonly floatRight: number;
  readonly floatBytes: number;
  readonly network: string;
  readonly calibrate: string;
  readonly weights: readonly Row[];
  readonly membranes: readonly Row[];
}

/** Lines that enclose a chapter. */
function marks(name: string): readonly [begin: string, end: string] {
  return [`<!-- schemes: ${name} -->`, `<!-- end of ${name} -->`];
}

/** The page with one chapter replaced. */
export function withChapter(page: string, chapter: Chapter): string {
  const [begin, end] = marks(chapter.name);
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page has no place for ${chapter.name}`);
  return `${page.slice(0, from)}${begin}\n\n${chapterText(chapter)}\n\n${page.slice(to)}`;
}

/** Heading, commands and tables of one task. */
export function chapterText(chapter: Chapter): string {
  const { name, about, tests, floatRight, floatBytes, network, calibrate } = chapter;
  const row = ({ words, found }: Row, last: (figures: Figures) => string): string =>
    "refused" in found
      ? `| \`${words}\` | refused: \`${found.refused}\` | | | | |`
      : `| ${[`\`${words}\``, found.correct, floatRight - found.correct, decibels(found), last(found), count(found.synops)].join(" | ")} |`;
  return [
    `## ${name}`,
    "",
    `${about} The float network gets ${floatRight} of ${tests} right with ${count(floatBytes)} bytes of float32 weights.`,
    `Every command begins with \`nirkit quantize ${network}\`; where it says \`--limit\`, also \`--calibrate ${calibrate}\`.`,
    "",
    `| options | right of ${tests} | lost | SQNR in dB: mean (layers) | weights, bytes | SynOps per sample |`,
    "| --- | --- | --- | --- | --- | --- |",
    ...chapter.weights.map((one) => row(one, ({ weightBytes }) => count(weightBytes))),
    "",
    `| options | right of ${tests} | lost | SQNR in dB: mean (layers) | bits of a stored membrane | SynOps per sample |`,
    "| --- | --- | --- | --- | --- | --- |",
    ...chapter.membranes.map((one) => row(one, ({ storedBits }) => String(storedBits))),
  ].join("\n");
}

function decibels({ sqnr }: Figures): string {
  const mean = sqnr.reduce((sum, db) => sum + db, 0) / sqnr.length;
  return `${mean.toFixed(1)} (${sqnr.map((db) => db.toFixed(1)).join(", ")})`;
}

/** 12345.6 is 12,346. */
function count(value: number): string {
  return value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ",");
}
