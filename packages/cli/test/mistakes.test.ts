/** What people give by mistake, and the sentence they get. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { smallFolder } from "./networks.ts";
import { run } from "./run.ts";

const line = (text: string): string[] => text.split(" ");
const zip = (name: string): Buffer =>
  Buffer.from(`PK\u0003\u0004${"\0".repeat(26)}${name}${"x".repeat(40)}`, "latin1");

describe("a typical mistake", () => {
  test.each([
    [
      "model.pt",
      zip("model/data.pkl"),
      "a PyTorch checkpoint, not a network. Hint: Rebuild the model in Python",
    ],
    ["old.pt", Buffer.of(0x80, 2, 0x7d, 0x2e), "a Python pickle, not a network"],
    ["x.npz", zip("x.npy"), "an .npz archive of arrays, not a network. Hint: Networks are .nir"],
    ["x.npy", Buffer.from("\u0093NUMPY\u0001\0", "latin1"), "an .npy array, not a network"],
  ])("%s where a network is expected is E_NOT_HDF5 and told for what it is", async (name, bytes, words) => {
    const cwd = await smallFolder();
    writeFileSync(join(cwd, name), bytes);
    const { code, stderr } = await run(["inspect", name], { cwd });
    expect(stderr).toContain(`E_NOT_HDF5 /: This is ${words}`);
    expect(code).toBe(1);
  });

  test.each([
    ["evaluate net.nir --data net.nir --dt 1", "are the arguments swapped?"],
    ["evaluate net.nir --data bad.npz --dt 1", "Hint: Write it again with np.savez"],
    ["evaluate net.nir --data . --dt 1", "it is a folder, a file is needed"],
    ["verify net.nir", "it is a file, and compile writes a folder"],
    ["diff net.nir data.npz", "E_NOT_HDF5 data.npz:/: This is an .npz archive"],
  ])("nirkit %s: %s", async (words, message) => {
    const cwd = await smallFolder();
    writeFileSync(join(cwd, "bad.npz"), zip(""));
    const { code, stderr } = await run(line(words), { cwd });
    expect(stderr).toContain(message);
    expect(code).toBe(1);
  });
});
