/**
 * The oracle's networks with seeds that nobody stored: run by the oracle in Python now, and compared with it. Needs a
 * Python with NumPy and h5py (`NIRKIT_PYTHON`).
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { compareWithTrace, dataRoot, hasTraces } from "./reference-data.ts";

const python = process.env.NIRKIT_PYTHON ?? "python3";
const ready = hasTraces && spawnSync(python, ["-c", "import numpy, h5py"]).status === 0;
if (!ready && process.env.NIRKIT_STRICT === "1")
  throw new Error("the oracle needs NIRKIT_DATA and NIRKIT_PYTHON");

interface Manifest {
  readonly [name: string]: {
    readonly dialects: Readonly<Record<string, { readonly dt: number; readonly margin: number | null }>>;
  };
}

const seeds =
  process.env.NIRKIT_DEEP === undefined ? [70_000] : Array.from({ length: 25 }, (_, k) => 80_000 + 1000 * k);

describe.skipIf(!ready)(
  `the oracle with other seeds${ready ? "" : " (skipped: no reference data or no Python)"}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "nirkit-oracle-"));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test.each(seeds)(
      "27 networks from seed %i: every spike of every dialect",
      async (seed) => {
        const out = join(folder, String(seed));
        const script = join(import.meta.dirname, "oracle/make_traces.py");
        const argv = [script, resolve(dataRoot, "traces/generate"), out, String(seed)];
        const { status, stderr } = spawnSync(python, argv, { encoding: "utf8" });
        expect([status, stderr]).toEqual([0, expect.anything()]);
        const manifest: Manifest = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8"));
        const wrong: string[] = [];
        let compared = 0;
        for (const [name, { dialects }] of Object.entries(manifest))
          for (const [label, { dt, margin }] of Object.entries(dialects)) {
            const found = await compareWithTrace(join(out, name), label, dt, margin);
            wrong.push(...found.wrong.map((key) => `${name}: ${key}`));
            compared += found.compared;
          }
        expect(wrong).toEqual([]);
        expect([Object.keys(manifest).length, compared > 300]).toEqual([27, true]);
      },
      120_000,
    );
  },
);
