import { readFile } from "node:fs/promises";
import { graph, NirkitError } from "@nirkit/graph";
import { writeNir } from "@nirkit/hdf5";
import { writeNpz } from "@nirkit/npy";
import { expect, test } from "vitest";
import { firstLight } from "../src/first-light.ts";

const sample = new URL("../../../packages/cli/sample/", import.meta.url);

test("the sample of nirkit: 8-bit integers lose at most 2 %, and every emitted sample equals the golden spikes", async () => {
  const [model, data] = [new URL("glyphs-mlp.nir", sample), new URL("glyphs-test.npz", sample)];
  const found = await firstLight(await readFile(model), await readFile(data), { dt: 1e-3, bits: 8 });
  expect(found.samples).toBeGreaterThan(0);
  expect(found.float - found.integer).toBeLessThanOrEqual(0.02 * found.samples);
  expect(found.equal).toBe(found.samples);
  expect(found.cycles).toBeGreaterThan(0);
  expect(
    [...found.files.keys()].filter((path) => path.endsWith(".v") || path.endsWith(".sv")).length,
  ).toBeGreaterThan(0);
});

test("a delay of two million steps is refused with a code, a place and a hint, before anything is emitted", async () => {
  const identity = [
    [1, 0],
    [0, 1],
  ];
  const delays = graph()
    .input("in", [2])
    .linear("fc1", { weight: identity })
    .lif("lif1", { tau: 0.01, r: 10, vThreshold: 1 })
    .delay("late", { delay: [2000, 2000] })
    .linear("fc2", { weight: identity })
    .lif("lif2", { tau: 0.01, r: 10, vThreshold: 1 })
    .output("out")
    .build();
  const x = { dtype: "uint8", shape: [1, 2, 2], data: new Uint8Array(4) } as const;
  const y = { dtype: "int32", shape: [1], data: new Int32Array(1) } as const;
  const data = await writeNpz(
    new Map<string, typeof x | typeof y>([
      ["x", x],
      ["y", y],
    ]),
  );
  const refused = await firstLight(await writeNir(delays), data, { dt: 1e-3, bits: 8 }).catch(
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(NirkitError);
  const [first] = (refused as NirkitError).diagnostics;
  expect(first?.level).toBe("error");
  expect(first?.path).toContain("late");
  expect(first?.hint).toBeDefined();
});
