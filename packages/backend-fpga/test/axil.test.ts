import type { VirtualFile } from "@nirkit/backend";
import { type Network, simulateNetwork } from "@nirkit/network";
import { describe, expect, test } from "vitest";
import { benchFiles } from "../src/bench.ts";
import { emitFpga } from "../src/emit.ts";
import { fromArtefacts } from "../src/manifest.ts";
import { planFpga } from "../src/plan.ts";
import { planReadout, readoutOf } from "../src/readout.ts";
import { registerMap } from "../src/register-map.ts";
import { simulateFpga } from "../src/simulate.ts";
import { acceptanceDesigns, convolutionDesigns, type Design, pattern, regular } from "./designs.ts";
import { hasTool, icarus, isDeep, lint, runTool, verilator, withFolder } from "./outside.ts";
import { dense, network as networkOf, population, randomNetwork, spikes } from "./random-network.ts";

const designs = [...acceptanceDesigns(), ...convolutionDesigns()].map(
  (design): Design => ({ ...design, options: { ...design.options, axiLite: true } }),
);

const ofSpikes = ["spikeCount", "firstSpike"] as const;
const ofStates = ["maxMembrane", "lastMembrane", "sumMembrane"] as const;

/** An IF or LI layer of `size` classes with ties: classes 1 and 2 have the same weights. */
function classes(size: number, spiking: boolean, steps = 6): Design {
  const rows = pattern(size, 5, 7).map((row, i, all) => (i === 2 ? (all[1] as number[]) : row));
  const net = networkOf({
    input: { shape: [5] },
    populations: [
      population("l1", size, {
        spiking,
        stateBits: 10,
        theta: Int32Array.of(9),
        ...(spiking ? {} : { leak: { form: "mul", mul: 3584, shift: 12, round: "zero" } }),
      }),
    ],
    projections: [dense("fc1", "in", "l1", rows)],
  });
  const some = spikes(regular(steps, 5, 3));
  return {
    name: `${size} classes of ${spiking ? "spikes" : "states"}, ${steps} steps`,
    network: net,
    inputs: [
      some,
      spikes(regular(steps, 5, 2)),
      spikes(regular(1, 5, 100)),
      spikes(regular(steps + 1, 5, 2).reverse()),
    ],
    options: { pe: 3 },
  };
}

const readouts: Design[] = [true, false].flatMap((spiking) =>
  (spiking ? ofSpikes : ofStates).flatMap((readout) =>
    [classes(1, spiking), classes(10, spiking), classes(7, spiking, 1)].map((design) => ({
      ...design,
      name: `${readout}, ${design.name}`,
      options: { ...design.options, readout },
    })),
  ),
);

function designFiles({ network, inputs, options }: Design): { files: VirtualFile[]; expected: string } {
  const plan = planFpga(network, options);
  const bench = benchFiles(plan, inputs);
  return {
    files: [...emitFpga(plan), ...bench.files],
    expected: `NIRKIT_SEED 4e49524b\nNIRKIT_PASS beats=${bench.beats.length} cycles=${bench.cycles}\n`,
  };
}

const changed = (
  files: readonly VirtualFile[],
  path: string,
  edit: (text: string) => string,
): VirtualFile[] =>
  files.map((file) => {
    if (file.path !== path) return file;
    const content = edit(file.content as string);
    expect(content).not.toBe(file.content);
    return { path, content };
  });

