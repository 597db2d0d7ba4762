/** What is refused, with the numbers and what would make it fit; one test per row of the documentation's table. */
import { graph, type NirGraph, NirkitError } from "@nirkit/graph";
import type { Float32Neuron, Float32Parameter, Network } from "@nirkit/network";
import { describe, expect, test } from "vitest";
import { checkS2, mapS2, type S2Options, simulateS2 } from "../src/index.ts";
import { convNet, delayed, dense, image, kernels, matrix, readout } from "./graphs.ts";
import { lowered, quantizeForChip, s2Options } from "./quantized.ts";

const dt = 1e-3;

async function network(source: NirGraph): Promise<Network> {
  return lowered(await quantizeForChip(source, { dt }));
}

/** `CODE path: message` of everything that is found; every refusal has a hint, and mapping throws the same. */
function found(made: Network, changes: Partial<S2Options> = {}): string[] {
  const diagnostics = checkS2(made, s2Options(changes));
  for (const d of diagnostics) expect(d.hint).toBeTruthy();
  const isRefused = diagnostics.some((d) => d.level === "error");
  if (isRefused) expect(() => mapS2(made, changes)).toThrow(NirkitError);
  else expect(mapS2(made, changes).schema).toBe("nirkit-s2-mapping/1");
  return diagnostics.map(({ code, path, message }) => `${code} ${path}: ${message}`);
}

function withParams(
  made: Network,
  changes: Readonly<Partial<Record<Float32Parameter, number>>>,
  more: Partial<Float32Neuron> = {},
): Network {
  const [first, ...rest] = made.populations;
  if (first?.neuron.arithmetic !== "float32") throw new Error("no float neuron");
  const params = new Map(first.neuron.params);
  for (const [name, value] of Object.entries(changes))
    params.set(name as Float32Parameter, Float64Array.of(value));
  return { ...made, populations: [{ ...first, neuron: { ...first.neuron, params, ...more } }, ...rest] };
}

const lif = { tau: 0.005, r: 3, vLeak: 0, vThreshold: 1, vReset: 0 };

