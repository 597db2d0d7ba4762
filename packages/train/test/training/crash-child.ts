/**
 * A run with checkpoints, to be killed and continued: `crash-child.ts FOLDER EPOCHS VARIANT`. Prints a line per step, then
 * the bits.
 */
import { checkpointFolder } from "@nirkit/train/node";
import { checkpoint, earlyStopping, restoreCheckpoint } from "../../src/index.ts";
import { dataOf, type Variant, variants } from "./crash-variants.ts";
import { toyData, toyTrainer } from "./toy-task.ts";

const [folder = "", epochs = "6", name = "adamW, plateau"] = process.argv.slice(2);
const variant = (variants[name] as () => Variant)();
const store = checkpointFolder(folder);
const trainer = await toyTrainer(
  {
    ...variant.trainer,
    callbacks: [
      earlyStopping({ patience: 100, restoreBest: false }),
      checkpoint({ store, everySteps: 1, keepBest: "val.accuracy" }),
    ],
    identity: { seed: 3, batchSize: 16 },
  },
  variant.build,
);
const last = await store.load("last");
if (last !== undefined) await restoreCheckpoint(trainer, last);
process.stdout.write(`from ${trainer.position.step}\n`);
for await (const event of trainer.fit(dataOf(variant), { epochs: Number(epochs), validation: toyData(20) }))
  if (event.kind === "step") process.stdout.write(`step ${event.step}\n`);
const weights = [...(await trainer.weights())].map(([key, values]) => [
  key,
  [...new Uint32Array(values.slice().buffer)],
]);
process.stdout.write(`weights ${JSON.stringify(weights)}\n`);
