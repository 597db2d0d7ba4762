/** All rows of one task. */
import { sizeOf } from "@nirkit/graph";
import { evaluateSetting, floatRight, type Row } from "./evaluate.ts";
import type { Chapter } from "./page.ts";
import { calibratedSettings, membraneSettings, plainSettings, type Setting } from "./settings.ts";
import { openTask, type TaskName } from "./tasks.ts";

const abouts: Readonly<Record<TaskName, string>> = {
  digits_mlp: "UCI digits as spikes of 16 steps, 64-96-10, LIF.",
  digits_cnn: "UCI digits as spikes of 16 steps, two convolutions with sum pooling and a dense layer, LIF.",
  cnn_sinabs: "N-MNIST, recorded, 300 steps of 1 ms, four convolutions and two dense layers, IF.",
};

/** Quantizes a task in every setting. */
export async function makeChapter(name: TaskName, progress: (row: Row) => void = () => {}): Promise<Chapter> {
  const task = await openTask(name);
  const rows = async (settings: readonly Setting[]): Promise<readonly Row[]> => {
    const made: Row[] = [];
    for (const setting of settings) {
      const row = await evaluateSetting(task, setting);
      progress(row);
      made.push(row);
    }
    return made;
  };
  let weights = 0;
  for (const node of task.graph.flatten().nodes().values())
    if ("weight" in node && node.weight !== undefined) weights += sizeOf(node.weight.shape);
  return {
    name,
    about: abouts[name],
    tests: task.tests.length,
    floatRight: floatRight(task),
    floatBytes: 4 * weights,
    ...task.words,
    weights: await rows([...plainSettings(), ...calibratedSettings(name)]),
    membranes: await rows(membraneSettings()),
  };
}
