/** Other weights in a design: its images, and the register writes that load them. */
import { NirkitError } from "@nirkit/graph";
import type { Network } from "@nirkit/network";
import { buildPlan } from "./build-plan.ts";
import { fpgaDiagnostic } from "./diagnostics.ts";
import { imageWrites, type RegisterWrite } from "./image-writes.ts";
import type { FpgaPlan, LayerPlan } from "./plan-types.ts";
import { checkFpga } from "./refuse.ts";

/** A design with other weights in it. */
export interface ReloadedDesign {
  /** The same design, its images those of the other network. */
  readonly plan: FpgaPlan;
  /** Register writes that load them between two samples. */
  readonly writes: readonly RegisterWrite[];
}

/**
 * Loads the weights, thresholds and biases of another network into a design with `weights: "ram"`.
 *
 * @throws E_FPGA_LOAD where the two differ in more: layers, widths, leaks, resets
 */
export function reloadFpga(plan: FpgaPlan, network: Network): ReloadedDesign {
  const refuse = (found: string): never => {
    throw new NirkitError([fpgaDiagnostic("E_FPGA_LOAD", "network", { found })]);
  };
  if (plan.options.weights !== "ram") return refuse("its weights are fixed in the bitstream");
  const errors = checkFpga(network, plan.options).filter(({ level }) => level === "error");
  if (errors.length > 0) throw new NirkitError(errors);
  const other = buildPlan(network, plan.options);
  if (other.layers.length !== plan.layers.length) return refuse("it has another number of layers");
  const layers = plan.layers.map((layer, l): LayerPlan => {
    const wanted = other.layers[l] as LayerPlan;
    const differs = (Object.keys(shapeOf(layer)) as (keyof LayerPlan)[]).find(
      (key) => JSON.stringify(shapeOf(layer)[key]) !== JSON.stringify(shapeOf(wanted)[key]),
    );
    if (differs !== undefined) return refuse(`the ${differs} of layer "${layer.path}" differ`);
    return { ...layer, projections: wanted.projections, memories: wanted.memories };
  });
  const { artefacts: _, ...bare } = plan;
  const loaded = { ...bare, layers };
  return { plan: loaded, writes: imageWrites(loaded) };
}

/** All of a layer that is not loaded; names of nodes may differ. */
function shapeOf({ name: _, path, memories, projections, ...rest }: LayerPlan): Record<string, unknown> {
  return {
    ...rest,
    projections: projections.map(({ nonZero, path: _node, ...projection }) => projection),
    memories: memories.map(({ words, file, ...form }) => form),
  };
}
