import { type Events, tensor } from "@nirkit/graph";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rasterSvg } from "../src/index.ts";
import { compareGrids, spikeGrid } from "../src/spike-grid.ts";
import { readXml } from "./xml.ts";

const spikes = tensor("uint8", [4, 3], [1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1]);

describe("rasterSvg", () => {
  test("4 spikes of a [4, 3] recording are 4 dashes at their step and row", () => {
    const svg = rasterSvg({ spikes });
    const dashes = readXml(svg)
      .tags.find((t) => t.attributes.get("class") === "l0")
      ?.attributes.get("d");
    // Row 2.5 is neuron 0 (counted from the bottom), 1.5 neuron 1, 0.5 neuron 2.
    expect(dashes?.match(/M[\d. ]+/g)).toEqual(["M0 2.5", "M1 1.5", "M3 2.5", "M3 0.5"]);
    expect(readXml(svg).text).toContain("4 spikes of 3 neurons in 4 steps.");
  });

  test("events and tensor of the same spikes give the same picture", () => {
    const events: Events = {
      steps: 4,
      shape: [3],
      start: Uint32Array.of(0, 1, 2, 2, 4),
      index: Uint32Array.of(0, 1, 0, 2),
    };
    expect(rasterSvg({ spikes: events })).toBe(rasterSvg({ spikes }));
  });

  test("two recordings that differ in one spike each say 3 both, 1 only here, 1 only there", () => {
    const reference = tensor("float32", [4, 3], [1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0]);
    const { text } = readXml(rasterSvg({ spikes, reference, names: { spikes: "RTL", reference: "golden" } }));
    for (const words of ["both (3)", "RTL only (1)", "golden only (1)"]) expect(text).toContain(words);
  });

  test("recordings of different size are refused with both sizes", () => {
    expect(() => rasterSvg({ spikes, reference: tensor("uint8", [2, 3], [0, 0, 0, 0, 0, 0]) })).toThrow(
      "rasterSvg: spikes are 4 × 3, reference 2 × 3",
    );
  });

  test("200 × 1000 neurons that always fire are cut to what fits, and the figure says so", () => {
    const all = tensor("uint8", [200, 1000], new Uint8Array(200_000).fill(1));
    const svg = rasterSvg({ spikes: all });
    expect(readXml(svg).text).toContain("The first 600 of 1,000 neurons are drawn.");
    expect(svg.length).toBeLessThan(3_000_000);
  });

  test("no steps, no neurons and no spikes are drawn without NaN", () => {
    for (const shape of [
      [0, 3],
      [3, 0],
      [0, 0],
    ])
      expect(rasterSvg({ spikes: tensor("uint8", shape, []) })).not.toMatch(/NaN|Infinity/);
    expect(rasterSvg({ spikes: tensor("uint8", [2, 2], [0, 0, 0, 0]) })).toContain("0 spikes");
  });

  test("both, onlyA and onlyB partition the two recordings", () => {
    const recording = fc.uint8Array({ minLength: 12, maxLength: 12, max: 1 });
    fc.assert(
      fc.property(recording, recording, (a, b) => {
        const [ga, gb] = [spikeGrid(tensor("uint8", [4, 3], a)), spikeGrid(tensor("uint8", [4, 3], b))];
        const { both, onlyA, onlyB } = compareGrids(ga, gb);
        expect([...both, ...onlyA].toSorted((x, y) => x - y)).toEqual([...ga.cells]);
        expect([...both, ...onlyB].toSorted((x, y) => x - y)).toEqual([...gb.cells]);
      }),
      { seed: 3 },
    );
  });
});
