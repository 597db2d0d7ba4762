import { graph, type NirGraph } from "@nirkit/graph";
import {
  checkQuantized,
  type MembraneNeuron,
  membraneStep,
  readQuantized,
  restingMembrane,
} from "@nirkit/quantize";
import { quantizeUniform, uniform } from "@nirkit/quantize-uniform";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { imSnnLevels, imSnnMembrane, imSnnStep, stackedSurrogate, triangleSurrogate } from "../src/index.ts";

const ternary = imSnnLevels(-1);
const five = imSnnLevels();
const inputs = [0.4, 0.5, 0.3, 0.9, 0.7, -0.2, -1.4, 0.2, 1.6];

describe("IM-SNN levels and gradients", () => {
  test("lb -3 gives five levels -3 … 1, lb -1 three; 0 and 1.5 are refused", () => {
    expect(five).toEqual([-3, -2, -1, 0, 1]);
    expect(ternary).toEqual([-1, 0, 1]);
    for (const lowest of [0, 1.5, -2000]) expect(() => imSnnLevels(lowest)).toThrow(/E_BAD_OPTION/);
  });

  test("stacked surrogate of ternary states: .483577 at -1, .786448 at 0, .768300 at .25, .103649 at 2", () => {
    const expected: readonly (readonly [number, number])[] = [
      [-1, 0.483577],
      [-0.5, 0.709987],
      [0, 0.786448],
      [0.25, 0.7683],
      [0.5, 0.709987],
      [1, 0.483577],
      [2, 0.103649],
    ];
    for (const [m, slope] of expected) expect(stackedSurrogate(m, ternary)).toBeCloseTo(slope, 6);
  });

  test("stacked surrogate of five levels: .967154 at -1, .890097 at 0, .498694 at 1", () => {
    expect([-1, 0, 1].map((m) => Number(stackedSurrogate(m, five).toFixed(6)))).toEqual([
      0.967154, 0.890097, 0.498694,
    ]);
  });

  test("the area under the stacked surrogate is the number of levels but 0", () => {
    for (const levels of [ternary, five]) {
      let area = 0;
      for (let m = -20; m < 20; m += 0.01) area += stackedSurrogate(m, levels) * 0.01;
      expect(area).toBeCloseTo(levels.length - 1, 6);
    }
  });

  test("triangle max(0, 1 − |m − 1|): 1 at the threshold, .75 at .75, 0 from 2 on", () => {
    expect([1, 0.75, 2, 0, 2.5].map((m) => triangleSurrogate(m))).toEqual([1, 0.75, 0, 0, 0]);
  });
});

describe("the trace .4 .5 .3 .9 .7 -.2 -1.4 .2 1.6 with ternary states", () => {
  const before = [0.4, 0.5, 0.3, 0.9, 1.2, -0.2, -1.4, -0.3, 1.6];
  const stored = [0, 0, 0, 1, 0, 0, -1, 0, 0];
  const spikes = [4, 8];

  test("in float: stored 0 0 0 1 0 0 -1 0 0, spikes in steps 4 and 8", () => {
    let m = 0;
    const steps = inputs.map((x) => {
      const step = imSnnStep(m, x, ternary);
      m = step.stored;
      return step;
    });
    steps.forEach((step, t) => {
      expect(step.before).toBeCloseTo(before[t] ?? 0, 12);
    });
    expect(steps.map((step) => step.stored)).toEqual(stored);
    expect(steps.flatMap(({ spike }, t) => (spike ? [t] : []))).toEqual(spikes);
  });

  test("in integers: tenths, one fractional bit, one arithmetic shift; Theta 20", () => {
    const neuron: MembraneNeuron = {
      kind: "lif",
      spiking: true,
      theta: 20,
      sub: 0,
      vReset: 0,
      arithmetic: {
        compare: "gt",
        reset: "value",
        resetDelay: 0,
        spikeDelay: 0,
        cubaOrder: "new",
        leak: { form: "shift", shift: 1 },
        synLeak: { form: "none" },
        stateBits: 6,
        fracBits: 1,
        vMin: -20,
        vMax: 20,
        overflow: "sat",
        stateLevels: [-20, 0, 20],
      },
    };
    let state = restingMembrane;
    inputs.forEach((x, t) => {
      const step = membraneStep(neuron, state, Number((x * 10).toFixed(0)));
      expect(step.x).toBe(Number(((before[t] ?? 0) * 20).toFixed(0)));
      expect(step.u).toBe((stored[t] ?? 0) * 20);
      expect(step.spike).toBe(spikes.includes(t));
      state = step;
    });
  });

  test("integers and floats agree step by step for 10 000 random inputs in sixteenths", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 20, maxLength: 20 }),
        fc.constantFrom(-1, -2, -3),
        (xs, lowest) => {
          const levels = imSnnLevels(lowest);
          let m = 0;
          let u = 0;
          for (const x of xs) {
            const float = imSnnStep(m, x / 16, levels);
            // tau·m = U >> 1 is exact where U is even: levels are multiples of 32.
            const before = u / 2 + 2 * x;
            const spike = before > 32;
            m = float.stored;
            u = m * 32;
            if (float.before * 32 !== before || float.spike !== spike) return false;
          }
          return true;
        },
      ),
      { seed: 11, numRuns: 500 },
    );
  });
});

const net = (): NirGraph =>
  graph()
    .input("in", [3])
    .linear("fc", {
      weight: [
        [0.9, -0.35, 0.05],
        [-0.6, 0.12, -0.02],
      ],
    })
    .lif("lif", { tau: 2, r: 2, vThreshold: 1 })
    .output("out")
    .build();

describe("IM-SNN through the driver", () => {
  test("the highest level is the threshold, which is an exact integer; F stays 4, tau 1/2 is exact", async () => {
    const { graph: result, report } = await quantizeUniform(net(), {
      bits: 4,
      dt: 1,
      membrane: imSnnMembrane({ lowest: -1 }),
    });
    expect(checkQuantized(result, [uniform])).toEqual([]);
    const lif = readQuantized(result, [uniform]).neurons.get("lif");
    const theta = lif?.theta[0] ?? 0;
    expect(lif?.arithmetic.stateLevels).toEqual([-theta, 0, theta]);
    expect(lif?.arithmetic.leak).toEqual({ form: "mul", mul: 2048, shift: 12, round: "zero" });
    expect(report.neurons[0]).toMatchObject({ storedBits: 2, membrane: "im-snn-1", fracBits: 4 });
    // Theta·g·s is the threshold of the float network, up to float32.
    expect((theta / 16) * (lif?.stateScale[0] ?? 0)).toBeCloseTo(1, 6);
  });

  test("neurons of several thresholds in one population are refused: 124 and 186 per channel", async () => {
    await expect(
      quantizeUniform(net(), { bits: 4, axis: 0, dt: 1, membrane: imSnnMembrane() }),
    ).rejects.toThrow(/E_MEMBRANE_GRID nodes\.lif.*several \(124, 186\)/);
  });
});
