/** Dialects on the command line: compared, listed, chosen. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { graph, tensor } from "@nirkit/graph";
import { writeNir } from "@nirkit/hdf5";
import { describe, expect, test } from "vitest";
import { hasData, recorded } from "./materials.ts";
import { smallFolder, writeArrays } from "./networks.ts";
import { run, scratch } from "./run.ts";

const line = (text: string): string[] => text.split(" ");

/** One LIF, tau 4, dt 1: 1.066 fires in Euler steps, 0.977 with exponential decay does not, in step 9. */
async function oneNeuron(): Promise<string> {
  const cwd = scratch();
  const net = graph().input("in", [1]).lif("lif", { tau: 4, r: 1, vThreshold: 1 }).output("out").build();
  writeFileSync(join(cwd, "net.nir"), await writeNir(net));
  const values = [0, 3, 3, 0, 3, 3, 3, 0, 0, 3];
  writeArrays(join(cwd, "x.npz"), { input: tensor("float32", [10, 1], values) });
  writeArrays(join(cwd, "many.npz"), {
    x: tensor("float32", [2, 10, 1], [...new Array<number>(10).fill(0), ...values]),
  });
  return cwd;
}

describe("compare", () => {
  test("nir-euler and nir-exp part in step 9, neuron 0 of lif, because of leak", async () => {
    const cwd = await oneNeuron();
    const { code, stdout } = await run(
      line("compare net.nir --dialects nir-euler,nir-exp --input x.npz --dt 1"),
      { cwd },
    );
    expect(code).toBe(0);
    expect(stdout).toContain("nir-euler and nir-exp part in sample 0, step 9, node lif, neuron [0]");
    expect(stdout).toMatch(/caused by\n {2}leak: euler \| exp/);
  });

  test("--json: the first sample that shows it, and null for dialects that agree", async () => {
    const cwd = await oneNeuron();
    const { json } = await run(
      line(
        "compare net.nir --dialects nir-euler,nir-exp,nir-euler+zero_signal --input many.npz --dt 1 --json",
      ),
      { cwd },
    );
    expect(json()).toMatchObject({
      ok: true,
      equal: false,
      samples: 2,
      comparisons: [
        { sample: 1, difference: { node: "lif", step: 9, neuron: 0 }, causes: [[{ option: "leak" }]] },
        { difference: null, options: [{ option: "feedbackT0" }] },
      ],
    });
  });

  test.each([
    ["nir-euler", 2, "Two labels or more"],
    ["nir-euler,nirexp", 1, "E_UNKNOWN_DIALECT"],
    ["nir-euler,nir-exp+add", 1, "E_UNKNOWN_MODIFIER"],
  ])("--dialects %s: exit code %i, %s", async (labels, exit, words) => {
    const cwd = await oneNeuron();
    const { code, stderr } = await run(line(`compare net.nir --dialects ${labels} --input x.npz --dt 1`), {
      cwd,
    });
    expect(stderr).toContain(words);
    expect(code).toBe(exit);
  });
});

describe("dialects", () => {
  test("lists all thirteen with their meaning, and what may follow a name", async () => {
    const { stdout } = await run(["dialects"]);
    expect(stdout).toMatch(/^norse +Norse after from_nir/m);
    expect(stdout).toMatch(/^\+subtract +/m);
    expect((await run(["dialects", "--json"])).json().dialects.length).toBe(13);
  });

  test("explains one, modifiers included", async () => {
    const { stdout } = await run(["dialects", "nir-exp@dt=1+subtract"]);
    expect(stdout).toMatch(/^reset +subtract +/m);
    expect((await run(["dialects", "nowhere"])).code).toBe(1);
  });
});

describe("--dialect auto", () => {
  test.skipIf(!hasData)("says what it chose, why, and which step the file gives away", async () => {
    const cwd = await smallFolder();
    const { code, stderr } = await run(
      ["evaluate", join(recorded, "cnn_sinabs.nir"), ...line("--dialect auto --data data.npz")],
      { cwd },
    );
    // The data are those of another network: what matters is said before that.
    expect(code).toBe(1);
    expect(stderr).toContain("E_DATA_SHAPE");
    const inspected = await run(["inspect", join(recorded, "cnn_sinabs.nir")]);
    expect(inspected.stdout).toContain("--dialect auto is sinabs, --dt 1.");
  });

  test("takes nir-euler where nothing speaks for another, in evaluate and simulate", async () => {
    const cwd = await smallFolder();
    const evaluated = await run(line("evaluate net.nir --data data.npz --dt 1 --dialect auto"), { cwd });
    expect(evaluated.stdout).toContain("nir-euler");
    expect(evaluated.stderr).toMatch(/H_DIALECT_CHOSEN --dialect: nir-euler is chosen\. /);
    const simulated = await run(
      line("simulate net.nir --input data.npz --dt 1 --dialect auto --out y.npz --json"),
      { cwd },
    );
    expect(simulated.json()).toMatchObject({ dialect: "nir-euler" });
  });
});
