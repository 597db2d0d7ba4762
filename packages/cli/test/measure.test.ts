/** What data say beyond accuracy: layouts that keep up, costs, records as they come, threads. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readNpy, readNpz } from "@nirkit/npy";
import { describe, expect, test } from "vitest";
import { smallFolder, smallX, writeArrays } from "./networks.ts";
import { run } from "./run.ts";

const line = (text: string): string[] => text.split(" ");

async function quantized(): Promise<string> {
  const cwd = await smallFolder();
  await run(line("quantize net.nir --scheme uniform:8 --dt 1 -o q.nir"), { cwd });
  return cwd;
}

describe("compile --data", () => {
  test("--target-fps takes the events of the busiest sample: 6 steps, 6 input events", async () => {
    const cwd = await quantized();
    const { code } = await run(
      line("compile q.nir --target fpga --target-fps 1000 --data data.npz -o build"),
      { cwd },
    );
    expect(code).toBe(0);
    const { options } = JSON.parse(readFileSync(join(cwd, "build/deployment.json"), "utf8"));
    const activity = JSON.parse(options.activity);
    expect(activity.steps).toBe(6);
    expect(activity.events).toMatchObject({ hidden: expect.any(Number), classes: expect.any(Number) });
    expect([5, 6]).toContain(activity.events.in);
    expect((await run(line("verify build --tools none --data data.npz"), { cwd })).code).toBe(0);
  });

  test("a design that keeps up says so; one that does not says what it reaches: one sample a second more than it can", async () => {
    const cwd = await quantized();
    const fps = (asked: string): string[] =>
      line(
        `compile q.nir --target fpga --clock-mhz 1 --lanes hidden=1,classes=1 --target-fps ${asked} --data data.npz --force -o build`,
      );
    const slow = await run(fps("1000"), { cwd });
    expect(slow.stderr).not.toContain("W_TARGET_FPS");
    const [, cycles] = /busiest sample: ([\d ]+) cycles/.exec(slow.stdout) ?? [];
    const whole = Number(cycles?.replaceAll(" ", ""));
    expect(whole).toBeGreaterThan(20);
    // Lanes that are named are not changed.
    const asked = Math.ceil(1e6 / whole) + 1;
    const { code, stderr } = await run(fps(String(asked)), { cwd });
    expect(code).toBe(0);
    expect(stderr).toContain(`${Math.floor(1e6 / whole)} per second at 1 MHz, not ${asked}`);
  });

  test("where every layer keeps up alone and the whole does not, lanes are doubled until it does", async () => {
    const cwd = await quantized();
    const cyclesOf = async (flags: string): Promise<number> => {
      const { stdout, stderr } = await run(
        line(`compile q.nir --target fpga --clock-mhz 1 ${flags} --data data.npz --force -o build`),
        { cwd },
      );
      expect(stderr).not.toContain("W_TARGET_FPS");
      const [, cycles = ""] = /busiest sample: ([\d ]+) cycles/.exec(stdout) ?? [];
      return Number(cycles.replaceAll(" ", ""));
    };
    const one = await cyclesOf("--target-fps 1");
    const fast = await cyclesOf(`--target-fps ${Math.ceil(1e6 / one) + 1}`);
    expect(fast).toBeGreaterThan(10);
    expect(fast).toBeLessThan(one);
    const { options } = JSON.parse(readFileSync(join(cwd, "build/deployment.json"), "utf8"));
    expect(options.targetFps).toBeGreaterThan(Math.ceil(1e6 / one));
    expect((await run(line("verify build --tools none --data data.npz"), { cwd })).code).toBe(0);
  });

  test("--target-fps without data is refused by the back end with the flag to give", async () => {
    const cwd = await quantized();
    const { code, stderr } = await run(line("compile q.nir --target fpga --target-fps 1000 -o build"), {
      cwd,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/E_FPGA_NO_ACTIVITY .*--data/s);
    expect(existsSync(join(cwd, "build"))).toBe(false);
  });

  test("--limit without --data is wrong usage", async () => {
    const cwd = await quantized();
    const { code, stderr } = await run(line("compile q.nir --target fpga --limit 2 -o build"), { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain("E_USAGE --limit: Belongs to --data");
  });
});

describe("estimate", () => {
  test.each(["fpga", "spinnaker2"])("%s: every figure has unit, method and source", async (target) => {
    const cwd = await quantized();
    await run(line(`compile q.nir --target ${target} -o build --quiet`), { cwd });
    const { code, json } = await run(line("estimate build --data data.npz --json"), { cwd });
    expect(code).toBe(0);
    const { samples, figures } = json();
    expect(samples).toBe(4);
    expect(figures.length).toBeGreaterThan(3);
    for (const figure of figures)
      expect(figure).toMatchObject({
        value: expect.any(Number),
        unit: expect.any(String),
        method: expect.stringMatching(/\w/),
        source: expect.stringMatching(/\w/),
      });
    const { stdout } = await run(line("estimate build --data data.npz"), { cwd });
    expect(stdout).toMatch(/^part +figure +value +unit +how$/m);
    expect(stdout).toMatch(/^\[1\] .*Source/ms);
  });

  test("without data it says that events are missing; a changed file has no figures", async () => {
    const cwd = await quantized();
    await run(line("compile q.nir --target fpga -o build --quiet"), { cwd });
    const plain = await run(line("estimate build"), { cwd });
    expect(plain.code).toBe(0);
    expect(plain.stderr).toContain("H_NO_ACTIVITY --data");
    writeFileSync(join(cwd, "build/rtl/nk_axis_in.v"), "// edited\n");
    const changed = await run(line("estimate build"), { cwd });
    expect(changed.code).toBe(1);
    expect(changed.stderr).toContain("E_FILE_CHANGED");
    expect((await run(line("estimate gone"), { cwd })).stderr).toContain("E_DEPLOYMENT");
  });
});

describe("simulate", () => {
  test("--from 2 --to 6 --every 2 --neurons 0,2 records 2 steps of 2 neurons", async () => {
    const cwd = await smallFolder();
    const flags = "--record vpre --node hidden --from 2 --to 6 --every 2 --neurons 0,2 --limit 3 --out y.npz";
    const { code } = await run(line(`simulate net.nir --input data.npz --dt 1 ${flags}`), { cwd });
    expect(code).toBe(0);
    const part = readNpz(readFileSync(join(cwd, "y.npz"))).get("hidden/vpre");
    expect(part?.shape).toEqual([3, 2, 2]);
    await run(line("simulate net.nir --input data.npz --dt 1 --record vpre --node hidden --out all.npz"), {
      cwd,
    });
    const whole = readNpz(readFileSync(join(cwd, "all.npz"))).get("hidden/vpre");
    // Sample 0, step 2 and 4, neurons 0 and 2 of [4, 6, 3].
    const at = (step: number, neuron: number): number => Number(whole?.data[step * 3 + neuron]);
    expect(Array.from(part?.data ?? [], Number).slice(0, 4)).toEqual([
      at(2, 0),
      at(2, 2),
      at(4, 0),
      at(4, 2),
    ]);
  });

  test("--stream writes the same numbers as --out, a folder per sample, and replaces only its own", async () => {
    const cwd = await smallFolder();
    const base = "simulate net.nir --input data.npz --dt 1 --record v --node hidden";
    await run(line(`${base} --out y.npz`), { cwd });
    const { code, stdout } = await run(line(`${base} --stream records`), { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain("4 samples of 6 steps in nir-euler, dt 1, written to records");
    const whole = readNpz(readFileSync(join(cwd, "y.npz"))).get("hidden/v");
    const index = JSON.parse(readFileSync(join(cwd, "records/sample-2/index.json"), "utf8"));
    expect(index).toMatchObject([{ key: "hidden/v", rows: 6 }]);
    const rows = readNpy(readFileSync(join(cwd, "records/sample-2", index[0].file)));
    expect(Array.from(rows.data, Number)).toEqual(Array.from(whole?.data ?? [], Number).slice(36, 54));
    expect((await run(line(`${base} --stream records`), { cwd })).stderr).toContain("E_EXISTS");
    expect((await run(line(`${base} --stream records --force`), { cwd })).code).toBe(0);
    writeFileSync(join(cwd, "records/mine.txt"), "");
    expect((await run(line(`${base} --stream records --force`), { cwd })).stderr).toContain(
      "E_FOREIGN_FILES",
    );
  });

  test("--workers 2 gives the same bytes and the same evaluation", async () => {
    const cwd = await smallFolder();
    const base = "simulate net.nir --input data.npz --dt 1 --record all";
    await run(line(`${base} --out one.npz`), { cwd });
    expect((await run(line(`${base} --workers 2 --out two.npz`), { cwd })).code).toBe(0);
    expect(readFileSync(join(cwd, "two.npz"))).toEqual(readFileSync(join(cwd, "one.npz")));
    const plain = await run(line("evaluate net.nir --data data.npz --dt 1 --counts --json"), { cwd });
    const pooled = await run(line("evaluate net.nir --data data.npz --dt 1 --counts --json --workers 2"), {
      cwd,
    });
    expect(pooled.json()).toEqual(plain.json());
  }, 20_000);

  test.each([
    ["", "One of --out and --stream is needed"],
    ["--out y.npz --stream y", "One of --out and --stream is needed"],
    ["--stream y --workers 2", "come from one thread"],
    ["--out y.npz --neurons 1,x", '"x" is no position'],
  ])("%s is wrong usage", async (flags, words) => {
    const cwd = await smallFolder();
    const { code, stderr } = await run(line(`simulate net.nir --input data.npz --dt 1 ${flags}`.trim()), {
      cwd,
    });
    expect(stderr).toContain(words);
    expect(code).toBe(2);
  });
});

describe("DATASET:PATH", () => {
  test("a name that is none, a shape that does not fit, options of a file: each refused with what to do", async () => {
    const cwd = await smallFolder();
    const base = "evaluate net.nir --dt 1 --data";
    const unknown = await run(line(`${base} nmnst:folder`), { cwd });
    expect(unknown.stderr).toMatch(/E_DATASET_UNKNOWN nmnst:folder: .*nmnist/);
    const shape = await run(line(`${base} gestures:7 --limit 1`), { cwd });
    expect(shape.stderr).toMatch(/E_DATASET_SHAPE gestures:7: .*\[2, 32, 32\], but Input "in" needs \[2\]/);
    const file = await run(line(`${base} data.npz --data-options steps=3`), { cwd });
    expect(file).toMatchObject({ code: 2 });
    const option = await run(line(`${base} gestures:7 --data-options foo=3`), { cwd });
    expect(option.stderr).toMatch(/"foo" is no option of a data set.*step-us/s);
  });

  test("synthetic gestures go into simulate with their options", async () => {
    const cwd = await smallFolder();
    const { graph } = await import("@nirkit/graph");
    const { writeNir } = await import("@nirkit/hdf5");
    const net = graph()
      .input("in", [2, 8, 8])
      .sumPool2d("pool", { kernelSize: [8, 8], stride: [8, 8] })
      .output("out")
      .build();
    writeFileSync(join(cwd, "pool.nir"), await writeNir(net));
    const flags = "--input gestures:7 --data-options steps=3,step-us=5000,downsample=16 --limit 2 --dt 1";
    const { code, json, stderr } = await run(
      line(`simulate pool.nir ${flags} --node out --out y.npz --json`),
      { cwd },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(json()).toMatchObject({
      samples: 2,
      steps: 3,
      records: [{ key: "out/out", shape: [2, 3, 2, 1, 1] }],
    });
  });

  test("a time axis alone is one sample for --calibrate too", async () => {
    const cwd = await smallFolder();
    writeArrays(join(cwd, "one.npz"), {
      input: { dtype: "uint8", shape: [6, 2], data: smallX.data.slice(0, 12) as Uint8Array },
    });
    const { json } = await run(
      line("quantize net.nir --scheme uniform:8 --dt 1 --calibrate one.npz -o q.nir --json"),
      { cwd },
    );
    expect(json()).toMatchObject({ samples: 1 });
  });
});
