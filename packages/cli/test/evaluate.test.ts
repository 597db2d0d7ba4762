import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { graph, graphToJson, tensor } from "@nirkit/graph";
import { readNpz } from "@nirkit/npy";
import { describe, expect, test } from "vitest";
import { hasData, recorded } from "./materials.ts";
import { smallFolder, smallX, smallY, writeArrays } from "./networks.ts";
import { run, scratch } from "./run.ts";

const line = (text: string): string[] => text.split(" ");

describe("evaluate", () => {
  test("the small network classifies 3 of 4 samples; silence is class 0, the lowest index of a tie", async () => {
    const cwd = await smallFolder();
    const { code, json } = await run(line("evaluate net.nir --data data.npz --dt 1 --counts --json"), {
      cwd,
    });
    expect(code).toBe(0);
    const result = json();
    expect(result).toMatchObject({
      ok: true,
      samples: 4,
      correct: 3,
      accuracy: 0.75,
      engine: "float",
      dialect: "nir-euler",
      dt: 1,
      confusion: [
        [2, 0],
        [1, 1],
      ],
    });
    expect(result.counts[3]).toEqual([0, 0]);
    const hidden = result.layers.find((layer: { name: string }) => layer.name === "hidden");
    expect(hidden.rate).toBeCloseTo(hidden.eventsOut / (3 * 24), 12);
    expect(result.synops).toBe(result.synopsPerSample * 4);
  });

  test("--limit takes the first samples", async () => {
    const cwd = await smallFolder();
    const { json } = await run(line("evaluate net.nir --data data.npz --dt 1 --limit 2 --json"), { cwd });
    expect(json()).toMatchObject({ samples: 2, correct: 2 });
  });

  test("the text has accuracy, layers and confusion; --quiet leaves standard error empty", async () => {
    const cwd = await smallFolder();
    const { stdout, stderr } = await run(line("evaluate net.nir --data data.npz --dt 1 --quiet"), { cwd });
    expect(stdout).toContain("3/4 correct (75.0 %), engine float, nir-euler, dt 1\n");
    expect(stdout).toMatch(/^hidden +3 /m);
    expect(stdout).toContain("label \\ class");
    expect(stderr).toBe("");
  });

  test("integers of a float network are refused with the command that makes them", async () => {
    const cwd = await smallFolder();
    for (const engine of ["integer", "fpga"]) {
      const { code, stderr } = await run(line(`evaluate net.nir --data data.npz --dt 1 --engine ${engine}`), {
        cwd,
      });
      expect(code).toBe(1);
      expect(stderr).toContain("E_NOT_QUANTIZED");
      expect(stderr).toContain("nirkit quantize net.nir --scheme uniform:8 --dt STEP -o net.q8.nir");
    }
  });

  test("an unknown engine is wrong usage and names what there is", async () => {
    const cwd = await smallFolder();
    const { code, stderr } = await run(line("evaluate net.nir --data data.npz --dt 1 --engine loihi"), {
      cwd,
    });
    expect(code).toBe(2);
    expect(stderr).toContain("E_PLUGIN_NOT_FOUND");
    expect(stderr).toContain("nirkit-backend-loihi");
  });

  test("two Output nodes need --output", async () => {
    const cwd = await smallFolder(
      graph()
        .input("in", [2])
        .linear("w", {
          weight: [
            [1, 0],
            [0, 1],
          ],
        })
        .output("a")
        .at("w")
        .output("b")
        .build(),
    );
    const refused = await run(line("evaluate net.nir --data data.npz --dt 1"), { cwd });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("E_OUTPUTS");
    expect((await run(line("evaluate net.nir --data data.npz --dt 1 --output c"), { cwd })).stderr).toContain(
      "E_UNKNOWN_OUTPUT",
    );
    const named = await run(line("evaluate net.nir --data data.npz --dt 1 --output b --json"), { cwd });
    expect(named.json()).toMatchObject({ samples: 4 });
  });

  const wrong: readonly (readonly [string, Parameters<typeof writeArrays>[1], string])[] = [
    ["no x", { inputs: smallX }, "E_DATA_KEY"],
    [
      "features of another size",
      { x: tensor("uint8", [1, 2, 3], [0, 0, 0, 0, 0, 0]), y: tensor("int64", [1], [0]) },
      "E_DATA_SHAPE",
    ],
    ["no samples axis", { x: tensor("uint8", [3, 2], [0, 0, 0, 0, 0, 0]), y: smallY }, "E_DATA_SHAPE"],
    ["no samples", { x: tensor("uint8", [0, 6, 2], []), y: tensor("int64", [0], []) }, "E_DATA_EMPTY"],
    ["labels of another count", { x: smallX, y: tensor("int64", [3], [0, 1, 0]) }, "E_DATA_COUNT"],
    ["labels as floats", { x: smallX, y: tensor("float64", [4], [0, 1, 0, 1]) }, "E_DATA_DTYPE"],
    ["one-hot labels", { x: smallX, y: tensor("int64", [4, 2], [1, 0, 0, 1, 1, 0, 0, 1]) }, "E_DATA_SHAPE"],
    ["a label beyond the classes", { x: smallX, y: tensor("int64", [4], [0, 1, 2, 1]) }, "E_DATA_LABEL"],
    ["a negative label", { x: smallX, y: tensor("int8", [4], [0, 1, -1, 1]) }, "E_DATA_LABEL"],
    ["no labels", { x: smallX }, "E_DATA_NO_LABELS"],
    [
      "NaN",
      { x: tensor("float32", [1, 1, 2], [0, Number.NaN]), y: tensor("int64", [1], [0]) },
      "E_DATA_NON_FINITE",
    ],
  ];
  test.each(wrong)("data with %s is refused", async (_what, arrays, code) => {
    const cwd = await smallFolder();
    writeArrays(join(cwd, "wrong.npz"), arrays);
    const { code: exit, json } = await run(line("evaluate net.nir --data wrong.npz --dt 1 --json"), { cwd });
    expect(exit).toBe(1);
    expect(json()).toMatchObject({
      ok: false,
      diagnostics: [{ code, path: expect.stringContaining("wrong.npz") }],
    });
  });

  test("a damaged archive keeps the code of the NumPy reader", async () => {
    const cwd = await smallFolder();
    const bytes = readFileSync(join(cwd, "data.npz"));
    writeFileSync(join(cwd, "cut.npz"), bytes.subarray(0, bytes.length - 30));
    expect((await run(line("evaluate net.nir --data cut.npz --dt 1"), { cwd })).stderr).toContain(
      "E_NPZ_FORMAT",
    );
  });

  test("64-bit input counts as the same input", async () => {
    const cwd = await smallFolder();
    const x = tensor("int64", smallX.shape, Array.from(smallX.data, Number));
    writeArrays(join(cwd, "wide.npz"), { x, y: smallY });
    const wide = (await run(line("evaluate net.nir --data wide.npz --dt 1 --counts --json"), { cwd })).json();
    const narrow = (
      await run(line("evaluate net.nir --data data.npz --dt 1 --counts --json"), { cwd })
    ).json();
    expect(wide).toEqual(narrow);
  });

  test("a weight that is not finite is refused before anything runs", async () => {
    const cwd = scratch();
    const good = graph()
      .input("in", [2])
      .linear("w", { weight: [[1, 1]] })
      .output("out")
      .build();
    const weight = tensor("float32", [1, 2], [Number.NaN, 1]);
    writeFileSync(
      join(cwd, "nan.nir.json"),
      graphToJson(good.with({ setNodes: [["w", { type: "Linear", weight }]] })),
    );
    const { code, stderr } = await run(line("evaluate nan.nir.json --data gone.npz --dt 1"), { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^E_NON_FINITE nodes\.w\.weight/);
  });

  test("a dialect that has no place for a node refuses it with its type", async () => {
    const cwd = await smallFolder(graph().input("in", [2]).li("li", { tau: 4, r: 1 }).output("out").build());
    writeArrays(join(cwd, "c.npz"), { x: smallX, y: smallY });
    const { code, stderr } = await run(line("evaluate net.nir --data c.npz --dt 1 --dialect spinnaker2"), {
      cwd,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/E_DIALECT_NODE .*li: spinnaker2 has no place for this LI/);
  });

  test.skipIf(!hasData)(
    "digits_mlp: 264/270 in nir-euler, counts of every sample equal to the recording",
    async () => {
      const data = ["--data", join(recorded, "digits_test_xy.npz"), "--dt", "1e-3", "--counts", "--json"];
      const { code, json } = await run(["evaluate", join(recorded, "digits_mlp.nir"), ...data]);
      expect(code).toBe(0);
      const result = json();
      expect(result).toMatchObject({ samples: 270, correct: 264, engine: "float" });
      const expected = readNpz(readFileSync(join(recorded, "digits_mlp_test_expected.npz")));
      expect(result.counts.flat()).toEqual(Array.from(expected.get("nir-euler/counts")?.data ?? [], Number));
    },
  );

  test.skipIf(!hasData)("digits_mlp: 265/270 in nir-euler+subtract and in nir-exp", async () => {
    for (const dialect of ["nir-euler+subtract", "nir-exp"]) {
      const data = [
        "--data",
        join(recorded, "digits_test_xy.npz"),
        "--dt",
        "1e-3",
        "--json",
        "--dialect",
        dialect,
      ];
      const { json } = await run(["evaluate", join(recorded, "digits_mlp.nir"), ...data]);
      expect(json()).toMatchObject({ correct: 265, dialect });
    }
  });
});
