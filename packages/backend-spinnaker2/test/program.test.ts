/** The emitted program: valid Python, and every spike as predicted against a stand-in of the documented API. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { VirtualFile } from "@nirkit/backend";
import type { NirGraph } from "@nirkit/graph";
import { readNir } from "@nirkit/hdf5";
import { afterAll, describe, expect, test } from "vitest";
import { emitS2, type S2Options } from "../src/index.ts";
import { brailleGraph } from "./braille-case.ts";
import { convNet, delayed, dense, hostile, readout, recurrent } from "./graphs.ts";
import { mapped, type QuantizeChoice } from "./quantized.ts";
import { dataFolder, hasData } from "./s2-data.ts";

const python = process.env.NIRKIT_PYTHON ?? "python3";
const stub = join(import.meta.dirname, "python");
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function hasNumpy(): boolean {
  if (spawnSync(python, ["-c", "import numpy"]).status === 0) return true;
  if (process.env.NIRKIT_STRICT === "1") throw new Error(`${python} has no numpy`);
  process.stdout.write(`skipped: ${python} has no numpy (set NIRKIT_PYTHON)\n`);
  return false;
}

function write(files: readonly VirtualFile[]): string {
  const folder = mkdtempSync(join(tmpdir(), "nirkit-s2-"));
  folders.push(folder);
  for (const { path, content } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

function start(folder: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, PYTHONPATH: stub, PYTHONDONTWRITEBYTECODE: "1" };
  return spawnSync(python, [join(folder, "run_s2.py"), ...args], { encoding: "utf8", env });
}

const dt = 1e-3;
type Subject = readonly [
  name: string,
  source: () => NirGraph | Promise<NirGraph>,
  choice: QuantizeChoice,
  options: Partial<S2Options>,
];
const subjects: readonly Subject[] = [
  ["two LIF layers with biases", () => dense(), { dt }, {}],
  ["a recurrent CubaLIF, subtract", () => recurrent(), { dt, reset: "subtract" }, {}],
  ["convolutions and pools on several PEs", () => convNet(), { dt }, { maxAtoms: 25 }],
  ["a delay of 20 steps over relays", () => delayed(20), { dt }, { relays: true }],
  ["a delay of 4 steps in 4-bit weights", () => delayed(3), { dt, bits: 4 }, {}],
  ["a readout by membrane", () => readout(), { dt }, { readout: "membrane" }],
  ["hostile names", () => hostile(), { dt }, {}],
];

describe.runIf(hasNumpy())("run_s2.py --selfcheck", () => {
  test.for(subjects)("%s: compiles, and all spikes are as predicted", async ([, source, choice, options]) => {
    const folder = write(emitS2(await mapped(await source(), choice, options)));
    const compiled = spawnSync(python, ["-m", "py_compile", join(folder, "run_s2.py")], { encoding: "utf8" });
    expect(compiled.stderr).toBe("");
    const { status, stdout, stderr } = start(folder, "--selfcheck");
    expect(stderr).toBe("");
    expect(Number(/selfcheck: all (\d+) spikes as predicted/.exec(stdout)?.[1])).toBeGreaterThan(3);
    expect(status).toBe(0);
  });

  test.runIf(hasData()).for(["noDelay_bias_zero", "noDelay_noBias_subtract"] as const)(
    "Braille %s",
    async (name) => {
      const reset = name === "noDelay_bias_zero" ? "value" : "subtract";
      const choice = { dt: 1e-4, reset, down: true } as const;
      const folder = write(emitS2(await mapped(await brailleGraph(name), choice, { steps: 256 })));
      const { status, stdout } = start(folder, "--selfcheck");
      expect(stdout).toMatch(/all \d+ spikes as predicted/);
      expect(status).toBe(0);
    },
  );

  test.runIf(hasData() && process.env.NIRKIT_DEEP === "1")(
    "the N-MNIST CNN of the NIR paper, 8 970 neurons",
    async () => {
      const source = (await readNir(readFileSync(join(dataFolder, "traces/real/cnn_sinabs.nir")))).graph;
      const folder = write(emitS2(await mapped(source, { dt: 1 }, { atoms: "3=256,6=128,10=16" })));
      const { status, stdout } = start(folder, "--selfcheck");
      expect(Number(/selfcheck: all (\d+) spikes as predicted/.exec(stdout)?.[1])).toBeGreaterThan(10_000);
      expect(status).toBe(0);
    },
    300_000,
  );

  test("board and emulation take the same network", async () => {
    const folder = write(emitS2(await mapped(dense(), { dt })));
    for (const target of ["board", "brian2"])
      expect(start(folder, "--selfcheck", "--target", target, "--ip", "10.0.0.1").status).toBe(0);
  });

  test("one other weight: the first difference is named, exit code 1", async () => {
    const folder = write(emitS2(await mapped(dense(), { dt })));
    const path = join(folder, "weights/w0_fc1.npy");
    const bytes = readFileSync(path);
    // The sign of every weight: rows are int16 [pre, post, weight] at the end of the file.
    for (let at = bytes.length - 2; at >= bytes.length - 60; at -= 6)
      bytes.writeInt16LE(-bytes.readInt16LE(at), at);
    writeFileSync(path, bytes);
    const { status, stdout } = start(folder, "--selfcheck");
    expect(stdout).toMatch(/p1_hidden: neuron \d+, step \d+: (missing|extra) spike/);
    expect(status).toBe(1);
  });

  test("an input of 0 and 1 as .npy runs latency steps longer; other values are refused", async () => {
    const folder = write(emitS2(await mapped(dense(), { dt })));
    const make = (value: number): void => {
      const code = `import numpy as np; x = np.zeros((9, 6), np.uint8); x[::2] = ${value}; np.save(r"${join(folder, "x.npy")}", x)`;
      expect(spawnSync(python, ["-c", code]).status).toBe(0);
    };
    make(1);
    const { status, stdout } = start(folder, "--input", join(folder, "x.npy"));
    expect(JSON.parse(stdout)).toHaveProperty("p2_cells");
    expect(status).toBe(0);
    make(2);
    expect(start(folder, "--input", join(folder, "x.npy")).status).toBe(1);
  });

  test("hostile names stay inside string literals: the program prints them back", async () => {
    const folder = write(emitS2(await mapped(hostile(), { dt })));
    const text = readFileSync(join(folder, "run_s2.py"), "utf8");
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    const code = `import sys; sys.path.insert(0, r"${folder}"); import run_s2; print(ascii([p["name"] for p in run_s2.POPULATIONS]))`;
    const { stdout } = spawnSync(python, ["-c", code], {
      encoding: "utf8",
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
    });
    expect(stdout.trim()).toBe(`['in"); import os #', "<script>\\U0001f600'{x}"]`);
  });
});
