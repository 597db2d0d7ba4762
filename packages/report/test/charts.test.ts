import { describe, expect, test } from "vitest";
import { formatNumber } from "../src/axis.ts";
import { barSvg, confusionSvg, lineSvg, weightHistogramSvg } from "../src/index.ts";
import { activeContent, hostileNames, readXml } from "./xml.ts";

function widths(svg: string, look: string): readonly number[] {
  return readXml(svg)
    .tags.filter((t) => t.name === "rect" && t.attributes.get("class") === look && t.attributes.has("x"))
    .map((t) => Number(t.attributes.get("width")));
}

describe("barSvg", () => {
  test("bars start at 0: half the value is half the length", () => {
    const [full = 0, half = 0] = widths(
      barSvg({
        rows: [
          { label: "a", value: 270 },
          { label: "b", value: 135 },
        ],
      }),
      "s0",
    );
    expect(half).toBeCloseTo(full / 2, 2);
  });

  test("numbers carry their unit, a text replaces them, NaN is n/a and draws no bar", () => {
    const svg = barSvg({
      unit: "Hz",
      series: ["float", "integer"],
      rows: [{ label: "lif1", value: [33.25, Number.NaN], text: ["33¼ Hz"] }],
    });
    expect(readXml(svg).text).toContain("33¼ Hz");
    expect(readXml(svg).text).toContain("n/a");
    expect(widths(svg, "s1")).toEqual([0]);
  });

  test("a row with another number of values than series is refused", () => {
    expect(() => barSvg({ series: ["a", "b"], rows: [{ label: "x", value: [1] }] })).toThrow(
      "barSvg: row x has 1 values, expected 2",
    );
  });
});

describe("lineSvg", () => {
  test("three values of a straight line fall on a straight line; NaN interrupts it", () => {
    const d = (y: readonly number[]): string | undefined =>
      readXml(lineSvg({ xName: "step", yName: "v", series: [{ name: "v", y }] }))
        .tags.find((t) => t.attributes.get("class") === "l0")
        ?.attributes.get("d");
    expect(d([0, 1, 2])).toBe("M76 234L390 124L704 14");
    expect(d([0, Number.NaN, 2])).toBe("M76 234M704 14");
  });

  test("a held line goes right before it goes up", () => {
    const svg = lineSvg({ xName: "step", yName: "v", shape: "hold", series: [{ name: "v", y: [0, 1] }] });
    expect(svg).toContain("M76 234H704V14");
  });

  test("a level is drawn and named with its value; lines differ in dash as well as color", () => {
    const svg = lineSvg({
      xName: "step",
      yName: "v",
      level: { name: "threshold", value: 1 },
      series: [
        { name: "a", y: [0, 1] },
        { name: "b", y: [1, 0] },
      ],
    });
    expect(readXml(svg).text).toContain("threshold (1)");
    expect(svg).toContain('stroke-dasharray="7 3"');
  });

  test("constant and empty series are drawn without NaN, unequal lengths are refused", () => {
    for (const y of [[], [2, 2, 2], [Number.NaN]])
      expect(lineSvg({ xName: "x", yName: "y", series: [{ name: "s", y }] })).not.toMatch(/NaN|Infinity/);
    expect(() => lineSvg({ xName: "x", yName: "y", series: [{ name: "s", x: [0], y: [1, 2] }] })).toThrow(
      "series s has 1 positions for 2 values",
    );
  });
});

describe("confusionSvg", () => {
  test("[[9, 1], [0, 10]] has 19 of 20 on the diagonal; the miss is drawn in the other hue", () => {
    const svg = confusionSvg({
      matrix: [
        [9, 1],
        [0, 10],
      ],
      classes: ["cat", "dog"],
    });
    expect(readXml(svg).text).toContain("19 of 20 samples on the diagonal.");
    expect(readXml(svg).text).toContain("true cat, predicted dog: 1");
    const alerts = readXml(svg).tags.filter((t) => t.attributes.get("class") === "alert");
    expect(alerts.map((t) => t.attributes.get("fill-opacity"))).toEqual(["0.4", "0"]);
  });

  test("a matrix that is not square is refused; one of 100 classes has no number in a cell", () => {
    expect(() => confusionSvg({ matrix: [[1, 2]] })).toThrow("1 rows, but a row of 2");
    const large = Array.from({ length: 100 }, () => new Uint32Array(100).fill(7));
    expect(
      readXml(confusionSvg({ matrix: large })).tags.filter(
        (t) => t.attributes.get("class") === "middle strong",
      ),
    ).toEqual([]);
  });
});

describe("weightHistogramSvg", () => {
  test("levels without weights have no bar, zero is counted apart", () => {
    const svg = weightHistogramSvg({ levels: [-2, -1, 0, 1, 2], counts: [1, 0, 6, 2, 1] });
    expect(widths(svg, "s0")).toHaveLength(3);
    expect(widths(svg, "s1")).toHaveLength(1);
    expect(readXml(svg).text).toContain("10 weights on 5 levels from −2 to 2; 6 are zero.");
  });

  test("levels and counts of different length are refused; no levels are drawn without NaN", () => {
    expect(() => weightHistogramSvg({ levels: [0], counts: [] })).toThrow("1 levels, 0 counts");
    expect(weightHistogramSvg({ levels: [], counts: [] })).not.toMatch(/NaN|Infinity/);
  });
});

test("numbers are written as people write them: 1,234,567; −0.125; 1.23e−7 as 1.23e-7; ∞", () => {
  expect([1234567, -0.125, 1.234e-7, Infinity, 0, 0.1 + 0.2, 41.23456].map((n) => formatNumber(n))).toEqual([
    "1,234,567",
    "−0.125",
    "1.23e-7",
    "∞",
    "0",
    "0.3",
    "41.23",
  ]);
});

test("hostile labels of every chart stay text", () => {
  const evil = hostileNames[1] ?? "";
  const charts = [
    barSvg({
      title: evil,
      unit: evil,
      series: [evil, evil],
      rows: [{ label: evil, value: [1, 2], text: [evil, evil] }],
    }),
    lineSvg({
      title: evil,
      xName: evil,
      yName: evil,
      series: [
        { name: evil, y: [1] },
        { name: evil, y: [2] },
      ],
    }),
    confusionSvg({ title: evil, description: evil, matrix: [[1]], classes: [evil] }),
    weightHistogramSvg({ title: evil, levels: [0], counts: [1] }),
  ];
  for (const chart of charts) expect(activeContent(chart)).toEqual([]);
});