describe("readoutOf", () => {
  const output = (rows: readonly (readonly number[])[]) =>
    ({ dtype: "int32", shape: [rows.length, 3], data: Int32Array.from(rows.flat()) }) as const;
  const spiking = output([
    [0, 0, 0],
    [0, 1, 1],
    [1, 1, 1],
  ]);
  const states = output([
    [-5, 4, 2],
    [-9, 1, 2],
    [3, -2, 3],
  ]);

  test("spikeCount 1 2 2 gives class 1; firstSpike 2 1 1 gives class 1; nothing fires: 0, and FFFFFFFF", () => {
    expect(readoutOf("spikeCount", spiking)).toMatchObject({ values: [1, 2, 2], argmax: 1, score: 2 });
    expect(readoutOf("firstSpike", spiking)).toMatchObject({ values: [2, 1, 1], argmax: 1, score: 1 });
    const silent = output([[0, 0, 0]]);
    expect(readoutOf("spikeCount", silent)).toMatchObject({ values: [0, 0, 0], argmax: 0, score: 0 });
    expect(readoutOf("firstSpike", silent)).toMatchObject({ argmax: 0xffffffff, score: 0xffffffff });
  });

  test("states -5 -9 3, 4 1 -2, 2 2 3: max 3 4 2+1, last 3 -2 3 (class 0), sum -11 3 7", () => {
    expect(readoutOf("maxMembrane", states)).toMatchObject({ values: [3, 4, 3], argmax: 1, score: 4 });
    expect(readoutOf("lastMembrane", states)).toMatchObject({ values: [3, -2, 3], argmax: 0, score: 3 });
    expect(readoutOf("sumMembrane", states)).toMatchObject({ values: [-11, 3, 7], argmax: 2, score: 7 });
    expect(readoutOf("stream", states)).toBeUndefined();
  });

  test("40 random networks: the trace's readout is that of the golden network's output", () => {
    for (let seed = 0; seed < 40; seed++) {
      const { network, input } = randomNetwork(seed);
      const plan = planFpga(network, { axiLite: true, mul: "lut" });
      const golden = simulateNetwork(network, input).outputs.get("out");
      if (golden === undefined) throw new Error("no output");
      const found = simulateFpga(plan, input, { level: "step" }).readout;
      expect(found).toEqual(readoutOf(planReadout(plan), golden));
      expect(found?.values).toHaveLength(plan.layers.at(-1)?.neurons ?? 0);
    }
  });
});

describe("options", () => {
  const { network } = classes(10, true);
  const refused = (net: Network, options: object, why: RegExp): void =>
    expect(() => planFpga(net, options)).toThrow(why);

  test("registers stand by default on AMD boards alone, and where a readout is asked for", () => {
    const has = (options: object): boolean => planFpga(network, options).registers !== undefined;
    expect(has({})).toBe(false);
    expect(has({ board: "hx8k" })).toBe(false);
    expect(has({ board: "kv260" })).toBe(true);
    expect(has({ board: "kv260", axiLite: false })).toBe(false);
    expect(has({ readout: "firstSpike" })).toBe(true);
    expect(has({ readout: "stream" })).toBe(false);
    expect(planReadout(planFpga(network, { board: "pynq-z2" }))).toBe("spikeCount");
    expect(planReadout(planFpga(classes(3, false).network, { board: "pynq-z2" }))).toBe("lastMembrane");
  });

  test("a readout that the last layer does not have is refused: E_FPGA_READOUT", () => {
    refused(network, { readout: "sumMembrane" }, /E_FPGA_READOUT.*spikes, not states/s);
    refused(classes(3, false).network, { readout: "spikeCount" }, /E_FPGA_READOUT.*sends states/s);
    refused(network, { readout: "spikeCount", axiLite: false }, /E_FPGA_READOUT.*axiLite is off/s);
    refused(classes(1025, true).network, { readout: "spikeCount" }, /E_FPGA_READOUT.*1025 classes/s);
    const map = convolutionDesigns().find(({ name }) => name.includes("states of a map")) as Design;
    refused(map.network, { readout: "lastMembrane" }, /E_FPGA_READOUT.*is a map/s);
  });

  test("the manifest holds the register map and gives the plan again", () => {
    const plan = planFpga(network, { axiLite: true, pe: 3 });
    expect(plan.registers).toEqual(registerMap(plan.layers, 10));
    const { artefacts: _, ...loaded } = fromArtefacts(emitFpga(plan));
    expect(loaded).toEqual(JSON.parse(JSON.stringify(plan)));
    expect(plan.registers?.find(({ name }) => name === "VALUE")).toMatchObject({ offset: 0x100, count: 10 });
  });
});

