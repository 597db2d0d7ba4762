/**
 * One rule makes integers and thresholds of a float network, whichever way it goes: the dialect `spinnaker2` of the
 * simulator, the preset of the quantizer with the mapping, and the formulas of py-spinnaker2's importer written out.
 */
import { graph, type NirGraph, type SpikeInput, type Tensor, tensor, toFloat64 } from "@nirkit/graph";
import { philox, type Random, type RoundingMode, round } from "@nirkit/integer";
import { lower, type Network } from "@nirkit/network";
import { quantizeGraph, quantizePresets, withPreset } from "@nirkit/quantize";
import { uniform } from "@nirkit/quantize-uniform";
import { simulate } from "@nirkit/simulate";
import { describe, expect, test } from "vitest";
import { mapS2, simulateS2, spinnaker2 } from "../src/index.ts";

const deep = process.env.NIRKIT_DEEP === "1";
const steps = 40;
const dt = 1;

type Layer = "if" | "lif" | "cuba";

interface Cell {
  readonly tau: number;
  readonly tauSyn: number;
  readonly r: number;
  readonly wIn: number;
  readonly vThreshold: number;
}

/** Input, dense with bias, neurons that may feed themselves; half of the thresholds are what one largest spike gives. */
function network(random: Random, layer: Layer): NirGraph {
  const inputs = 2 + random.integer(6);
  const size = 1 + random.integer(6);
  const spread = 10 ** (3 * random.uniform() - 2);
  const onGrid = random.uniform() < 0.3;
  const value = (): number => {
    const w = Math.fround((2 * random.uniform() - 0.8) * spread);
    return onGrid ? Math.fround(Math.trunc(16 * random.uniform() - 6) * Math.fround(spread / 7)) : w;
  };
  const rows = (columns: number): number[][] =>
    Array.from({ length: size }, () => Array.from({ length: columns }, value));
  const weight = rows(inputs);
  const bias = Array.from({ length: size }, () => (random.uniform() < 0.5 ? 0 : 0.1 * value()));
  const largest = Math.max(...weight.flat().map(Math.abs));
  const cell: Cell = {
    tau: 2 + random.integer(6),
    tauSyn: 2 + random.integer(4),
    r: 2 ** (random.integer(3) - 1),
    wIn: 2,
    vThreshold: largest * (random.uniform() < 0.5 ? 1 : 0.3 + 2 * random.uniform()) || 1,
  };
  const start = graph().input("in", [inputs]).affine("fc", { weight, bias });
  const neurons =
    layer === "if"
      ? start.if("n", { r: 1, vThreshold: cell.vThreshold })
      : layer === "lif"
        ? start.lif("n", { ...cell, r: cell.tau * cell.r, vLeak: 0 })
        : start.cubaLif("n", { ...cell, tauMem: cell.tau, vLeak: 0 });
  const made = neurons.output("out").build();
  if (random.uniform() < 0.5) return made;
  return made.with({
    setNodes: [["rec", { type: "Linear", weight: tensor("float32", [size, size], rows(size).flat()) }]],
    addEdges: [
      ["n", "rec"],
      ["rec", "n"],
    ],
  });
}

interface Imported {
  readonly ints: ReadonlyMap<string, number[]>;
  readonly threshold: number;
}

