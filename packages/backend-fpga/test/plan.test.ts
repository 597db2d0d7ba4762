import { NirkitError } from "@nirkit/graph";
import type { IntegerNeuron, Network, Port, Projection } from "@nirkit/network";
import { describe, expect, test } from "vitest";
import { type FpgaOptions, parseFpgaOptions } from "../src/options.ts";
import { planFpga } from "../src/plan.ts";
import { checkFpga } from "../src/refuse.ts";
import { simulateFpga } from "../src/simulate.ts";
import { pattern } from "./designs.ts";
import { conv, dense, network, population, quantTensor, spikes, workedRows } from "./random-network.ts";

const base = (): Network =>
  network({
    input: { shape: [3] },
    populations: [population("l1", 2, {}), population("l2", 2, {})],
    projections: [dense("fc1", "in", "l1", workedRows), dense("fc2", "l1", "l2", pattern(2, 2, 7))],
  });

describe("planFpga", () => {
  test("the worked layer has AB 8 = 1 + ceil(log2(100 + 1)), words of one row per input and TH folded", () => {
    const net = network({
      input: { shape: [3] },
      populations: [population("l1", 2, { compare: "gt", theta: Int32Array.of(47) })],
      projections: [dense("fc1", "in", "l1", workedRows)],
    });
    const layer = planFpga(net, { pe: 2 }).layers[0];
    expect(layer?.widths.acc).toBe(8);
    expect(layer?.neuron.threshold).toBe(48);
    expect(layer?.memories).toEqual([
      {
        role: "weights",
        file: "l1_w.mem",
        laneBits: 4,
        signed: false,
        code: "pot",
        width: 8,
        depth: 3,
        words: ["e7", "4e", "a3"],
      },
    ]);
    expect(planFpga(net, { pe: 4 }).layers[0]?.memories[0]?.words).toEqual(["00e7", "004e", "00a3"]);
    const multiplied = planFpga(net, { pe: 2, bac: "off" }).layers[0]?.memories[0];
    expect(multiplied).toMatchObject({ code: "integer", laneBits: 8, words: ["e040", "08e0", "fe04"] });
  });

  test("events that may repeat and multi-bit values widen the accumulator: 100 · 255 needs 16 bits", () => {
    const wide = (port: Partial<Port>): number | undefined =>
      planFpga(
        network({
          input: { shape: [3], ...port },
          populations: [population("l1", 2, { stateBits: 20 })],
          projections: [dense("fc1", "in", "l1", workedRows)],
        }),
      ).layers[0]?.widths.acc;
    expect(wide({ maxEvents: 2 })).toBe(9);
    expect(wide({ bits: 8 })).toBe(16);
    expect(wide({ bits: 8, signed: true })).toBe(15);
  });

  test("parameters that differ between neurons get a memory, common ones none; unused lanes never fire", () => {
    const net = network({
      input: { shape: [3] },
      populations: [population("l1", 3, { theta: Int32Array.of(1, 2, 3), sub: Int32Array.of(4) })],
      projections: [dense("fc1", "in", "l1", pattern(3, 3, 1))],
    });
    const layer = planFpga(net, { pe: 2 }).layers[0];
    const theta = layer?.memories.find((m) => m.role === "theta");
    const work = layer?.widths.work as number;
    const word = (high: number, low: number): string =>
      ((BigInt(high) << BigInt(work)) | BigInt(low)).toString(16).padStart(Math.ceil((2 * work) / 4), "0");
    expect(theta?.words).toEqual([word(2, 1), word(2 ** (work - 1) - 1, 3)]);
    expect(layer?.memories.map((m) => m.role)).toEqual(["weights", "theta"]);
  });

  test("lanes: an entry of its own, then pe, then reuse, then 8 or as many as there are neurons", () => {
    const lanes = (options: Partial<FpgaOptions>): number[] =>
      planFpga(base(), options).layers.map((l) => l.lanes);
    expect(lanes({})).toEqual([2, 2]);
    expect(lanes({ reuse: 2 })).toEqual([1, 1]);
    expect(lanes({ reuse: 2, pe: 3 })).toEqual([3, 3]);
    expect(lanes({ pe: 3, lanes: "l2=5" })).toEqual([3, 5]);
  });

  test("parallel projections of one source are added, shifts included", () => {
    const net = base();
    const twice = {
      ...net,
      projections: [...net.projections, dense("fc1b", "in", "l1", workedRows, { shift: 2 })],
    };
    const layer = planFpga(twice, { pe: 2 }).layers[0];
    expect(layer?.projections[0]).toMatchObject({ path: "fc1 + fc1b", shift: 0, weightBits: 10 });
  });

  test("the plan is the same every time and depends on options and weights", () => {
    expect(planFpga(base())).toEqual(planFpga(base()));
    expect(planFpga(base(), { pe: 1 }).planHash).not.toBe(planFpga(base(), { pe: 2 }).planHash);
  });
});

