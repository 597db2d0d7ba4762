/** A run with checkpoints, to be killed and continued: `crash-child.ts FOLDER EPOCHS`. Prints a line per step, then the bits. */
import { checkpointFolder } from "@nirkit/train/node";
import { checkpoint, earlyStopping, reduceOnPlateau, restoreCheckpoint } from "../../src/index.ts";
import { toyData, toyTrainer } from "./toy-task.ts";

const [folder = "", epochs = "6"] = process.argv.slice(2);
const store = checkpointFolder(folder);
const trainer = await toyTrainer({
  schedule: reduceOnPlateau({ patience: 1, factor: 0.5 }),
  callbacks: [
    earlyStopping({ patience: 100, restoreBest: false }),
    checkpoint({ store, everySteps: 1, keepBest: "val.accuracy" }),
  ],
  identity: { seed: 3, batchSize: 16 },
});
const last = await store.load("last");
if (last !== undefined) await restoreCheckpoint(trainer, last);
process.stdout.write(`from ${trainer.position.step}\n`);
for await (const event of trainer.fit(toyData(), { epochs: Number(epochs), validation: toyData(20) }))
  if (event.kind === "step") process.stdout.write(`step ${event.step}\n`);
const weights = [...(await trainer.weights())].map(([key, values]) => [
  key,
  [...new Uint32Array(values.slice().buffer)],
]);
process.stdout.write(`weights ${JSON.stringify(weights)}\n`);
