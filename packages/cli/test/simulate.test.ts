import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { graph, tensor, toFloat64 } from "@nirkit/graph";
import { writeNir } from "@nirkit/hdf5";
import { readNpz, writeNpy } from "@nirkit/npy";
import { describe, expect, test } from "vitest";
import { hasData, recorded } from "./materials.ts";
import { smallFolder, smallX, writeArrays } from "./networks.ts";
import { run, scratch } from "./run.ts";

describe("simulate", () => {
  test("one LIF, tau 4, dt 1, input 0 3 3: vpre 0, 0.75, 1.3125, so it fires in step 2", async () => {
    const cwd = scratch();
    const one = graph().input("in", [1]).lif("lif", { tau: 4, r: 1, vThreshold: 1 }).output("out").build();
    writeFileSync(join(cwd, "one.nir"), await writeNir(one));
    writeFileSync(join(cwd, "x.npy"), writeNpy(tensor("float32", [3, 1], [0, 3, 3])));
    const line = "simulate one.nir --input x.npy --dt 1 --record all --node lif --out y.npz";
    expect((await run(line.split(" "), { cwd })).code).toBe(0);
    const y = readNpz(readFileSync(join(cwd, "y.npz")));
    expect([...y.keys()]).toEqual(["lif/out", "lif/v", "lif/vpre"]);
    expect([...toFloat64(y.get("lif/vpre") ?? tensor("int8", [], [9]))]).toEqual([0, 0.75, 1.3125]);
    expect([...toFloat64(y.get("lif/out") ?? tensor("int8", [], [9]))]).toEqual([0, 0, 1]);
  });

  test("with a samples axis every record has one too, each sample from rest", async () => {
    const cwd = await smallFolder();
    const line = "simulate net.nir --input data.npz --dt 1 --out y.npz --json";
    const { code, json } = await run(line.split(" "), { cwd });
    expect(code).toBe(0);
    expect(json()).toMatchObject({ ok: true, samples: 4, steps: 6, dialect: "nir-euler", dt: 1 });
    const out = readNpz(readFileSync(join(cwd, "y.npz"))).get("classes/out");
    expect(out?.shape).toEqual([4, 6, 2]);
    writeArrays(join(cwd, "one.npz"), {
      x: { ...smallX, shape: [2, 6, 2], data: smallX.data.slice(12, 36) } as typeof smallX,
    });
    await run("simulate net.nir --input one.npz --dt 1 --out z.npz".split(" "), { cwd });
    const part = readNpz(readFileSync(join(cwd, "z.npz"))).get("classes/out");
    expect(part?.data).toEqual(out?.data.slice(12, 36));
  });

  test.each([
    ["simulate net.nir --input data.npz --out y.npz", "E_DT_MISSING --dt", "Pass --dt STEP"],
    [
      "simulate net.nir --input data.npz --dt 1 --dialect nowhere --out y.npz",
      "E_UNKNOWN_DIALECT",
      "nir-euler",
    ],
    ["simulate net.nir --input gone.npz --dt 1 --out y.npz", "E_FILE_READ", "there is no such file"],
    ["simulate net.nir --input net.nir --dt 1 --out y.npz", "E_DATA_FORMAT", ".npz with x"],
    ["simulate net.nir --input data.npz --dt 1 --node nope --out y.npz", "E_UNKNOWN_RECORD", "The graph has"],
    ["simulate net.nir --input data.npz --dt 1 --out nowhere/y.npz", "E_FILE_WRITE", "there is no folder"],
    ["simulate net.nir --input data.npz --dt 1 --out net.nir", "E_EXISTS", "--force"],
  ])("%s: %s, and nothing is written", async (line, code, words) => {
    const cwd = await smallFolder();
    const before = readFileSync(join(cwd, "net.nir"));
    const ran = await run(line.split(" "), { cwd });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain(code);
    expect(ran.stderr).toContain(words);
    expect(existsSync(join(cwd, "y.npz"))).toBe(false);
    expect(readFileSync(join(cwd, "net.nir"))).toEqual(before);
  });

  test("--force replaces the output, and the same input gives the same bytes", async () => {
    const cwd = await smallFolder();
    const line = "simulate net.nir --input data.npz --dt 1 --record all --out y.npz --force".split(" ");
    await run(line, { cwd });
    const first = readFileSync(join(cwd, "y.npz"));
    expect((await run(line, { cwd })).code).toBe(0);
    expect(readFileSync(join(cwd, "y.npz"))).toEqual(first);
  });

  test("several Input nodes take one array each, and name the one that is missing", async () => {
    const cwd = scratch();
    const two = graph()
      .input("a", [1])
      .linear("wa", { weight: [[1]] })
      .lif("lif", { tau: 2, vThreshold: 1 })
      .output("out")
      .at("lif")
      .input("b", [1])
      .linear("wb", { weight: [[1]] })
      .edge("wb", "lif")
      .build();
    const clean = two.with({ removeEdges: [["lif", "b"]] });
    writeFileSync(join(cwd, "two.nir"), await writeNir(clean));
    const x = tensor("uint8", [5, 1], [1, 0, 1, 1, 0]);
    writeArrays(join(cwd, "both.npz"), { a: x, b: x });
    writeArrays(join(cwd, "one.npz"), { a: x });
    const line = (input: string) => `simulate two.nir --input ${input} --dt 1 --out y.npz --force`.split(" ");
    expect(await run(line("both.npz"), { cwd })).toMatchObject({ code: 0 });
    const { code, stderr } = await run(line("one.npz"), { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/E_DATA_KEY .*one\.npz: Has no array "b"; it has a/);
  });

  test.skipIf(!hasData)(
    "braille in nir-euler: 0 of 10240 hidden spikes differ from the Norse recording",
    async () => {
      const cwd = scratch();
      const sample = join(recorded, "braille_noDelay_noBias_subtract_sample0.npz");
      const recording = readNpz(readFileSync(sample), { select: (key) => key !== "letters" });
      const cases = [
        ["nir-euler", "paper/norse/lif1.lif/out"],
        ["nir-euler+subtract", "oracle/nir-euler+subtract/lif1.lif/out"],
        ["nir-euler+subtract", "oracle/nir-euler+subtract/lif2/out"],
      ] as const;
      for (const [dialect, key] of cases) {
        const model = join(recorded, "braille_noDelay_noBias_subtract.nir");
        const line = ["simulate", model, "--input", sample, "--dt", "1e-4", "--out", "y.npz", "--force"];
        expect((await run([...line, "--dialect", dialect], { cwd })).code).toBe(0);
        const traces = readNpz(readFileSync(join(cwd, "y.npz")));
        const out = traces.get(`${key.split("/").at(-2)}/out`);
        expect(Array.from(out?.data ?? [], Number), `${dialect} ${key}`).toEqual(
          Array.from(recording.get(key)?.data ?? [], Number),
        );
      }
    },
  );
});
