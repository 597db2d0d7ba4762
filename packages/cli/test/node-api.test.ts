import { join } from "node:path";
import { expect, test } from "vitest";
import { open, samples, save, tools } from "../src/index.ts";
import { smallFolder, smallNetwork } from "./networks.ts";

test("open, save and samples work on files of both forms, and save keeps what is there", async () => {
  const cwd = await smallFolder();
  const network = await open(join(cwd, "net.nir"));
  expect(network.hash()).toBe(smallNetwork().hash());
  await save(join(cwd, "copy.nir.json"), network);
  expect((await open(join(cwd, "copy.nir.json"))).hash()).toBe(network.hash());
  await expect(save(join(cwd, "copy.nir.json"), network)).rejects.toThrow("E_EXISTS");
  await save(join(cwd, "copy.nir.json"), network, { force: true });
  const found = await samples(join(cwd, "data.npz"), network);
  expect(found.map(({ label }) => label)).toEqual([0, 1, 0, 1]);
  expect(found[0]?.input.get("in")).toMatchObject({ shape: [6, 2] });
});

test("tools finds the program that runs this test", async () => {
  expect(await (await tools()).version(process.execPath)).toBe(process.version);
});