describe.runIf(hasTool("iverilog"))("registers in Icarus, read while the design works and after it", () => {
  const chosen = isDeep ? designs : designs.filter((_, k) => k % 4 === 2);
  for (const design of [...chosen, ...readouts])
    test(design.name, () => {
      const { files, expected } = designFiles(design);
      expect(files.some(({ path }) => path === "tb/registers.mem")).toBe(true);
      expect(icarus(files)).toBe(expected);
    });

  test("192 words of state are cleared after the last beat: STATUS is read when that is done", () => {
    const { files, expected } = designFiles({ ...classes(192, true), options: { pe: 1, axiLite: true } });
    expect(icarus(files)).toBe(expected);
  });

  test(`${isDeep ? 100 : 6} random chains`, () => {
    for (let seed = 0; seed < (isDeep ? 100 : 6); seed++) {
      const { network, input } = randomNetwork(3000 + seed);
      const isSpiking = planFpga(network, { mul: "lut" }).layers.at(-1)?.neuron.spiking ?? true;
      const names = isSpiking ? ofSpikes : ofStates;
      const options = { pe: 1 + (seed % 5), mul: "lut", readout: names[seed % names.length] } as const;
      const { files, expected } = designFiles({ name: "", network, inputs: [input, input], options });
      expect(icarus(files), `seed ${3000 + seed}`).toBe(expected);
    }
  }, 600_000);

  test.each([
    ["a count too many", "rtl/nk_readout.v", ") + ONE;", ") + ONE + ONE;", /register_(02c|100|104)/],
    ["ties to the highest index", "rtl/nk_readout.v", "at3 < best", "at3 > best", /register_028/],
    [
      "values of the running sample",
      "rtl/nk_readout.v",
      "{!run, look}",
      "{run, look}",
      /register_1[0-9a-f]+/,
    ],
    ["spikes not counted", "rtl/nk_axil.v", "if (event_out[l])", "if (event_in[l])", /register_080/],
    [
      "cycles only with a word at the door",
      "rtl/nk_axil.v",
      "if (working)",
      "if (door_valid)",
      /register_018/,
    ],
    ["irq without enable", "rtl/nk_axil.v", "irq_enable && sticky", "sticky", /register_000/],
    [
      "a status bit that cannot be cleared",
      "rtl/nk_axil.v",
      "!(status && w[4])",
      "!(status && w[5])",
      /register_/,
    ],
  ])("mutation: %s", (_name, path, from, to, found) => {
    const { files } = designFiles({ ...classes(10, true), options: { pe: 3, readout: "spikeCount" } });
    expect(icarus(changed(files, path, (text) => text.replace(from, to)))).toMatch(found);
  });

  test("a saturation is counted: every register of the saturating design, and one too many fails", () => {
    const design = designs.find(({ name }) => name.startsWith("saturation")) as Design;
    const trace = simulateFpga(planFpga(design.network, design.options), design.inputs[0] as never);
    expect([...trace.saturations.values()].reduce((a, b) => a + b, 0)).toBeGreaterThan(0);
    const { files, expected } = designFiles(design);
    expect(icarus(files)).toBe(expected);
    const broken = changed(files, "rtl/nk_neurons.v", (text) =>
      text.replace("SPIKING == 0) && (above || below)", "SPIKING == 0) && above"),
    );
    expect(icarus(broken)).toMatch(/register_0c0/);
  });
});

describe.runIf(hasTool("verilator"))("registers in Verilator", () => {
  test("the design with ties passes", () => {
    const { files, expected } = designFiles({
      ...classes(10, false),
      options: { readout: "sumMembrane", pe: 3 },
    });
    expect(verilator(files)).toContain(expected);
  }, 120_000);

  test("lint -Wall says nothing", () => {
    const chosen = [...designs, ...readouts].filter(
      ({ name }, k) => isDeep || k % 9 === 0 || name.includes("depthwise"),
    );
    for (const design of chosen) expect(lint(designFiles(design).files, "snn_top"), design.name).toBe("");
  }, 240_000);
});

describe.runIf(hasTool("yosys"))("registers in Yosys", () => {
  test("check -assert finds nothing", () => {
    const script = "read_verilog rtl/*.v; hierarchy -check -top snn_top; proc; opt; check -assert";
    for (const readout of ["spikeCount", "firstSpike"] as const) {
      const { files } = designFiles({ ...classes(10, true), options: { readout, pe: 3 } });
      const { code, text } = withFolder(files, (folder) => runTool(folder, "yosys", ["-q", "-p", script]));
      expect(code, text).toBe(0);
    }
  }, 120_000);
});
