/** The SpiNNaker2 back end as a plugin. */
import { type Backend, type Deployment, defineBackend } from "@nirkit/backend";
import { emitS2 } from "./emit/emit.ts";
import { estimateS2 } from "./estimate.ts";
import { loadS2 } from "./load.ts";
import { checkS2, mapS2 } from "./map/compile.ts";
import type { S2Mapping } from "./map/mapping.ts";
import { type S2Options, s2OptionsSchema } from "./options.ts";
import { simulateS2 } from "./simulate.ts";
import { verifyS2 } from "./verify.ts";
import { version } from "./version.ts";

function deploymentOf(mapping: S2Mapping): Deployment<S2Mapping> {
  return { backend: "spinnaker2", version, graphHash: mapping.graphHash, options: mapping.options, mapping };
}

/** SpiNNaker2: populations on its PEs, a py-spinnaker2 program that checks itself, and the chip in TypeScript. */
export const spinnaker2: Backend<S2Options, S2Mapping> = defineBackend({
  contract: 1,
  name: "spinnaker2",
  version,
  summary:
    "py-spinnaker2 program with integer weights, memory of every PE, and a simulator equal to the chip",
  options: s2OptionsSchema,
  lowering: { links: "one-step", neuron: "float32", conv3d: "lower" },
  check: checkS2,
  compile: (network, options) => deploymentOf(mapS2(network, options)),
  emit: ({ mapping }) => emitS2(mapping),
  load: (files) => deploymentOf(loadS2(files)),
  simulate: ({ mapping }, input, options = {}) => simulateS2(mapping, input, options),
  estimate: ({ mapping }, activity) => estimateS2(mapping, activity),
  verify: verifyS2,
});