describe("a network is refused", () => {
  test("E_S2_UNSUPPORTED_NODE: Threshold, LI without --readout membrane, weights straight into an Output", async () => {
    const made = await network(
      graph()
        .input("in", [3])
        .linear("fc", { weight: matrix("t", 2, 3) })
        .threshold("th", { threshold: [0.5, 0.5] })
        .output("out")
        .build(),
    );
    expect(found(made)[0]).toMatch(
      /^E_S2_UNSUPPORTED_NODE nodes.th: "th" is of type Threshold; the chip runs IF, LIF and CubaLIF/,
    );
    const li = await network(readout());
    expect(found(li)[0]).toMatch(/^E_S2_UNSUPPORTED_NODE nodes.cells: "cells" is of type LI/);
    expect(found(li, { readout: "membrane" }).filter((d) => d.startsWith("E_"))).toEqual([]);
    const bare = await network(
      graph()
        .input("in", [3])
        .linear("fc", { weight: matrix("t", 2, 3) })
        .output("out")
        .build(),
    );
    expect(found(bare)[0]).toMatch(
      /^E_S2_UNSUPPORTED_NODE nodes.out: "out" is of type weights into an Output/,
    );
  });

  test("E_S2_CONV_CUBALIF, with both names; expanded it runs", async () => {
    const source = graph()
      .input("in", [1, 5, 5])
      .conv2d("conv", { weight: kernels("k", [2, 1, 3, 3]) })
      .cubaLif("cuba", { tauSyn: 0.004, tauMem: 0.005, r: 3, vLeak: 0, vThreshold: 1, vReset: 0, wIn: 2 })
      .output("out")
      .build();
    const made = await network(source);
    expect(found(made)[0]).toMatch(
      /^E_S2_CONV_CUBALIF nodes.conv: The convolution "conv" feeds the CubaLIF "cuba"/,
    );
    expect(found(made, { expandConv: true }).filter((d) => d.startsWith("E_"))).toEqual([]);
  });

  test("E_S2_CONV_MIXED: a convolution beside a projection of another kind", async () => {
    const made = await network(
      image((g) => g.conv2d("conv", { weight: kernels("m", [1, 2, 3, 3]) }), [4, 4]),
    );
    const conv = made.projections[0];
    if (conv === undefined) throw new Error("no projection");
    const weights = { ...conv.weights, ints: Int8Array.of(3), shape: [1] };
    const self = { ...conv, name: "loop", source: "cells", op: { kind: "identity" } as const, weights };
    const mixed = { ...made, projections: [conv, self] };
    expect(found(mixed)[0]).toMatch(/^E_S2_CONV_MIXED nodes.cells: .*"conv".*"loop"/);
    expect(found(mixed, { expandConv: true }).filter((d) => d.startsWith("E_"))).toEqual([]);
  });

  test("E_S2_WEIGHT_RANGE: −128, with its index and the limit", async () => {
    const made = await network(dense());
    const [first, ...rest] = made.projections;
    if (first === undefined) throw new Error("no projection");
    const ints = first.weights.ints.slice();
    ints[4] = -128;
    const other = { ...made, projections: [{ ...first, weights: { ...first.weights, ints } }, ...rest] };
    expect(found(other)[0]).toMatch(
      /^E_S2_WEIGHT_RANGE nodes.fc1.weight: Weight -128 at index 4 is outside −127 … 127 \(1 such/,
    );
  });

  test("E_S2_DELAY_RANGE: 4 steps with 8-bit weights, 21 with 4-bit weights; relays make both fit", async () => {
    const eight = await network(delayed(3));
    expect(found(eight)).toContainEqual(
      expect.stringMatching(/^E_S2_DELAY_RANGE nodes.fc2: A delay of 4 steps \(0.004 s\) is outside 1 … 1/),
    );
    const four = lowered(await quantizeForChip(delayed(20), { dt, bits: 4 }));
    expect(found(four)).toContainEqual(
      expect.stringMatching(/^E_S2_DELAY_RANGE nodes.fc2: A delay of 21 steps \(0.021 s\) is outside 1 … 8/),
    );
    for (const made of [eight, four])
      expect(found(made, { relays: true }).filter((d) => d.startsWith("E_"))).toEqual([]);
  });

  test("E_S2_CONV_DELAY: a convolution behind a delay", async () => {
    const made = await network(
      image((g) => g.conv2d("conv", { weight: kernels("d", [1, 2, 3, 3]) }), [4, 4]),
    );
    const later = { ...made, projections: made.projections.map((p) => ({ ...p, delay: 3 })) };
    expect(found(later)[0]).toMatch(/^E_S2_CONV_DELAY nodes.conv: A convolution with a delay of 3 steps/);
    expect(found(later, { relays: true }).filter((d) => d.startsWith("E_"))).toEqual([]);
  });

  test("E_S2_ASYMMETRIC: strides 2 × 1; a Conv1d of stride 2 is none", async () => {
    const made = await network(
      image((g) => g.conv2d("conv", { weight: kernels("a", [1, 2, 3, 3]), stride: [2, 1] })),
    );
    expect(found(made)[0]).toMatch(/^E_S2_ASYMMETRIC nodes.conv: The stride is 2 × 1 and the pool 1 × 1/);
    const line = graph()
      .input("in", [2, 9])
      .conv1d("conv", {
        weight: [
          [
            [1, -0.5, 0.25],
            [0.5, 1, 1],
          ],
        ],
        stride: 2,
        padding: 1,
        inputShape: 9,
      } as never)
      .lif("cells", lif)
      .output("out")
      .build();
    expect(found(await network(line)).filter((d) => d.startsWith("E_"))).toEqual([]);
  });

  test("E_S2_POOL_SHAPE: a window of 3 with stride 2", async () => {
    const made = await network(
      image((g) =>
        g
          .sumPool2d("pool", { kernelSize: 3, stride: 2 })
          .conv2d("conv", { weight: kernels("p", [1, 2, 2, 2]) }),
      ),
    );
    expect(found(made)[0]).toMatch(
      /^E_S2_POOL_SHAPE nodes.conv: A pool with kernel 3 × 3, stride 2 × 2 and padding 0 × 0/,
    );
  });

  test("E_S2_TIME_CONSTANT: a decay of 0 per step", async () => {
    expect(found(withParams(await network(dense()), { alpha_decay: 0 }))[0]).toMatch(
      /^E_S2_TIME_CONSTANT nodes.hidden: dt 0.001 is not below tau 0.001: forward Euler keeps 0 of the state/,
    );
  });

  test("E_S2_THRESHOLD: above 2^24, and 0; E_S2_SIGN: a gain below 0", async () => {
    const made = await network(dense());
    expect(found(withParams(made, { threshold: 2 ** 24 + 2 }))[0]).toMatch(
      /^E_S2_THRESHOLD nodes.hidden: The threshold of neuron 0 becomes 16777218/,
    );
    expect(found(withParams(made, { threshold: 0 }))[0]).toMatch(/^E_S2_THRESHOLD nodes.hidden/);
    expect(found(withParams(made, {}, { stateScale: Float64Array.of(-1) }))[0]).toMatch(
      /^E_S2_SIGN nodes.hidden/,
    );
  });

  test("E_S2_SLICE_TOO_BIG: 10 900 inputs into one neuron; E_S2_RECORD_MEMORY with the steps that fit", async () => {
    const wide = await network(
      graph()
        .input("in", [10900])
        .linear("fc", { weight: matrix("w", 1, 10900) })
        .lif("cells", lif)
        .output("out")
        .build(),
    );
    expect(found(wide, { maxAtoms: 250 })).toContainEqual(
      expect.stringMatching(
        /^E_S2_SLICE_TOO_BIG nodes.cells: one neuron \(1 neurons, .* takes \d+ bytes too many: .*row offsets 43604/,
      ),
    );
    expect(found(wide, { profile: "wide" }).filter((d) => d.startsWith("E_S2_SLICE"))).toHaveLength(0);
    const made = await network(dense());
    const long = found(made, { steps: 20000, inputRate: 0, recordVoltage: "outputs", maxAtoms: 1 });
    expect(long).toContainEqual(
      expect.stringMatching(
        /^E_S2_RECORD_MEMORY nodes.cells: Recording 20000 steps takes 160000 bytes, and at most \d+ steps fit/,
      ),
    );
    const steps = Number(/at most (\d+) steps/.exec(long.join())?.[1]);
    const record = { inputRate: 0, recordVoltage: "outputs", maxAtoms: 1 } as const;
    expect(found(made, { ...record, steps }).filter((d) => d.includes("RECORD"))).toEqual([]);
    expect(found(made, { ...record, steps: steps + 1 }).filter((d) => d.includes("RECORD"))).toHaveLength(1);
  });

  test("E_S2_TOO_MANY_PES: 201 slices on a chip, none too many on the board; E_S2_TOO_MANY_ROUTES", async () => {
    const made = await network(
      graph()
        .input("in", [200])
        .linear("fc", { weight: matrix("w", 1, 200) })
        .lif("cells", lif)
        .output("out")
        .build(),
    );
    expect(found(made, { maxAtoms: 1 })[0]).toMatch(
      /^E_S2_TOO_MANY_PES network: 201 slices, 148 PEs: in 200, cells 1/,
    );
    expect(found(made, { maxAtoms: 1, board: "board48" }).filter((d) => d.startsWith("E_"))).toEqual([]);
    const large = await network(
      graph()
        .input("in", [16390])
        .linear("fc", { weight: [new Array<number>(16390).fill(0.5)] })
        .lif("cells", lif)
        .output("out")
        .build(),
    );
    expect(found(large, { maxAtoms: 1, profile: "wide", steps: 1 }).map((d) => d.split(" ")[0])).toContain(
      "E_S2_TOO_MANY_ROUTES",
    );
  });

  test("E_S2_OPTION: a node or a core that is not there", async () => {
    const made = await network(dense());
    expect(found(made, { atoms: "nothing=3" })[0]).toMatch(/^E_S2_OPTION options.atoms: "nothing"/);
    expect(found(made, { placement: "0=149" })[0]).toMatch(/^E_S2_OPTION options.placement: "0=149"/);
    expect(found(made, { placement: "0=7,1=7" })[0]).toMatch(/"1=7"/);
  });

  test("E_S2_INPUT_RANGE: an input of several bits, and a count of 2 unless clipped; E_S2_SHAPE", async () => {
    const made = await network(dense());
    const graded = { ...made, inputs: made.inputs.map((port) => ({ ...port, bits: 4 })) };
    expect(found(graded)[0]).toMatch(
      /^E_S2_INPUT_RANGE inputs.in: The input takes unsigned integers of 4 bits/,
    );
    const data = { dtype: "float32", shape: [2, 6], data: new Float32Array(12) } as const;
    data.data[7] = 2;
    const codes = (run: () => unknown): string => {
      try {
        run();
      } catch (error) {
        return (error as NirkitError).diagnostics.map((d) => `${d.code} ${d.message}`).join();
      }
      return "";
    };
    const mapping = mapS2(made);
    expect(codes(() => simulateS2(mapping, new Map([["in", data]])))).toMatch(
      /^E_S2_INPUT_RANGE Input 1 has 2 in step 1/,
    );
    expect(
      simulateS2(mapS2(made, { encode: "clip" }), new Map([["in", data]])).activity.get("in")?.eventsOut,
    ).toBe(1);
    const short = { ...data, shape: [3, 4] } as const;
    expect(codes(() => simulateS2(mapping, new Map([["in", short]])))).toMatch(
      /^E_S2_SHAPE Data of shape \[T, 4\], expected \[T, 6\]/,
    );
  });
});

describe("a network is warned of", () => {
  test("W_S2_BIAS_TRANSIENT: 4 steps for tau_syn 4 dt", async () => {
    expect(found(await network(dense("cuba")))[0]).toMatch(
      /^W_S2_BIAS_TRANSIENT nodes.hidden: .* settles over 4 steps/,
    );
    expect(found(await network(dense())).filter((d) => d.includes("TRANSIENT"))).toEqual([]);
  });

  test("W_S2_THRESHOLD_UNREACHABLE: a threshold above what all inputs together reach", async () => {
    const made = withParams(await network(dense()), { threshold: 2 ** 23 });
    expect(found(made)[0]).toMatch(
      /^W_S2_THRESHOLD_UNREACHABLE nodes.hidden: Neuron 0 never fires: .* below its threshold of 8388608/,
    );
  });

  test("W_S2_ACCUM_RISK: 300 weights of 127", async () => {
    const made = await network(
      graph()
        .input("in", [300])
        .linear("fc", { weight: [new Array<number>(300).fill(1)] })
        .lif("cells", lif)
        .output("out")
        .build(),
    );
    expect(found(made)).toContainEqual(expect.stringMatching(/^W_S2_ACCUM_RISK nodes.cells: .*38100/));
  });

  test("W_S2_OVERRUN: 2 060 cycles do not fit a tick of 0.005 ms, 0.01 do", async () => {
    const made = await network(dense());
    expect(found(made, { tickMs: 0.005 })).toContainEqual(
      expect.stringMatching(/^W_S2_OVERRUN nodes.hidden: PE 0\/2 needs 2300 cycles in step 0/),
    );
    expect(found(made, { tickMs: 0.01 }).filter((d) => d.includes("OVERRUN"))).toEqual([]);
  });

  test("H_S2_CONV_GROWTH: two groups and a dilation of 2 make 5.5 times the kernel", async () => {
    const made = await network(
      image((g) => g.conv2d("c", { weight: kernels("g", [4, 1, 3, 3]), groups: 2, dilation: 2, padding: 2 })),
    );
    expect(found(made)).toContainEqual(
      expect.stringMatching(
        /^H_S2_CONV_GROWTH nodes.c: 2 groups and a dilation of 2 × 2 become one dense kernel of 200 bytes, 5.5 times/,
      ),
    );
    expect(found(await network(convNet()))).toEqual([]);
  });
});
