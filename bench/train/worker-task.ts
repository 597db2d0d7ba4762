/** The training task of a case, built alike here and in a worker thread. */
import "@tensorflow/tfjs-backend-wasm";
import {
  buildTrainable,
  fastSigmoid,
  type Metric,
  spikeCountCrossEntropy,
  type TrainingTask,
} from "@nirkit/train";
import * as tf from "@tensorflow/tfjs-core";
import { type Case, cases } from "./cases.ts";

/** Writes down how much processor time its thread has taken. */
function clock(shared: SharedArrayBuffer): Metric {
  const milliseconds = new Float64Array(shared);
  return {
    name: "clock",
    measure: () => {
      const { user, system } = process.threadCpuUsage();
      milliseconds[0] = (user + system) / 1000;
      return {};
    },
    values: () => ({}),
  };
}

/** Model and objective of a case; a worker is told where to write its processor time. */
export default async function trainingTask({
  name,
  shared,
}: Pick<Case, "name"> & { readonly shared?: SharedArrayBuffer }): Promise<TrainingTask> {
  await tf.setBackend("wasm");
  await tf.ready();
  const { graph } = cases.find((given) => given.name === name) as Case;
  const model = await buildTrainable(graph, {
    dt: 1,
    dialect: "nir-euler+subtract",
    surrogate: fastSigmoid(),
    execution: "fused",
    name: `${name}-workers`,
  });
  const loss = spikeCountCrossEntropy();
  return { model, objective: { loss, ...(shared === undefined ? {} : { metrics: [clock(shared)] }) } };
}
