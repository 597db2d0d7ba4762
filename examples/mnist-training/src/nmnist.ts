/** N-MNIST, beside the same network in PyTorch where that is there. Usage: node dist/nmnist.js --help */
import "@tensorflow/tfjs-backend-cpu";
import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { folderFiles } from "@nirkit/events/node";
import { writeNir } from "@nirkit/hdf5";
import * as tf from "@tensorflow/tfjs-core";
import { correctSamples } from "./fit-network.ts";
import { nmnistRecipe, trainNmnist } from "./nmnist-network.ts";
import { readRecordings, shownRecordings, someRecordings } from "./nmnist-recordings.ts";
import { cpuSeconds, runCommand, runLog, say } from "./run-log.ts";
import { namedOption, readOptions, wholeOption } from "./run-options.ts";

const help = `node dist/nmnist.js [options]
  --data DIR     folder with Train/<digit>/<id>.bin and Test/…, or zip files of them
                 (default events/nmnist in $NIRKIT_DATA)
  --out DIR      nmnist.nir and nmnist.jsonl (default nmnist-out)
  --seed N       of weights, order and changes (default 1)
  --epochs N     default ${nmnistRecipe.epochs}
  --train PART   all recordings, or some: without every ${nmnistRecipe.heldEvery}th, which is for validation (default all)
  --peer PYTHON  a Python with torch and numpy: trains the same there (default $NIRKIT_TORCH_PYTHON)
`;

const values = readOptions({
  data: { type: "string", default: join(process.env.NIRKIT_DATA ?? "../shared/data", "events/nmnist") },
  out: { type: "string", default: "nmnist-out" },
  seed: { type: "string", default: "1" },
  epochs: { type: "string", default: String(nmnistRecipe.epochs) },
  train: { type: "string", default: "all" },
  peer: { type: "string", default: process.env.NIRKIT_TORCH_PYTHON ?? "" },
  help: { type: "boolean", default: false },
});

await runCommand(async () => {
  if (values.help) return say(help);
  const seed = wholeOption("seed", values.seed, 0);
  const epochs = wholeOption("epochs", values.epochs, 1);
  const part = namedOption("train", values.train, ["all", "some"]);
  // Without it tfjs greets on standard error.
  tf.enableProdMode();
  await tf.setBackend("cpu");
  const start = process.cpuUsage();
  const files = await folderFiles(values.data);
  const all = await readRecordings(files, "train");
  const test = await readRecordings(files, "test");
  const positions = Array.from({ length: all.length }, (_, k) => k);
  const held = positions.filter((k) => k % nmnistRecipe.heldEvery === 0);
  const trained = part === "all" ? positions : positions.filter((k) => k % nmnistRecipe.heldEvery !== 0);
  await mkdir(values.out, { recursive: true });
  const network = await trainNmnist({
    train: someRecordings(all, trained),
    ...(part === "all" ? {} : { validation: someRecordings(all, held) }),
    seed,
    epochs,
    callbacks: await runLog(values.out, "nmnist"),
  });
  await writeFile(join(values.out, "nmnist.nir"), await writeNir(network));
  const right = await correctSamples(network, shownRecordings(test, nmnistRecipe.steps));
  say(`nirkit   ${right} of ${test.length} test recordings, trained on ${trained.length}`);
  say(`seed ${seed}, ${epochs} epochs, ${cpuSeconds(start).toFixed(0)} s of CPU`);
  if (part === "some") say("without the validation recordings; the peer trains on all and is left out");
  else if (values.peer === "") say("PyTorch  left out: --peer names a Python with torch and numpy");
  else peer(values.peer, seed, epochs);
});

function peer(python: string, seed: number, epochs: number): void {
  const script = fileURLToPath(new URL("../pytorch/nmnist.py", import.meta.url));
  const args = [script, values.data, "--seed", String(seed), "--epochs", String(epochs)];
  const { status, error } = spawnSync(python, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) say(`PyTorch  failed: ${error?.message ?? `${python} ended with ${status}`}`);
}