describe("refusals, all before any work", () => {
  const codes = (net: Network, options: Partial<FpgaOptions> = {}): string[] =>
    checkFpga(net, parseFpgaOptions(options))
      .filter((d) => d.level === "error")
      .map((d) => d.code);
  const edited = (edit: (net: Network) => Partial<Network>): Network => ({ ...base(), ...edit(base()) });
  const first = (model: Partial<IntegerNeuron>): Network =>
    edited((net) => ({ populations: [population("l1", 2, model), net.populations[1] as never] }));
  const projection = (more: Partial<Projection>): Network =>
    edited((net) => ({
      projections: [{ ...(net.projections[0] as Projection), ...more }, net.projections[1] as Projection],
    }));
  const port = (more: Partial<Port>): Network =>
    edited((net) => ({ inputs: [{ ...(net.inputs[0] as Port), ...more }] }));

  const cases: readonly [code: string, net: Network, options?: Partial<FpgaOptions>][] = [
    [
      "E_FPGA_UNROLLED",
      network({
        input: { shape: [1, 70, 70] },
        populations: [population("l1", [1, 70, 70], {})],
        projections: [
          conv("a", "in", "l1", { inShape: [1, 70, 70], channels: 1, kernel: [1, 1] }, () => 1),
          // The same neurons as a map of another shape.
          conv("b", "in", "l1", { inShape: [70, 1, 70], channels: 70, kernel: [1, 1] }, () => 1),
        ],
      }),
    ],
    ["E_FPGA_UNSUPPORTED_TOPOLOGY", edited(() => ({ populations: [], projections: [], outputs: [] }))],
    ["E_FPGA_UNSUPPORTED_TOPOLOGY", edited(() => ({ inputs: [], projections: [] }))],
    [
      "E_FPGA_DELAY_TOO_LONG",
      edited((net) => ({
        projections: [...net.projections, dense("skip", "in", "l2", workedRows, { delay: 2 ** 20 })],
      })),
    ],
    ["E_FPGA_DYNAMIC_MASK", projection({ gate: { node: "fc1" } })],
    ["E_FPGA_STATE_LEVELS", first({ stateLevels: [-2, 0, 3] })],
    [
      "E_FPGA_ACC_TOO_WIDE",
      edited(({ inputs, populations, projections }) => ({
        inputs: [{ ...(inputs[0] as Port), bits: 30 }],
        populations,
        projections: [
          dense("fc1", "in", "l1", [
            [2 ** 20, 0, 0],
            [0, 0, 1],
          ]),
          projections[1] as Projection,
        ],
      })),
      { streamWidth: 64 },
    ],
    ["E_FPGA_STATE_TOO_NARROW", first({ stateBits: 4, resetDelay: 1, vReset: Int32Array.of(99) })],
    [
      "E_FPGA_LEAK_UNREPRESENTABLE",
      first({ leak: { form: "mul", mul: 2 ** 31, shift: 31, round: "floor" } }),
    ],
    ["E_FPGA_PER_NEURON_LEAK_DSP", first({ leak: { form: "mul", mul: [1, 2], shift: 2, round: "floor" } })],
    ["E_FPGA_INPUT_TOO_WIDE", port({ bits: 9 })],
    [
      "E_FPGA_HOLD_RECURRENT",
      edited((net) => ({
        projections: [...net.projections, dense("r", "l1", "l1", pattern(2, 2, 1), { delay: 1 })],
      })),
      { holdInput: true },
    ],
    [
      "E_FPGA_HOLD_RECURRENT",
      edited((net) => ({ projections: [...net.projections, dense("skip", "in", "l2", workedRows)] })),
      { holdInput: true },
    ],
    [
      "E_FPGA_READOUT",
      edited((net) => ({
        outputs: [...net.outputs, { ...(net.outputs[0] as never as object), name: "o2" } as never],
      })),
      { readout: "spikeCount" },
    ],
    ["E_FPGA_NAME_COLLISION", base(), { design: "module" }],
    ["E_FPGA_UNKNOWN_LAYER", base(), { lanes: "l9=2" }],
    ["E_FPGA_NO_LUT_RAM", base(), { memStyle: "distributed", board: "hx8k" }],
  ];
  for (const [code, net, options] of cases)
    test(`${code}${options === undefined ? "" : ` ${JSON.stringify(options)}`}`, () => {
      expect(codes(net, options)).toContain(code);
      expect(() => planFpga(net, options)).toThrow(NirkitError);
      for (const d of checkFpga(net, parseFpgaOptions(options ?? {}))) expect(d.hint).toBeTruthy();
    });

  test("E_FPGA_NON_INTEGER_PLAN for float32 state", () => {
    const float = {
      arithmetic: "float32",
      model: "lif",
      fp: "separate",
      spiking: true,
      reset: "value",
      params: new Map(),
      biasOffset: Float64Array.of(0),
      stateScale: Float64Array.of(1),
    } as const;
    const net = edited((n) => ({
      populations: [
        { ...(n.populations[0] as never as object), neuron: float } as never,
        n.populations[1] as never,
      ],
    }));
    expect(codes(net)).toContain("E_FPGA_NON_INTEGER_PLAN");
  });

  test("E_FPGA_ADDRESS_TOO_WIDE: 2^22 + 1 inputs do not fit 22 bits, and fit 64-bit words", () => {
    const size = 2 ** 22 + 1;
    const rowStart = Uint32Array.of(0, 1, 1);
    const net = edited((n) => ({
      inputs: [{ ...(n.inputs[0] as Port), shape: [size] }],
      projections: [
        {
          ...(n.projections[0] as Projection),
          op: { kind: "sparse", rowStart, columns: Uint32Array.of(7) },
          weights: quantTensor([1], [3]),
        },
        n.projections[1] as Projection,
      ],
    }));
    expect(codes(net)).toEqual(["E_FPGA_ADDRESS_TOO_WIDE"]);
    expect(codes(net, { streamWidth: 64 })).toEqual([]);
  });

  test("E_FPGA_READOUT_TOO_WIDE: a state of 31 bits leaves in a field of 30", () => {
    const readout = population("l2", 2, { spiking: false, reset: "none", stateBits: 31 });
    expect(codes(edited((net) => ({ populations: [net.populations[0] as never, readout] })))).toEqual([
      "E_FPGA_READOUT_TOO_WIDE",
    ]);
  });

  test("several reasons are told at once, and a saturating state is a warning", () => {
    const net = edited((n) => ({ outputs: n.outputs.map((port) => ({ ...port, sources: [] })) }));
    expect(codes(net, { design: "wire", lanes: "x=1" }).sort()).toEqual([
      "E_FPGA_NAME_COLLISION",
      "E_FPGA_UNKNOWN_LAYER",
      "E_FPGA_UNSUPPORTED_TOPOLOGY",
    ]);
    const warnings = checkFpga(base(), parseFpgaOptions()).map((d) => d.code);
    expect(warnings).toEqual(["W_FPGA_SATURATION_POSSIBLE", "W_FPGA_SATURATION_POSSIBLE"]);
    const idle = checkFpga(base(), parseFpgaOptions({ pe: 64 })).filter(
      (d) => d.code === "W_FPGA_IDLE_LANES",
    );
    expect(idle.map((d) => d.path)).toEqual(base().populations.map((p) => `populations.${p.name}`));
  });

  test("inputs that the port does not take: E_FPGA_INPUT, the codes of the golden network, E_FPGA_INPUT_VARIES", () => {
    const plan = planFpga(base());
    const bad = [
      [new Map(), "E_FPGA_INPUT"],
      [new Map([["other", spikes([[1, 0, 0]]).get("in") as never]]), "E_FPGA_INPUT"],
      [spikes([[1, 0]]), "E_INPUT_SHAPE"],
      [spikes([[2, 0, 0]]), "E_INPUT_RANGE"],
    ] as const;
    for (const [input, code] of bad) expect(() => simulateFpga(plan, input)).toThrow(`${code} inputs.in`);
    const held = planFpga(base(), { holdInput: true });
    expect(() =>
      simulateFpga(
        held,
        spikes([
          [1, 0, 0],
          [0, 0, 0],
        ]),
      ),
    ).toThrow(/E_FPGA_INPUT_VARIES/);
  });

  test("memory over the device is refused with the largest layers and what would fit; without a board nothing is", () => {
    const large = network({
      input: { shape: [600] },
      populations: [population("l1", 512, { stateBits: 20 }), population("l2", 8, {})],
      projections: [
        dense("fc1", "in", "l1", pattern(512, 600, 127)),
        dense("fc2", "l1", "l2", pattern(8, 512, 7)),
      ],
    });
    const found = (board: FpgaOptions["board"]): readonly string[] =>
      checkFpga(large, parseFpgaOptions({ board }))
        .filter((d) => d.code === "E_FPGA_CAPACITY")
        .map((d) => `${d.path}: ${d.message}. ${d.hint}`);
    // 600 * 512 weights of 8 bits alone are 600 blocks of 4 kbit, 68.3 of 36 kbit.
    const [small] = found("up5k");
    expect(small).toMatch(
      /^options\.board: The design needs about \d+ memory blocks \(4 kbit blocks\), up5k has 30; largest: l1 \d+, l2 \d+\. What fits: board "pynq-z2" \([\d.]+ of 140 blocks\)$/,
    );
    expect(() => planFpga(large, { board: "up5k" })).toThrow(/E_FPGA_CAPACITY options\.board/);
    for (const board of ["generic", "zcu104", "pynq-z2"] as const) expect(found(board)).toEqual([]);
  });

  test("16 lanes of block memories are too many for hx8k; the hint names the most lanes that fit its 32", () => {
    const net = network({
      input: { shape: [100] },
      populations: [population("l1", 128, { stateBits: 16 })],
      projections: [dense("fc1", "in", "l1", pattern(128, 100, 7))],
    });
    const refused = checkFpga(net, parseFpgaOptions({ board: "hx8k", pe: 16, memStyle: "block" }));
    expect(refused.find((d) => d.code === "E_FPGA_CAPACITY")?.hint).toMatch(/pe \d+ \(\d+ of 32 blocks\)/);
  });
});

