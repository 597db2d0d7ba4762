/** Usage: node dist/main.js [--data DIR] [--out DIR] [--seed N] [--images N]: the whole path, see `help`. */
import "@tensorflow/tfjs-backend-cpu";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { processTools } from "@nirkit/backend/node";
import fpga from "@nirkit/backend-fpga";
import { NirkitError, type Sample } from "@nirkit/graph";
import { writeNir } from "@nirkit/hdf5";
import * as tf from "@tensorflow/tfjs-core";
import {
  classify,
  countCycles,
  type DigitDesign,
  designDigits,
  estimateDigits,
  laneChoices,
  proveDigits,
  quantizeDigits,
  synthesizeDigits,
} from "./digit-design.ts";
import { type DigitFindings, digitReport } from "./digit-report.ts";
import { readDigits } from "./digits.ts";
import { fullRecipe } from "./train-digits.ts";
import { cachedDigits } from "./trained-digits.ts";

const help = `node dist/main.js [options]
  --data DIR     the four idx files of MNIST, packed or not (default NIRKIT_DATA/mnist)
  --out DIR      trained networks, kept for the next run, and the design (default build/pot-fpga-mnist)
  --seed N       of weights, order and moves (default 1)
  --images N     test images that the Verilog is run on (default 200)
`;

const { values } = parseArgs({
  options: {
    data: { type: "string", default: join(process.env.NIRKIT_DATA ?? "../shared/data", "mnist") },
    out: { type: "string", default: "build/pot-fpga-mnist" },
    seed: { type: "string", default: "1" },
    images: { type: "string", default: "200" },
    help: { type: "boolean", default: false },
  },
});

async function run(): Promise<number> {
  // Without it tfjs greets on standard error.
  tf.enableProdMode();
  await tf.setBackend("cpu");
  const { data, out } = values;
  const digits = await readDigits(data);
  const recipe = { ...fullRecipe, seed: Number(values.seed) };
  const { pot } = await cachedDigits(out, digits, recipe, (text) => console.error(text));
  const graph = await quantizeDigits(pot);
  await writeFile(join(out, "digits.nir"), await writeNir(graph));
  const shown = Math.min(digits.test.length, Math.max(1, Number(values.images)));
  const samples = await Promise.all(Array.from({ length: shown }, (_, k) => digits.test.get(k)));
  const designs = laneChoices.map((lanes) => designDigits(graph, lanes));
  console.error("integers on all test images");
  const accuracy = await classify(designs[0] as DigitDesign, digits.test);
  const findings: DigitFindings[] = [];
  for (const design of designs) {
    console.error(`lanes ${design.lanes}: Verilator and Yosys`);
    await writeDesign(join(out, design.lanes), design);
    findings.push(await findingsOf(design, samples));
  }
  console.log(`784-${recipe.hidden}-10, powers of two of 4 bits, held 8-bit pixels, Artix-7\n`);
  console.log(digitReport(accuracy, findings));
  return findings.every(({ proof }) => proof.ok) ? 0 : 1;
}

async function findingsOf(design: DigitDesign, samples: readonly Sample[]): Promise<DigitFindings> {
  const tools = processTools();
  const cycles = countCycles(design, samples);
  return {
    lanes: design.lanes,
    cycles,
    proof: await proveDigits(design, samples, tools),
    area: await synthesizeDigits(design, samples, tools),
    estimate: estimateDigits(design, cycles.activity),
  };
}

async function writeDesign(folder: string, { deployment }: DigitDesign): Promise<void> {
  for (const { path, content } of fpga.emit(deployment)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

try {
  if (values.help) console.log(help);
  else process.exitCode = await run();
} catch (error) {
  if (!(error instanceof NirkitError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
