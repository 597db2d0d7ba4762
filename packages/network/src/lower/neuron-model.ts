/** Neuron models of populations: from the annotation, or made here for sums and delays. */
import { type NirNode, toFloat64 } from "@nirkit/graph";
import type { QuantizedNeuron } from "@nirkit/quantize";
import type { IntegerNeuron } from "../network.ts";

/** The model of a neuron or Threshold node from its annotation. */
export function annotatedNeuron(node: NirNode, quantized: QuantizedNeuron): IntegerNeuron {
  const isCuba = node.type === "CubaLIF" || node.type === "CubaLI";
  const kind = node.type === "Threshold" ? "threshold" : isCuba ? "cuba" : "lif";
  return {
    ...quantized.arithmetic,
    arithmetic: "integer",
    kind,
    spiking:
      node.type === "IF" || node.type === "LIF" || node.type === "CubaLIF" || node.type === "Threshold",
    theta: compact(quantized.theta),
    sub: compact(quantized.sub),
    vReset: compact(quantized.vReset),
    stateScale: compact(quantized.stateScale),
    stateOffset: "vLeak" in node ? compact(toFloat64(node.vLeak)) : Float64Array.of(0),
  };
}

/** A population without state: `sum` in front of an Output, `delay` for a Delay node. */
export function statelessNeuron(
  kind: "sum" | "delay",
  shape: { readonly stateBits: number; readonly fracBits: number; readonly scale: Float64Array },
): IntegerNeuron {
  const half = 2 ** (shape.stateBits - 1);
  return {
    arithmetic: "integer",
    kind,
    spiking: false,
    compare: "gt",
    reset: "none",
    resetDelay: 0,
    spikeDelay: 0,
    cubaOrder: "new",
    leak: { form: "none" },
    synLeak: { form: "none" },
    stateBits: shape.stateBits,
    fracBits: shape.fracBits,
    vMin: -half,
    vMax: half - 1,
    overflow: "sat",
    theta: Int32Array.of(0),
    sub: Int32Array.of(0),
    vReset: Int32Array.of(0),
    stateScale: compact(shape.scale),
    stateOffset: Float64Array.of(0),
  };
}

/** One entry where all are equal: back ends spend a constant on it, not a memory. */
function compact<A extends Int32Array | Float64Array>(values: A): A {
  return values.length > 1 && values.every((v: number) => v === values[0])
    ? (values.slice(0, 1) as A)
    : values;
}