describe("lanes for a rate", () => {
  const net = network({
    input: { shape: [256] },
    populations: [population("l1", 128, {}), population("l2", 10, {})],
    projections: [
      dense("fc1", "in", "l1", pattern(128, 256, 7)),
      dense("fc2", "l1", "l2", pattern(10, 128, 7)),
    ],
  });
  const activity = JSON.stringify({ steps: 100, events: { in: 8000, l1: 1200, l2: 100 } });

  test("8000 events in 100 steps at 100 MHz: 1000 per second need 16 lanes and 1, 2000 need 32 and 1", () => {
    const lanes = (targetFps: number): number[] =>
      planFpga(net, { targetFps, activity }).layers.map((layer) => layer.lanes);
    // 16 lanes: 8000 * 8 + 100 * (8 + 3) + 1200 + 8 = 66 308 cycles of 100 000; 8 lanes take 131 416.
    expect(lanes(1000)).toEqual([16, 1]);
    expect(lanes(2000)).toEqual([32, 1]);
    expect(planFpga(net, { targetFps: 1000, activity, lanes: "l2=4" }).layers[1]?.lanes).toBe(4);
  });

  test("a rate out of reach and a rate without activity are refused: E_FPGA_TARGET_FPS, E_FPGA_NO_ACTIVITY", () => {
    const found = (options: Partial<FpgaOptions>): string[] =>
      checkFpga(net, parseFpgaOptions(options)).map(({ code }) => code);
    expect(found({ targetFps: 1e6, activity })).toContain("E_FPGA_TARGET_FPS");
    expect(found({ targetFps: 10 })).toEqual(["E_FPGA_NO_ACTIVITY"]);
    expect(found({ targetFps: 10, activity: "{" })).toEqual(["E_FPGA_NO_ACTIVITY"]);
  });
});
