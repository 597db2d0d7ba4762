/** Trains the float network alone and says what it is right about. Usage: node dist/train.js --help */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { NirkitError } from "@nirkit/graph";
import { writeNir } from "@nirkit/hdf5";
import { metricsLog } from "@nirkit/train/node";
import { gesturePart } from "./gesture-parts.ts";
import { scoreGestures, scoreTable } from "./gesture-score.ts";
import { testSamples } from "./samples.ts";
import { trainFloat } from "./train-network.ts";

const help = `node dist/train.js [options]
  --data DIR    recordings, made once and kept there (default gestures-cache)
  --out DIR     float.nir and float.jsonl (default gestures-out)
  --epochs N    default 30
  --seed N      of the weights, the order and the cuts (default 1)
  --train N     recordings of each training user and class (default 3)
  --test N      and of each test user (default 8)
`;

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "gestures-cache" },
    out: { type: "string", default: "gestures-out" },
    epochs: { type: "string", default: "30" },
    seed: { type: "string", default: "1" },
    train: { type: "string", default: "3" },
    test: { type: "string", default: "8" },
    help: { type: "boolean", default: false },
  },
});

/** A whole number of at least `least`. */
function whole(name: "seed" | "epochs" | "train" | "test", least: number): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= least) return value;
  process.stderr.write(`--${name} is ${values[name]}: a whole number from ${least} is wanted\n`);
  process.exit(1);
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  if (values.help) return say(help);
  const [epochs, seed] = [whole("epochs", 1), whole("seed", 0)];
  const [perTraining, perTest] = [whole("train", 1), whole("test", 1)];
  const training = await gesturePart(values.data, "train", perTraining, say);
  const test = testSamples(await gesturePart(values.data, "test", perTest, say));
  say(
    `${training.labels.length} recordings of users 1 to 23 to train, ${test.length} of users 24 to 29 to test`,
  );
  await mkdir(values.out, { recursive: true });
  const log = metricsLog(join(values.out, "float.jsonl"), { steps: false });
  await log.open();
  const start = process.cpuUsage();
  const choices = { epochs, seed, callbacks: [log.callback] };
  const graph = await trainFloat(training, choices, ({ epoch, train }) => {
    const share = (100 * (train.metrics.accuracy ?? 0)).toFixed(2);
    say(`epoch ${epoch + 1}/${epochs}: loss ${train.loss.toFixed(4)}, train ${share} %`);
  });
  const { user, system } = process.cpuUsage(start);
  await writeFile(join(values.out, "float.nir"), await writeNir(graph));
  say(scoreTable(scoreGestures(graph, test)));
  say(`seed ${seed}, ${epochs} epochs, ${((user + system) / 1e6).toFixed(0)} s of CPU to train`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof NirkitError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
