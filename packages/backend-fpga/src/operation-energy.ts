/**
 * Energy by operations: 45 nm, Horowitz (ISSCC 2014), with QKeras' width laws add(b) = 0.003125·b pJ, a shift like an
 * addition, and mult(b1, b2) = 0.002994791667·b1·b2 + 0.0010417·max(b1, b2) pJ. A view of an ASIC, not of any FPGA.
 */

import type { Activity } from "@nirkit/graph";
import { layerArcs } from "./layer-arc.ts";
import type { FpgaPlan, LayerPlan } from "./plan-types.ts";
import { magnitudeBits } from "./weight-code.ts";

/**
 * pJ per sample of one layer: every synaptic operation an addition, with multi-bit input also a product or a shift;
 * every update of a neuron three additions.
 */
export function operationEnergyPj(plan: FpgaPlan, layer: LayerPlan, activity: Activity): number {
  const samples = activity.get(plan.input.name)?.samples ?? 1;
  const { widths } = layer;
  const paths = new Set(
    [...layerArcs(layer).map(({ projection }) => projection), ...layer.projections].map((p) => p.path),
  );
  const adds = [...paths].reduce((sum, path) => sum + (activity.get(path)?.synapticOps ?? 0), 0);
  const updates = (activity.get(layer.path)?.steps ?? 0) * layer.neurons;
  return (adds * (addPj(widths.acc) + lanePj(layer)) + updates * 3 * addPj(widths.work)) / samples;
}

/** What a lane does with a value before it is added: 8 x 8 bits 0.200 pJ, 4 x 8 bits 0.104, a shift of 14 bits 0.044. */
function lanePj({ widths, projections: [forward] }: LayerPlan): number {
  if (forward === undefined || widths.value === 0) return 0;
  const { code, weightBits: bits, slots = [0] } = forward;
  if (code === "integer") return multiplyPj(widths.value, bits);
  // Every shift but the first is added to those before it.
  return (2 * slots.length - 1) * addPj(widths.value + magnitudeBits({ code, bits, slots }) - 1);
}

function addPj(bits: number): number {
  return 0.003125 * bits;
}

function multiplyPj(a: number, b: number): number {
  return 0.002994791667 * a * b + 0.0010417 * Math.max(a, b);
}
