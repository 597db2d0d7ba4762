/** The recipe of DIET-SNN (Rathi and Roy, arXiv 2008.03658) as options. */
import { membraneLastCrossEntropy } from "../loss/cross-entropy.ts";
import type { Loss } from "../loss/loss.ts";
import { triangular } from "../surrogate/surrogate.ts";
import type { BuildOptions } from "./build-options.ts";

/** What to build the model with, and the loss of its final membrane. */
export interface DietSnn {
  readonly build: Pick<BuildOptions, "dialect" | "surrogate" | "detachReset" | "trainable">;
  readonly loss: Loss;
}

/**
 * u[t] = β·u[t−1] + x[t] − θ·s[t−1] with one β and one θ learned per layer, 0.3·max(0, 1 − |u/θ − 1|)/θ in place of the
 * spike's derivative, and the cross entropy of the membrane in the last step. The input goes in as currents, the same in
 * every step (`holdInput`), and the network ends in an I node, which forgets nothing.
 *
 * @example const { build, loss } = dietSnn(); await buildTrainable(graph, { ...build, dt: 1 })
 */
export function dietSnn(): DietSnn {
  return {
    build: {
      dialect: { name: "nir-euler+subtract", reset: "subtract", resetDelay: 1 },
      surrogate: triangular({ gamma: 0.3, w: 1, normalize: "threshold" }),
      detachReset: true,
      trainable: { leak: { granularity: "layer", coupleGain: false }, threshold: "layer" },
    },
    loss: membraneLastCrossEntropy(),
  };
}
