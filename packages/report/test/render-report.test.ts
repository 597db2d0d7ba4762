import { describe, expect, test } from "vitest";
import { type Block, barSvg, type Report, renderReport, tableHtml } from "../src/index.ts";
import { hostileNames } from "./xml.ts";

const figure = barSvg({ rows: [{ label: "float", value: 264 }] });

function hostileReport(evil: string): Report {
  const blocks: readonly Block[] = [
    { kind: "text", text: evil },
    { kind: "figure", svg: figure, caption: evil },
    { kind: "figures", figures: [{ svg: figure, caption: evil }] },
    { kind: "table", caption: evil, columns: [evil, { name: evil, unit: evil }], rows: [[evil, evil]] },
    { kind: "code", text: evil, caption: evil },
    {
      kind: "diagnostics",
      diagnostics: [{ code: `E_${evil}`, level: "error", path: evil, message: evil, hint: evil }],
    },
    { kind: "details", summary: evil, blocks: [{ kind: "text", text: evil }] },
  ];
  const facts = [{ label: evil, value: evil, note: evil, state: "good" as const }];
  return { title: evil, subtitle: evil, facts, footer: evil, sections: [{ title: evil, blocks }] };
}

describe("renderReport", () => {
  test("is one document that refuses scripts and requests by policy", () => {
    const html = renderReport({ title: "digits", sections: [] });
    expect(html.startsWith("<!doctype html>\n")).toBe(true);
    expect(html).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">`,
    );
    expect(html).not.toMatch(/<script|<link|<iframe|@import|url\(|https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
  });

  test.each(hostileNames.slice(0, 4))("%j in every field adds no element and no attribute", (evil) => {
    const tags = (html: string): readonly string[] => html.match(/<[a-z][^>]*>/gi) ?? [];
    expect(tags(renderReport(hostileReport(evil)))).toEqual(tags(renderReport(hostileReport("harmless"))));
  });

  test("numbers are right-aligned and separated, text and missing cells are not", () => {
    const html = tableHtml({
      kind: "table",
      columns: ["layer", { name: "cycles", unit: "1/sample" }],
      rows: [
        ["fc1", 41250],
        ["fc2", null],
      ],
    });
    expect(html).toContain('<td>fc1</td><td class="number">41,250</td>');
    expect(html).toContain('<td class="number">–</td>');
    expect(html).toContain('<th scope="col" class="number">cycles<small>1/sample</small></th>');
  });

  test("a good and a bad fact differ in more than color, three sections get a table of contents", () => {
    const sections = ["a", "b", "c"].map((title) => ({ title, blocks: [] }));
    const html = renderReport({ title: "t", facts: [{ label: "x", value: 3, state: "bad" }], sections });
    expect(html).toContain('<div class="bad">');
    expect(html).toContain('.bad .value::before{content:"✗ "');
    expect(html).toContain('<nav aria-label="Contents"><ol><li><a href="#section-1">a</a></li>');
  });

  test("no diagnostics are said to be none; preformatted text keeps its lines", () => {
    const blocks: readonly Block[] = [
      { kind: "diagnostics", diagnostics: [] },
      { kind: "code", text: "a\nb" },
    ];
    const html = renderReport({ title: "t", sections: [{ title: "s", blocks }] });
    expect(html).toContain("<p>No diagnostics.</p>");
    expect(html).toContain("<pre>a\nb</pre>");
  });

  test("the same report gives the same bytes", () => {
    expect(renderReport(hostileReport("a"))).toBe(renderReport(hostileReport("a")));
  });
});
