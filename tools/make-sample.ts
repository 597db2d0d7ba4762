/**
 * Makes the sample that `nirkit demo` runs on: `node --conditions=@nirkit/source tools/make-sample.ts`.
 *
 * Draws the glyphs, trains the network, and writes `packages/cli/sample/`; same source, same bytes.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeNir } from "@nirkit/hdf5";
import { sampleDataFiles, testCount } from "./sample/files.ts";
import { glyphData } from "./sample/glyph-data.ts";
import { countCorrect, glyphNetwork, trainCount } from "./sample/glyph-network.ts";

const folder = join(import.meta.dirname, "../packages/cli/sample");

mkdirSync(folder, { recursive: true });
const trainData = glyphData("train", trainCount);
const network = glyphNetwork(trainData);
const files = new Map([...sampleDataFiles(), ["glyphs-mlp.nir", await writeNir(network)]]);
for (const [name, content] of files) {
  writeFileSync(join(folder, name), content);
  console.log(`${name}  ${content.length} bytes`);
}
console.log(`train ${countCorrect(network, trainData)}/${trainCount}`);
console.log(`test  ${countCorrect(network, glyphData("test", testCount))}/${testCount}`);
