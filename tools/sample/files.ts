/** The data files of the sample, byte for byte. */
import { writeNpz } from "@nirkit/npy";
import { dataArrays, glyphData } from "./glyph-data.ts";

/** Samples of the test split that are shipped. */
export const testCount = 200;
/** Samples of the training split that are shipped, to calibrate with. */
const calibrationCount = 100;

/** File name to content. */
export function sampleDataFiles(): ReadonlyMap<string, Uint8Array> {
  return new Map([
    ["glyphs-test.npz", writeNpz(dataArrays(glyphData("test", testCount)))],
    ["glyphs-train.npz", writeNpz(dataArrays(glyphData("train", calibrationCount)))],
  ]);
}
