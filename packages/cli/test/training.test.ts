/** `nirkit train` and `nirkit finetune` on a task that trains in a second. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readNir } from "@nirkit/hdf5";
import { philox } from "@nirkit/integer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeArrays } from "./networks.ts";
import { run as nirkit } from "./run.ts";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "nirkit-train-"));
  const [samples, steps] = [64, 6];
  const x = new Float32Array(samples * steps * 8);
  const random = philox(1, "samples");
  for (let k = 0; k < x.length; k++) {
    const [sample, input] = [Math.floor(k / (steps * 8)), k % 8];
    x[k] = random.uniform() < (Math.floor(input / 4) === sample % 2 ? 0.6 : 0.2) ? 1 : 0;
  }
  writeArrays(join(dir, "data.npz"), {
    x: { dtype: "float32", shape: [samples, steps, 8], data: x },
    y: { dtype: "int32", shape: [samples], data: Int32Array.from({ length: samples }, (_, k) => k % 2) },
  });
  const config = {
    model: { sizes: [8, 6, 2], tau: 4 },
    data: { train: "data.npz", validation: "data.npz" },
    out: "run",
    epochs: 12,
    batchSize: 16,
    init: { density: 0.4, steps: 6 },
    optimizer: { name: "adamW", lr: 0.04 },
    checkpointSteps: 30,
  };
  await writeFile(join(dir, "config.json"), JSON.stringify(config));
  await writeFile(join(dir, "wrong.json"), JSON.stringify({ ...config, epochs: 0, bachSize: 3 }));
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

const json = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

describe("nirkit train", () => {
  it("trains 48 steps, writes network, metrics, report and checkpoints, and reaches 90 %", async () => {
    const { code, stdout, stderr } = await nirkit(["train", "config.json", "--seed", "3", "--json"], {
      cwd: dir,
    });
    expect(stderr).toMatch(/^epoch 1: train loss/m);
    expect(code).toBe(0);
    const result = json(stdout) as { step: number; validation: { metrics: { accuracy: number } } };
    expect(result.step).toBe(48);
    expect(result.validation.metrics.accuracy).toBeGreaterThan(0.9);
    const lines = readFileSync(join(dir, "run", "metrics.jsonl"), "utf8")
      .trimEnd()
      .split("\n")
      .map(json);
    expect(lines.filter(({ kind }) => kind === "step")).toHaveLength(48);
    expect(lines.filter(({ kind }) => kind === "epoch")).toHaveLength(12);
    expect(readFileSync(join(dir, "run", "report.html"), "utf8")).toContain("Accuracy by epoch");
    const { graph: trained } = await readNir(readFileSync(join(dir, "run", "model.nir")));
    expect([...trained.nodes().keys()].sort()).toEqual(["fc1", "fc2", "input", "lif1", "lif2", "output"]);
    expect(existsSync(join(dir, "run", "checkpoints", "last-0000000048", "manifest.json"))).toBe(true);
  });

  it("refuses a folder with a run in it, and wrong words of a configuration with exit code 2", async () => {
    const again = await nirkit(["train", "config.json", "--seed", "3"], { cwd: dir });
    expect([again.code, /E_EXISTS/.test(again.stderr)]).toEqual([1, true]);
    const wrong = await nirkit(["train", "wrong.json"], { cwd: dir });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/wrong\.json: epochs/);
    expect(wrong.stderr).toMatch(/bachSize/);
  });

  it("resumed from an older checkpoint gives the weights of the whole run", async () => {
    const whole = json(
      (await nirkit(["train", "config.json", "--seed", "3", "--json", "-o", "whole"], { cwd: dir })).stdout,
    );
    await nirkit(["train", "config.json", "--seed", "3", "-o", "part"], { cwd: dir });
    // As if the run had ended before its last checkpoint: only an older one is left.
    const folder = join(dir, "part", "checkpoints");
    const last = readdirSync(folder)
      .filter((name) => name.startsWith("last"))
      .sort();
    await rm(join(folder, last.at(-1) ?? ""), { recursive: true });
    const resumed = await nirkit(
      ["train", "config.json", "--seed", "3", "--json", "-o", "part", "--resume"],
      { cwd: dir },
    );
    expect(resumed.stderr).toMatch(/continues after step (\d+)/);
    expect(json(resumed.stdout).weightsSha256).toBe(whole.weightsSha256);
    const lines = readFileSync(join(dir, "part", "metrics.jsonl"), "utf8")
      .trimEnd()
      .split("\n")
      .map(json);
    expect(lines.filter(({ kind }) => kind === "step").map(({ step }) => step)).toEqual(
      Array.from({ length: 48 }, (_, k) => k + 1),
    );
  });

  it("refuses labels beyond the classes and files that are not there before it makes a folder", async () => {
    const config = json(readFileSync(join(dir, "config.json"), "utf8"));
    await writeFile(
      join(dir, "odd.json"),
      JSON.stringify({ ...config, data: { train: "odd.npz" }, out: "odd" }),
    );
    writeArrays(join(dir, "odd.npz"), {
      x: { dtype: "float32", shape: [3, 2, 8], data: new Float32Array(48) },
      y: { dtype: "int32", shape: [3], data: Int32Array.of(0, 1, 2) },
    });
    const odd = await nirkit(["train", "odd.json"], { cwd: dir });
    expect([
      odd.code,
      /E_DATA_LABEL.*Label 2 of sample 2/.test(odd.stderr),
      existsSync(join(dir, "odd")),
    ]).toEqual([1, true, false]);
    const missing = await nirkit(["train", "nowhere.json"], { cwd: dir });
    expect([missing.code, /E_FILE_READ/.test(missing.stderr)]).toEqual([1, true]);
  });

  it.runIf(existsSync("/proc/self"))(
    "stops at once where the folder of the run cannot be made, and makes the folders above one that can",
    async () => {
      const refused = await nirkit(["train", "config.json", "-o", "/proc/a/run"], { cwd: dir });
      expect([refused.code, /E_FILE_WRITE.*nothing can be made in its folder/.test(refused.stderr)]).toEqual([
        1,
        true,
      ]);
      const made = await nirkit(["train", "config.json", "-o", "runs/first/a"], { cwd: dir });
      expect([made.code, existsSync(join(dir, "runs/first/a/model.nir"))]).toEqual([0, true]);
    },
  );

  it("prints the accuracy of the weights that early stopping put back, which evaluate finds again", async () => {
    const config = { ...json(readFileSync(join(dir, "config.json"), "utf8")), out: "early", epochs: 8 };
    const early = {
      ...config,
      earlyStopping: { monitor: "val.loss", patience: 2 },
      optimizer: { name: "adam", lr: 0.3 },
    };
    await writeFile(join(dir, "early.json"), JSON.stringify(early));
    const trained = json(
      (await nirkit(["train", "early.json", "--seed", "3", "--json"], { cwd: dir })).stdout,
    ) as {
      validation: { metrics: { accuracy: number } };
    };
    const { stdout } = await nirkit(["evaluate", "early/model.nir", "--data", "data.npz", "--json"], {
      cwd: dir,
    });
    expect(json(stdout).accuracy).toBe(trained.validation.metrics.accuracy);
  });

  it("refuses to resume with another seed", async () => {
    const { code, stderr } = await nirkit(["train", "config.json", "--seed", "4", "--resume"], { cwd: dir });
    expect([code, /E_CHECKPOINT_MISMATCH/.test(stderr)]).toEqual([1, true]);
  });
});

it.each(["rmsprop", "adagrad", "adadelta", "adamax", "sgd"])(
  "trains with %s, and continues from an older checkpoint with the same bits",
  async (name) => {
    const config = { ...json(readFileSync(join(dir, "config.json"), "utf8")), epochs: 2, checkpointSteps: 3 };
    const own = { ...config, optimizer: { name, lr: 0.02 }, out: name };
    await writeFile(join(dir, `${name}.json`), JSON.stringify(own));
    const whole = json((await nirkit(["train", `${name}.json`, "--json"], { cwd: dir })).stdout);
    const folder = join(dir, name, "checkpoints");
    const newest =
      readdirSync(folder)
        .filter((kept) => kept.startsWith("last"))
        .sort()
        .at(-1) ?? "";
    await rm(join(folder, newest), { recursive: true });
    const again = await nirkit(["train", `${name}.json`, "--resume", "--json"], { cwd: dir });
    expect(again.stderr).toMatch(/continues after step/);
    expect(json(again.stdout).weightsSha256).toBe(whole.weightsSha256);
  },
);

describe("a trained file", () => {
  it("is evaluated and quantized in the step it was trained in, with the accuracy that training printed", async () => {
    const trained = json(
      (await nirkit(["train", "config.json", "--seed", "5", "--json", "-o", "told"], { cwd: dir })).stdout,
    ) as { validation: { metrics: { accuracy: number } } };
    const { code, stdout } = await nirkit(
      ["evaluate", "told/model.nir", "--data", "data.npz", "--engine", "float", "--json"],
      { cwd: dir },
    );
    const result = json(stdout) as {
      accuracy: number;
      dialect: string;
      dt: number;
      diagnostics: { code: string }[];
    };
    expect(code).toBe(0);
    expect(result.accuracy).toBe(trained.validation.metrics.accuracy);
    expect([result.dialect, result.dt]).toEqual(["nir-euler+subtract", 1]);
    expect(result.diagnostics.map((diagnostic) => diagnostic.code)).toContain("H_DIALECT_OF_FILE");
    const quantized = await nirkit(
      ["quantize", "told/model.nir", "--scheme", "uniform:8", "-o", "told8.nir", "--json"],
      { cwd: dir },
    );
    expect(json(quantized.stdout)).toMatchObject({ dialect: "nir-euler+subtract", dt: 1 });
  });

  it("that was trained on the last membrane is evaluated on it", async () => {
    const config = {
      ...json(readFileSync(join(dir, "config.json"), "utf8")),
      loss: "membrane-last",
      out: "last",
    };
    await writeFile(join(dir, "last.json"), JSON.stringify({ ...config, epochs: 2 }));
    const trained = json(
      (await nirkit(["train", "last.json", "--seed", "3", "--json"], { cwd: dir })).stdout,
    ) as {
      validation: { metrics: { accuracy: number } };
    };
    const { stdout } = await nirkit(
      ["evaluate", "last/model.nir", "--data", "data.npz", "--engine", "float", "--json"],
      {
        cwd: dir,
      },
    );
    expect(json(stdout).accuracy).toBe(trained.validation.metrics.accuracy);
  });
});

describe("nirkit finetune", () => {
  it.each([
    ["pot:99", /E_USAGE --qat pot:99/],
    ["ternary:5", /E_USAGE --qat ternary:5/],
    ["nothing:4", /E_PLUGIN_NOT_FOUND nothing/],
  ])("refuses --qat %s by name", async (scheme, message) => {
    const args = ["finetune", "run/model.nir", "--data", "data.npz", "--qat", scheme, "-o", "never.nir"];
    const { code, stderr } = await nirkit(args, { cwd: dir });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
    expect(existsSync(join(dir, "never.run"))).toBe(false);
  });

  it("--qat pot:4 writes weights that are all ±2^k times one scale, or 0", async () => {
    const args = [
      "finetune",
      "run/model.nir",
      "--qat",
      "pot:4",
      "--data",
      "data.npz",
      "--epochs",
      "2",
      "--batch",
      "16",
    ];
    const { code, stderr } = await nirkit([...args, "-o", "pot.nir", "--seed", "3"], { cwd: dir });
    expect(stderr).not.toMatch(/E_/);
    expect(code).toBe(0);
    const { graph: tuned } = await readNir(readFileSync(join(dir, "pot.nir")));
    for (const name of ["fc1", "fc2"]) {
      const node = tuned.node(name);
      if (node?.type !== "Affine") throw new Error(`${name} is no Affine`);
      const sizes = [...(node.weight.data as Float32Array)].map(Math.abs).filter((w) => w > 0);
      const top = Math.max(...sizes);
      for (const size of sizes) expect(Number.isInteger(Math.log2(top / size))).toBe(true);
      expect(node.metadata?.has("nirkit:quant")).toBe(true);
    }
  });

  it.each([
    "pot:4",
    "uniform:4",
    "uniform:8",
    "apot:4",
    "sbit",
    "ternary",
    "binary",
    "plus-minus:3",
    "slots",
    "deepshift:4",
    "dorefa:4",
    "duq:4",
    "mint:4",
    "sigmoid-steps",
  ])(
    "--qat %s, then quantized in the same scheme: the integer network is as right as the trained one",
    async (scheme) => {
      const out = `${scheme.replace(":", "")}.nir`;
      const args = [
        "--data",
        "data.npz",
        "--validation",
        "data.npz",
        "--epochs",
        "2",
        "--batch",
        "16",
        "--seed",
        "3",
      ];
      const tuned = await nirkit(
        ["finetune", "run/model.nir", "--qat", scheme, ...args, "-o", out, "--json"],
        { cwd: dir },
      );
      expect(tuned.stderr).not.toMatch(/E_/);
      const trained = json(tuned.stdout) as { validation: { metrics: { accuracy: number } } };
      const float = await nirkit(["evaluate", out, "--data", "data.npz", "--engine", "float", "--json"], {
        cwd: dir,
      });
      expect(json(float.stdout).accuracy).toBe(trained.validation.metrics.accuracy);
      const quantized = await nirkit(["quantize", out, "--scheme", scheme, "-o", `int-${out}`], { cwd: dir });
      expect(quantized.stderr).not.toMatch(/E_|W_ALREADY/);
      const ints = async (file: string): Promise<unknown> => {
        const { graph } = await readNir(readFileSync(join(dir, file)));
        return ["fc1", "fc2"].map((name) => graph.node(name).metadata?.get("nirkit:weight_int"));
      };
      expect(await ints(`int-${out}`)).toEqual(await ints(out));
      const integer = await nirkit(
        ["evaluate", `int-${out}`, "--data", "data.npz", "--engine", "integer", "--json"],
        { cwd: dir },
      );
      expect(json(integer.stdout).accuracy).toBeGreaterThanOrEqual(
        trained.validation.metrics.accuracy - 1 / 64,
      );
    },
  );
});
