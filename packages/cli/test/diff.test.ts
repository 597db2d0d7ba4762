import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { graphToJson, tensor, withMetadata } from "@nirkit/graph";
import { writeNir } from "@nirkit/hdf5";
import { describe, expect, test } from "vitest";
import { smallFolder, smallNetwork } from "./networks.ts";
import { run } from "./run.ts";

const line = (text: string): string[] => text.split(" ");

/** The small network with one bias raised by 2^-10. */
async function changedFolder(): Promise<string> {
  const cwd = await smallFolder();
  const net = smallNetwork();
  const fc1 = net.node("fc1");
  if (fc1.type !== "Affine" || !("bias" in fc1)) throw new Error("fc1 is an Affine");
  const bias = tensor("float32", [3], [2 ** -10, 0, 0.05]);
  writeFileSync(join(cwd, "b.nir"), await writeNir(net.with({ setNodes: [["fc1", { ...fc1, bias }]] })));
  return cwd;
}

describe("diff", () => {
  test("the same network as .nir and .nir.json is equal, exit code 0", async () => {
    const cwd = await smallFolder();
    await run(line("convert net.nir net.nir.json"), { cwd });
    expect(await run(line("diff net.nir net.nir.json"), { cwd })).toMatchObject({
      code: 0,
      stdout: "equal\n",
    });
  });

  test("one of three biases differs by 2^-10: exit code 1, place and distance", async () => {
    const cwd = await changedFolder();
    const { code, stdout } = await run(line("diff net.nir b.nir"), { cwd });
    expect(code).toBe(1);
    expect(stdout).toContain("~ fc1.bias  float32[3]: 1 of 3 differ, first at [0]; max |d| 0.000977");
    expect(stdout).toContain("\n1 difference\n");
    const { json } = await run(line("diff net.nir b.nir --json"), { cwd });
    expect(json()).toMatchObject({
      ok: false,
      equal: false,
      parameters: [{ path: "fc1", param: "bias", distance: { maxAbs: 2 ** -10, differing: 1 } }],
    });
  });

  test.each([
    ["0.0009765625", 0],
    ["0.000976", 1],
  ])("--tolerance %s gives exit code %i for a difference of exactly 2^-10", async (tolerance, code) => {
    const cwd = await changedFolder();
    const ran = await run(["diff", "net.nir", "b.nir", "--tolerance", tolerance], { cwd });
    expect(ran.code).toBe(code);
    if (code === 0) expect(ran.stdout).toBe(`equal, 1 parameter within ${Number(tolerance)}\n`);
  });

  test("a missing node, its edges and metadata are differences that no tolerance hides", async () => {
    const cwd = await smallFolder();
    const net = smallNetwork();
    const less = net.with({
      removeEdges: [
        ["fc2", "classes"],
        ["classes", "out"],
      ],
      removeNodes: ["classes"],
      addEdges: [["fc2", "out"]],
      setNodes: [["fc1", withMetadata(net.node("fc1"), [["note", "two"]])]],
    });
    writeFileSync(join(cwd, "b.nir.json"), graphToJson(less));
    const { code, stdout } = await run(line("diff net.nir b.nir.json --tolerance 1e9"), { cwd });
    expect(code).toBe(1);
    for (const words of [
      "- classes  LIF",
      "- edge fc2 -> classes",
      "+ edge fc2 -> out",
      "+ fc1 metadata note",
    ])
      expect(stdout).toContain(words);
  });

  test("an unreadable file is exit code 1 with its code, a negative tolerance exit code 2", async () => {
    const cwd = await smallFolder();
    expect((await run(line("diff net.nir gone.nir --json"), { cwd })).json()).toMatchObject({
      ok: false,
      diagnostics: [{ code: "E_FILE_READ" }],
    });
    expect((await run(line("diff net.nir net.nir --tolerance -1"), { cwd })).code).toBe(2);
  });
});
