import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readNir } from "@nirkit/hdf5";
import { describe, expect, test } from "vitest";
import { sampleDataFiles } from "../sample/files.ts";
import { encodePhase, glyphData, inputs, steps } from "../sample/glyph-data.ts";
import { countCorrect, glyphNetwork, trainCount } from "../sample/glyph-network.ts";

const folder = join(import.meta.dirname, "../../packages/cli/sample");
const shipped = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));

describe("the shipped sample", () => {
  test.each([...sampleDataFiles()])("%s is drawn again byte for byte", (name, content) => {
    expect(Buffer.compare(shipped(name), content)).toBe(0);
  });

  test("its network gets 199 of 200 test glyphs and 998 of 1000 training glyphs right", async () => {
    const { graph } = await readNir(shipped("glyphs-mlp.nir"));
    expect(countCorrect(graph, glyphData("test", 200))).toBe(199);
    expect(countCorrect(graph, glyphData("train", trainCount))).toBe(998);
  });

  test("takes less than 100 kB", () => {
    const names = ["glyphs-mlp.nir", "glyphs-test.npz", "glyphs-train.npz"];
    expect(names.reduce((bytes, name) => bytes + shipped(name).length, 0)).toBeLessThan(100_000);
  });

  test.runIf(process.env.NIRKIT_DEEP === "1")(
    "its network is trained again to the same weights",
    async () => {
      const { graph } = await readNir(shipped("glyphs-mlp.nir"));
      expect(glyphNetwork(glyphData("train", trainCount)).hash()).toBe(graph.hash());
    },
    120_000,
  );
});

test("a pixel of p gives p spikes in 16 steps", () => {
  const spikes = encodePhase(Uint8Array.from({ length: 16 }, (_, p) => p));
  for (let p = 0; p < 16; p++)
    expect(Array.from({ length: steps }, (_, t) => spikes[t * 16 + p] ?? 0).reduce((a, b) => a + b, 0)).toBe(
      p,
    );
});

test("glyph 3 of a split is the same whether 4 or 40 are drawn, and the splits differ", () => {
  const size = steps * inputs;
  const third = (split: "train" | "test", count: number): Uint8Array =>
    glyphData(split, count).spikes.slice(3 * size, 4 * size);
  expect(third("test", 4)).toEqual(third("test", 40));
  expect(third("train", 4)).not.toEqual(third("test", 4));
});