/** round(W·S) and v_threshold·S/gain with S = 127/max|W|, the largest weight over all projections into the population. */
function imported(source: NirGraph, rounding: RoundingMode): Imported {
  const weights = ["fc", "rec"].flatMap((name) => {
    const node = source.nodes().get(name);
    return node?.type === "Affine" || node?.type === "Linear"
      ? [[name, [...toFloat64(node.weight)]] as const]
      : [];
  });
  const largest = Math.max(...weights.flatMap(([, values]) => values.map(Math.abs)));
  const scale = largest === 0 ? 1 : 127 / largest;
  const ints = new Map(
    weights.map(([name, values]) => [name, values.map((w) => round(w * scale, rounding))]),
  );
  const neuron = source.node("n");
  if (neuron.type !== "IF" && neuron.type !== "LIF" && neuron.type !== "CubaLIF")
    throw new Error(`n is a ${neuron.type}`);
  const first = (values: Tensor): number => toFloat64(values)[0] ?? Number.NaN;
  const membrane = neuron.type === "IF" ? 1 : dt / first(neuron.type === "LIF" ? neuron.tau : neuron.tauMem);
  const synapse = neuron.type === "CubaLIF" ? (dt / first(neuron.tauSyn)) * first(neuron.wIn) : 1;
  const gain = membrane * first(neuron.r) * synapse;
  return { ints, threshold: Math.fround(first(neuron.vThreshold) * (scale / gain)) };
}

async function onChip(
  source: NirGraph,
  reset: "value" | "subtract",
  rounding: RoundingMode,
): Promise<Network> {
  const preset = quantizePresets.get("spinnaker2");
  if (preset === undefined) throw new Error("there is no preset spinnaker2");
  const options = withPreset(preset, { dt, convention: { reset, ifGain: "stepR" } }, false);
  const params = uniform.params.parse({ ...preset.params, rounding });
  const { graph: quantized } = await quantizeGraph(source, uniform, { ...options, params });
  return lower(quantized, spinnaker2.lowering);
}

function trainOf(random: Random, inputs: number): SpikeInput {
  const data = Uint8Array.from({ length: steps * inputs }, () => Number(random.uniform() < 0.3));
  return new Map([["in", { dtype: "uint8", shape: [steps, inputs], data }]]);
}

describe.each(["if", "lif", "cuba"] as const)("%s", (layer) => {
  const count = deep ? 4000 : 40;
  test.for(["DOWN", "HALF_EVEN"] as const)(
    `${count} random networks: quantized by the preset and lowered, integers and thresholds are those of the formulas, rounding %s`,
    async (rounding) => {
      let below = 0;
      for (let n = 0; n < count; n++) {
        const source = network(philox(n, `one-rule/${layer}`), layer);
        const lowered = await onChip(source, "value", rounding);
        const { ints, threshold } = imported(source, rounding);
        for (const { name, weights } of lowered.projections)
          expect([n, name, [...weights.ints]]).toEqual([n, name, ints.get(name)]);
        const neuron = lowered.populations[0]?.neuron;
        expect([n, neuron?.arithmetic === "float32" && neuron.params.get("threshold")?.[0]]).toEqual([
          n,
          threshold,
        ]);
        if (![...ints.values()].flat().some((int) => Math.abs(int) === 127)) below++;
      }
      // The product puts the largest weight itself just below 127 now and then; only truncation takes it to 126.
      expect(below > 0).toBe(rounding === "DOWN");
    },
  );
});

describe.each(["if", "lif"] as const)("%s", (layer) => {
  const count = deep ? 4000 : 40;
  test.for(["value", "subtract"] as const)(
    `${count} random networks: the dialect in float32 fires as the chip does, reset %s`,
    async (reset) => {
      let spikes = 0;
      for (let n = 0; n < count; n++) {
        const random = philox(n, `one-rule/${layer}/${reset}`);
        const source = network(random, layer);
        const input = trainOf(random, source.types().outputShape("in")?.[0] ?? 0);
        const chip = simulateS2(mapS2(await onChip(source, reset, "DOWN")), input);
        const dialect = reset === "value" ? "spinnaker2" : "spinnaker2+subtract";
        const float = simulate(source, input, { dialect, dt, precision: "f32" });
        const [fired, want] = [chip.outputs.get("out"), float.outputs.get("out")].map((t) =>
          Array.from(t?.data ?? [], Number),
        );
        expect([n, fired]).toEqual([n, want]);
        spikes += want?.reduce((a, b) => a + b, 0) ?? 0;
      }
      expect(spikes).toBeGreaterThan(count);
    },
  );
});
