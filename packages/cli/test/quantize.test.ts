import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { graph } from "@nirkit/graph";
import { readNir, writeNir } from "@nirkit/hdf5";
import { readQuantized } from "@nirkit/quantize";
import { describe, expect, test } from "vitest";
import { hasData, recorded } from "./materials.ts";
import { smallFolder, smallX, writeArrays } from "./networks.ts";
import { run, scratch } from "./run.ts";

const line = (text: string): string[] => text.split(" ");

describe("quantize", () => {
  test("--help --scheme uniform lists the parameters of the scheme", async () => {
    const { code, stdout } = await run(line("quantize --help --scheme uniform"));
    expect(code).toBe(0);
    expect(stdout).toContain("Options of scheme uniform:");
    expect(stdout).toMatch(/--axis <value> +0: one scale per output channel/);
    expect(stdout).toMatch(/--clip <text>[^-]+one of absmax/s);
    expect(stdout).not.toContain("--scheme-seed");
  });

  test("uniform:4 --per-channel writes 4-bit integers with one scale per row, and prints what was lost", async () => {
    const cwd = await smallFolder();
    const { code, stdout } = await run(
      line("quantize net.nir --scheme uniform:4 --per-channel --dt 1 -o q.nir"),
      { cwd },
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^fc1 +uniform:4\/channel +6 /m);
    expect(stdout).toMatch(/^hidden +LIF +3 /m);
    const { graph: written } = await readNir(readFileSync(join(cwd, "q.nir")));
    const view = readQuantized(written);
    expect(view.dt).toBe(1);
    const fc1 = view.weights.get("fc1")?.weight;
    // 0.9 and -0.35 over alpha 0.9: 7 and -2.72 -> -3; -0.6 and 0.8 over 0.8: -5.25 -> -5 and 7; both 0.5: 7 and 7.
    expect([...(fc1?.ints ?? [])]).toEqual([7, -3, -5, 7, 7, 7]);
    expect(fc1?.scale.length).toBe(3);
  });

  test("--axis 0 is the same as --per-channel, and the same command gives the same bytes", async () => {
    const cwd = await smallFolder();
    await run(line("quantize net.nir --scheme uniform:4 --per-channel --dt 1 -o a.nir"), { cwd });
    await run(line("quantize net.nir --scheme uniform:4 --axis 0 --dt 1 -o b.nir"), { cwd });
    expect(readFileSync(join(cwd, "a.nir"))).toEqual(readFileSync(join(cwd, "b.nir")));
  });

  test("the dialect decides the reset of the annotation", async () => {
    const cwd = await smallFolder();
    for (const [dialect, reset] of [
      ["nir-euler", "value"],
      ["nir-euler+subtract", "subtract"],
    ] as const) {
      await run(line(`quantize net.nir --scheme uniform:8 --dt 1 --dialect ${dialect} -o q.nir --force`), {
        cwd,
      });
      const { graph: written } = await readNir(readFileSync(join(cwd, "q.nir")));
      expect(readQuantized(written).neurons.get("hidden")?.arithmetic.reset).toBe(reset);
    }
  });

  test("the time step rides in the file: no --dt is needed later, and another one is E_DT_CONFLICT", async () => {
    const cwd = await smallFolder();
    await run(line("quantize net.nir --scheme uniform:8 --dt 1 -o q.nir"), { cwd });
    for (const engine of ["float", "integer"]) {
      const base = `evaluate q.nir --data data.npz --engine ${engine} --json`;
      expect((await run(line(base), { cwd })).json()).toMatchObject({ ok: true, engine, dt: 1, samples: 4 });
      const { code, json } = await run(line(`${base} --dt 0.5`), { cwd });
      expect(code).toBe(1);
      expect(json().diagnostics[0]).toMatchObject({ code: "E_DT_CONFLICT" });
    }
  });

  test("an output that is neither .nir nor .nir.json is wrong usage, before anything is read", async () => {
    const cwd = await smallFolder();
    const { code, stderr } = await run(line("quantize gone.nir --scheme uniform:8 --dt 1 -o q.txt"), { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain("E_USAGE q.txt: Its ending names no form that nirkit writes");
    expect(existsSync(join(cwd, "q.txt"))).toBe(false);
  });

  test("a width beside another width of the scheme is wrong usage; the same twice is fine", async () => {
    const cwd = await smallFolder();
    const twice = await run(line("quantize net.nir --scheme uniform:4 --bits 8 --dt 1 -o q.nir"), { cwd });
    expect(twice.code).toBe(2);
    expect(twice.stderr).toContain("E_USAGE --bits: Contradicts --scheme uniform:4");
    expect(existsSync(join(cwd, "q.nir"))).toBe(false);
    const same = await run(line("quantize net.nir --scheme uniform:4 --bits 4 --dt 1 -o q.nir"), { cwd });
    expect(same.code).toBe(0);
  });

  test("a quantized network can be quantized again, with a warning", async () => {
    const cwd = await smallFolder();
    const first = await run(line("quantize net.nir --scheme uniform:8 --dt 1 -o a.nir"), { cwd });
    expect(first.stderr).not.toContain("W_ALREADY_QUANTIZED");
    const { code, stderr } = await run(line("quantize a.nir --scheme uniform:4 -o b.nir --dt 1"), { cwd });
    expect(code).toBe(0);
    expect(stderr).toContain("W_ALREADY_QUANTIZED a.nir: ");
    expect(stderr).toContain("Start from the float network");
  });

  test("--json carries the report and the parameters in full", async () => {
    const cwd = await smallFolder();
    const { json } = await run(
      line("quantize net.nir --scheme uniform:8 --dt 1 --calibrate data.npz -o q.nir --json"),
      { cwd },
    );
    expect(json()).toMatchObject({
      ok: true,
      out: "q.nir",
      scheme: "uniform",
      params: { bits: 8, axis: null, clip: "absmax" },
      dialect: "nir-euler",
      dt: 1,
      samples: 4,
      weights: [{ path: "fc1", bits: 8 }, { path: "fc2" }],
      neurons: [{ path: "hidden", rateBefore: expect.any(Number) }, { path: "classes" }],
    });
  });

  test("an .nir.json comes out when the name says so", async () => {
    const cwd = await smallFolder();
    await run(line("quantize net.nir --scheme uniform:8 --dt 1 -o q.nir.json"), { cwd });
    expect(readFileSync(join(cwd, "q.nir.json"), "utf8")).toMatch(/^\{/);
    expect(
      (await run(line("evaluate q.nir.json --data data.npz --engine integer --json"), { cwd })).json(),
    ).toMatchObject({ samples: 4 });
  });

  test.each([
    ["--scheme uniform:8 --out q.nir", 1, "E_DT_MISSING"],
    ["--scheme uniform:17 --dt 1 --out q.nir", 2, "--bits"],
    ["--scheme uniform:1 --dt 1 --out q.nir", 2, "--bits"],
    ["--scheme uniform:8 --clip nonsense --dt 1 --out q.nir", 2, "--clip"],
    ["--scheme uniform:8 --per-channel --axis null --dt 1 --out q.nir", 2, "Contradicts --axis null"],
    ["--scheme nowhere:8 --dt 1 --out q.nir", 2, "E_PLUGIN_NOT_FOUND"],
    ["--scheme uniform:8 --dt 1 --dialect sinabs --out q.nir", 1, "E_"],
    ["--scheme uniform:8 --dt 1 --input-scale 2 --out q.nir", 2, "--input-bits"],
    ["--scheme uniform:8 --dt 1 --calibrate gone.npz --out q.nir", 1, "E_FILE_READ"],
    ["--scheme uniform:8 --dt 1 --membrane-bits 3 --out q.nir", 1, "E_STATE_TOO_NARROW"],
    ["--scheme uniform:8 --dt 1 --out net.nir", 1, "E_EXISTS"],
  ])("quantize net.nir %s: exit code %i, %s, nothing written", async (rest, exit, words) => {
    const cwd = await smallFolder();
    const { code, stderr } = await run(line(`quantize net.nir ${rest}`), { cwd });
    expect(stderr).toContain(words);
    expect(code).toBe(exit);
    expect(existsSync(join(cwd, "q.nir"))).toBe(false);
  });

  test("a threshold below one step of the weights is E_THRESHOLD_BELOW_LSB, and nothing is written", async () => {
    const cwd = scratch();
    const tiny = graph()
      .input("in", [1])
      .linear("w", { weight: [[100]] })
      .lif("lif", { tau: 1, vThreshold: 0.1 })
      .output("out")
      .build();
    writeFileSync(join(cwd, "net.nir"), await writeNir(tiny));
    const { code, stderr } = await run(
      line("quantize net.nir --scheme uniform:8 --dt 1 --dialect nir-euler+subtract -o q.nir"),
      { cwd },
    );
    expect(code).toBe(1);
    expect(stderr).toContain("E_THRESHOLD_BELOW_LSB");
    expect(existsSync(join(cwd, "q.nir"))).toBe(false);
  });

  test("1000 inputs of 16 bits into one neuron overflow 32 bits: E_ACCUMULATOR_OVERFLOW, and nothing is written", async () => {
    const cwd = scratch();
    const wide = graph()
      .input("in", [1000])
      .linear("w", { weight: [new Array<number>(1000).fill(1)] })
      .lif("lif", { tau: 4, r: 4, vThreshold: 1000 })
      .output("out")
      .build();
    writeFileSync(join(cwd, "net.nir"), await writeNir(wide));
    // 1000 · 127 · 65535 = 8.3e9, beyond 2^32.
    const flags = "--scheme uniform:8 --dt 1 --input-bits 16 --input-scale 1 -o q.nir";
    const { code, stderr } = await run(line(`quantize net.nir ${flags}`), { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain("E_ACCUMULATOR_OVERFLOW");
    expect(existsSync(join(cwd, "q.nir"))).toBe(false);
  });

  test("multi-bit input: 4 bits of scale 0.5 stand in the annotation", async () => {
    const cwd = await smallFolder();
    await run(line("quantize net.nir --scheme uniform:8 --dt 1 --input-bits 4 --input-scale 0.5 -o q.nir"), {
      cwd,
    });
    const { graph: written } = await readNir(readFileSync(join(cwd, "q.nir")));
    expect(readQuantized(written).inputs.get("in")).toMatchObject({ bits: 4, signed: false, scale: 0.5 });
    writeArrays(join(cwd, "half.npz"), {
      x: {
        dtype: "float32",
        shape: smallX.shape,
        data: Float32Array.from(Array.from(smallX.data, Number), (v) => v / 2),
      },
      y: { dtype: "uint8", shape: [4], data: Uint8Array.of(0, 1, 0, 1) },
    });
    expect((await run(line("evaluate q.nir --data half.npz --engine integer --json"), { cwd })).code).toBe(0);
  });

  test.skipIf(!hasData)("digits_mlp: 8 bit loses at most 3 of 264, 4 bit per channel at most 8", async () => {
    const cwd = scratch();
    const correct = new Map<string, number>();
    for (const scheme of ["uniform:8", "uniform:4 --per-channel"]) {
      const out = `q${correct.size}.nir`;
      const model = join(recorded, "digits_mlp.nir");
      await run(["quantize", model, ...line(`--scheme ${scheme} --dt 1e-3 -o ${out}`)], { cwd });
      const data = join(recorded, "digits_test_xy.npz");
      const { json } = await run(["evaluate", out, "--data", data, "--engine", "integer", "--json"], { cwd });
      expect(json().samples).toBe(270);
      correct.set(scheme, json().correct);
    }
    console.info(`digits_mlp of 270: float 264, ${[...correct].map(([s, n]) => `${s} ${n}`).join(", ")}`);
    expect(correct.get("uniform:8")).toBeGreaterThanOrEqual(261);
    expect(correct.get("uniform:4 --per-channel")).toBeGreaterThanOrEqual(256);
  });
});
