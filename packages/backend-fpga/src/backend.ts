/** The FPGA back end as a plugin. */
import { type Backend, type Deployment, defineBackend } from "@nirkit/backend";
import { emitFpga } from "./emit.ts";
import { estimateFpga } from "./estimate.ts";
import { fromArtefacts } from "./manifest.ts";
import { type FpgaOptions, fpgaOptionsSchema } from "./options.ts";
import { planFpga } from "./plan.ts";
import type { FpgaPlan } from "./plan-types.ts";
import { checkFpga } from "./refuse.ts";
import { simulateFpga } from "./simulate.ts";
import { verifyFpga } from "./verify.ts";
import { version } from "./version.ts";

function deploymentOf(plan: FpgaPlan): Deployment<FpgaPlan> {
  return { backend: "fpga", version, graphHash: plan.graphHash, options: plan.options, mapping: plan };
}

/** Verilog-2005 for FPGAs: event-driven cores with exact integers, a self-checking bench, and the same in TypeScript. */
export const fpga: Backend<FpgaOptions, FpgaPlan> = defineBackend({
  contract: 1,
  name: "fpga",
  version,
  summary: "Verilog-2005 with AXI4-Stream events, a self-checking test bench and a cycle-exact simulator",
  options: fpgaOptionsSchema,
  lowering: { links: "same-step", neuron: "integer", conv3d: "lower" },
  check: checkFpga,
  compile: (network, options) => deploymentOf(planFpga(network, options)),
  emit: ({ mapping }) => emitFpga(mapping),
  load: (files) => deploymentOf(fromArtefacts(files)),
  simulate: ({ mapping }, input, options = {}) => simulateFpga(mapping, input, options),
  estimate: ({ mapping }, activity) => estimateFpga(mapping, activity),
  verify: verifyFpga,
});
