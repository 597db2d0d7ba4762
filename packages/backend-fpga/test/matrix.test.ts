import type { VirtualFile } from "@nirkit/backend";
import { simulateNetwork } from "@nirkit/network";
import { describe, expect, test } from "vitest";
import { benchFiles } from "../src/bench.ts";
import { emitFpga } from "../src/emit.ts";
import { fromArtefacts } from "../src/manifest.ts";
import { planFpga } from "../src/plan.ts";
import { simulateFpga } from "../src/simulate.ts";
import { axes, type MatrixDesign, matrixDesign, matrixSize } from "./matrix.ts";
import { hasTool, icarus, isDeep, lint, verilator } from "./outside.ts";

const designs = Array.from({ length: matrixSize }, (_, k) => matrixDesign(k));

/** The files of a design with its bench, and the line that it ends with; the golden network is asked first. */
function built({ network, inputs, options }: MatrixDesign): { files: VirtualFile[]; expected: string } {
  const plan = planFpga(network, options);
  const files = emitFpga(plan);
  const loaded = fromArtefacts(files);
  for (const input of inputs) {
    const golden = simulateNetwork(network, input).outputs.get("out");
    const mine = simulateFpga(loaded, input, { level: "step" }).outputs.get("out");
    expect(Array.from(mine?.data as Int32Array)).toEqual(Array.from(golden?.data as Float64Array));
  }
  const bench = benchFiles(plan, inputs);
  return {
    files: [...files, ...bench.files],
    expected: `NIRKIT_PASS beats=${bench.beats.length} cycles=${bench.cycles}\n`,
  };
}

describe("the test matrix", () => {
  test(`${matrixSize} designs have every value of every axis, and every pair of node type, scheme and membrane`, () => {
    for (const [axis, values] of Object.entries(axes))
      expect(new Set<unknown>(designs.map((design) => design.axes[axis as keyof typeof axes]))).toEqual(
        new Set<unknown>(values),
      );
    const pairs = (a: keyof typeof axes, b: keyof typeof axes): number =>
      new Set(designs.map(({ axes: one }) => `${one[a]} ${one[b]}`)).size;
    expect(pairs("node", "membrane")).toBe(axes.node.length * axes.membrane.length);
    expect(pairs("node", "scheme")).toBe(axes.node.length * axes.scheme.length);
  });

  test("most designs spike", () => {
    const spiking = designs.filter(({ network, inputs, options }) => {
      const { beats } = benchFiles(planFpga(network, options), inputs);
      return beats.kind.some((kind) => kind === 0);
    });
    expect(spiking.length).toBeGreaterThan(0.8 * matrixSize);
  });
});

describe.runIf(hasTool("iverilog"))(
  "the test matrix in Icarus: beats, cycles, images, and under back-pressure",
  () => {
    const chosen = designs.filter((_, k) => (isDeep ? k % 4 === 0 : k % 7 === Math.floor(k / 7) % 7));
    for (const design of chosen)
      test(design.name, () => {
        const { files, expected } = built(design);
        expect(icarus(files)).toContain(expected);
      }, 120_000);
  },
);

describe.runIf(hasTool("iverilog"))("the test of the test", () => {
  test("a flipped bit in any image of three designs ends in NIRKIT_FAIL, sparse tables and loaded words included", () => {
    for (const k of [11, 12, 14]) {
      const { files } = built(designs[k] as MatrixDesign);
      // Loaded words replace the images of the bitstream, so that they are what is changed.
      const loaded = files.findLast(({ path }) => path === "tb/load.mem");
      const images = loaded === undefined ? files.filter(({ path }) => path.startsWith("mem/")) : [loaded];
      for (const image of images) {
        const flipped = (image.content as string).replace(/([0-9a-f])\n$/, (_, digit) => {
          return `${(Number.parseInt(digit, 16) ^ 1).toString(16)}\n`;
        });
        const broken = files.map((file) => (file === image ? { ...file, content: flipped } : file));
        expect(icarus(broken), `${k} ${image.path}`).toContain("NIRKIT_FAIL");
      }
    }
  }, 240_000);
});

describe.runIf(isDeep && hasTool("verilator"))("the test matrix in Verilator", () => {
  for (const design of designs)
    test(design.name, () => {
      const { files, expected } = built(design);
      expect(lint(files, "snn_top")).toBe("");
      expect(verilator(files)).toContain(expected);
    }, 600_000);
});
