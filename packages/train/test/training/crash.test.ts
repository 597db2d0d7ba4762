/** Training that is killed, and continued. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { philox } from "@nirkit/integer";
import { checkpointFolder } from "@nirkit/train/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type CheckpointFiles,
  checkpoint,
  checkpointFiles,
  earlyStopping,
  restoreCheckpoint,
  type Trainer,
} from "../../src/index.ts";
import { dataOf, type Variant, variants } from "./crash-variants.ts";
import { toyData, toyTrainer } from "./toy-task.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "nirkit-crash-"));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

const child = new URL("./crash-child.ts", import.meta.url);

/** Runs the child; kills it with SIGKILL `delay` milliseconds after its step `at`. */
async function train(
  folder: string,
  kill?: { readonly at: number; readonly delay: number },
  variant = "adamW, plateau",
): Promise<string> {
  const running: ChildProcess = spawn(
    process.execPath,
    ["--conditions=@nirkit/source", child.pathname, folder, "6", variant],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let [out, err] = ["", ""];
  let aimed = false;
  running.stderr?.on("data", (data: Buffer) => {
    err += data.toString();
  });
  running.stdout?.on("data", (data: Buffer) => {
    out += data.toString();
    if (kill === undefined || aimed || !out.includes(`step ${kill.at}\n`)) return;
    aimed = true;
    setTimeout(() => running.kill("SIGKILL"), kill.delay);
  });
  const code = await new Promise<number | null>((resolve) => running.on("close", resolve));
  if (kill === undefined && code !== 0) throw new Error(err);
  return out;
}

const weightsOf = (out: string): string => /^weights (.*)$/m.exec(out)?.[1] ?? "none";

/** Moments inside steps and checkpoints. */
const kills = [
  { at: 3, delay: 0 },
  { at: 15, delay: 2 },
];

/** A run of a variant in one process: `steps` steps, from a checkpoint where there is one. */
async function runSteps(name: string, steps: number, from?: CheckpointFiles): Promise<Trainer> {
  const { trainer: options, build, ...rest } = (variants[name] as () => Variant)();
  const trainer = await toyTrainer({ ...options, callbacks: [earlyStopping({ patience: 100 })] }, build);
  if (from !== undefined) await restoreCheckpoint(trainer, from);
  const stop = new AbortController();
  const data = dataOf({ trainer: options, ...rest });
  for await (const event of trainer.fit(data, { epochs: 6, validation: toyData(20), signal: stop.signal }))
    if (event.kind === "step" && event.step === steps) stop.abort();
  return trainer;
}

const bitsOf = async (trainer: Trainer): Promise<unknown> =>
  [...(await trainer.weights())].map(([key, values]) => [key, [...new Uint32Array(values.slice().buffer)]]);

describe.each(Object.keys(variants))("%s", (name) => {
  it("is continued after 6 and 13 of 20 steps with the same bits, by new objects", async () => {
    const whole = await runSteps(name, 20);
    const first = await checkpointFiles(await runSteps(name, 6));
    const second = await checkpointFiles(await runSteps(name, 13, first));
    const last = await runSteps(name, 20, second);
    expect(last.position.step).toBe(20);
    expect(await bitsOf(last)).toEqual(await bitsOf(whole));
  });

  it.runIf(process.env.NIRKIT_DEEP === "1")(
    "ends with the same bits after 5 kills at random moments",
    async () => {
      const random = philox(6, `kills/${name}`);
      const folder = join(root, name.replaceAll(/\W+/g, "-"));
      const whole = await train(`${folder}-whole`, undefined, name);
      for (let k = 0; k < 5; k++)
        await train(
          folder,
          { at: Math.ceil(3 * (k + random.uniform())), delay: 12 * random.uniform() },
          name,
        );
      const last = await train(folder, undefined, name);
      expect(weightsOf(whole)).not.toBe("none");
      expect(weightsOf(last)).toBe(weightsOf(whole));
    },
    300_000,
  );
});

describe("a run of 24 steps that is killed", () => {
  it("by SIGKILL, twice or more, ends with the same weights, bit for bit", async () => {
    const whole = await train(join(root, "whole"));
    const folder = join(root, "killed");
    const starts: number[] = [];
    for (const kill of kills) {
      const out = await train(folder, kill);
      expect(weightsOf(out)).toBe("none");
      starts.push(Number(/from (\d+)/.exec(out)?.[1]));
    }
    const last = await train(folder);
    starts.push(Number(/from (\d+)/.exec(last)?.[1]));
    expect(starts[0]).toBe(0);
    expect(starts.toSorted((a, b) => a - b)).toEqual(starts);
    expect(starts.at(-1)).toBeGreaterThanOrEqual(14);
    expect(weightsOf(whole)).not.toBe("none");
    expect(weightsOf(last)).toBe(weightsOf(whole));
  }, 120_000);
});

describe("a folder of checkpoints", () => {
  it("keeps two of a kind and no temporary folders, and `best` beside `last`", async () => {
    const folder = join(root, "kept");
    const store = checkpointFolder(folder);
    const trainer = await toyTrainer({
      callbacks: [checkpoint({ store, everySteps: 2, keepBest: "accuracy" })],
    });
    for await (const event of trainer.fit(toyData(), { epochs: 3 })) void event;
    const names = (await readdir(folder)).sort();
    expect(names.filter((name) => name.startsWith("last"))).toEqual(["last-0000000010", "last-0000000012"]);
    expect(names.every((name) => /^(last|best)-\d{10}$/.test(name))).toBe(true);
    expect(names.some((name) => name.startsWith("best"))).toBe(true);
    const manifest = JSON.parse(
      await readFile(join(folder, "last-0000000012", "manifest.json"), "utf8"),
    ) as object;
    expect(manifest).toMatchObject({
      format: "nirkit-checkpoint/1",
      position: { step: 12, epoch: 3, batch: 0 },
    });
  });

  it("refuses a changed byte with E_CHECKPOINT at the file", async () => {
    const folder = join(root, "damaged");
    const store = checkpointFolder(folder);
    const trainer = await toyTrainer();
    await store.save("last", 0, await checkpointFiles(trainer));
    const file = join(folder, "last-0000000000", "params.safetensors");
    const bytes = await readFile(file);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    await writeFile(file, bytes);
    await expect(store.load("last")).rejects.toMatchObject({
      diagnostics: [{ code: "E_CHECKPOINT", path: "params.safetensors" }],
    });
  });

  it("is empty where nothing was saved", async () => {
    expect(await checkpointFolder(join(root, "nowhere")).load("best")).toBeUndefined();
  });
});

describe("restoreCheckpoint refuses", () => {
  it("another identity, another optimizer and a missing file", async () => {
    const files = await checkpointFiles(await toyTrainer({ identity: { seed: 1 } }));
    const codeOf = async (work: Promise<void>): Promise<unknown> =>
      work.then(
        () => "none",
        (error: { diagnostics: { code: string; detail: { what?: string } }[] }) => [
          error.diagnostics[0]?.code,
          error.diagnostics[0]?.detail.what,
        ],
      );
    const other = await toyTrainer({ identity: { seed: 2 } });
    expect(await codeOf(restoreCheckpoint(other, files))).toEqual(["E_CHECKPOINT_MISMATCH", "identity"]);
    const { sgd } = await import("../../src/index.ts");
    const plain = await toyTrainer({ identity: { seed: 1 }, optimizer: sgd() });
    expect(await codeOf(restoreCheckpoint(plain, files))).toEqual(["E_CHECKPOINT_MISMATCH", "optimizer"]);
    const same = await toyTrainer({ identity: { seed: 1 } });
    const less = new Map([...files].filter(([name]) => name !== "optimizer.safetensors"));
    expect(await codeOf(restoreCheckpoint(same, less))).toEqual(["E_CHECKPOINT", undefined]);
  });
});
