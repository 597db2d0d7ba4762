/** `--dialect` of the commands, against the convention that a file was quantized with. */
import { dialects, parseDialect } from "@nirkit/simulate";
import { describe, expect, test } from "vitest";
import { smallFolder } from "./networks.ts";
import { run } from "./run.ts";

const line = (text: string): string[] => text.split(" ");

async function quantized(dialect: string): Promise<string> {
  const cwd = await smallFolder();
  await run(line(`quantize net.nir --scheme uniform:8 --dt 1 --dialect ${dialect} -o q.nir`), { cwd });
  return cwd;
}

describe("--dialect of integer engines", () => {
  test.each([
    ["nir-euler+subtract", "nir-euler", "reset subtract"],
    ["nir-euler", "nir-euler+subtract", "reset value"],
    ["nir-euler", "nir-exp", "leak euler"],
    ["nir-exp+subtract", "nir-euler", "leak exp"],
  ])("a file for %s refuses %s: %s", async (made, asked, differing) => {
    const cwd = await quantized(made);
    for (const engine of ["integer", "fpga"]) {
      const base = `evaluate q.nir --data data.npz --engine ${engine}`;
      const { code, stderr } = await run(line(`${base} --dialect ${asked}`), { cwd });
      expect(code).toBe(1);
      expect(stderr).toContain("E_DIALECT_CONFLICT --dialect: ");
      expect(stderr).toContain(differing);
      expect((await run(line(`${base} --dialect ${made}`), { cwd })).code).toBe(0);
      expect((await run(line(base), { cwd })).code).toBe(0);
    }
  });

  test("an unknown name is refused whatever the engine", async () => {
    const cwd = await quantized("nir-euler");
    for (const engine of ["float", "integer", "fpga"]) {
      const words = line(`evaluate q.nir --data data.npz --engine ${engine} --dialect nonsense`);
      const { code, stderr } = await run(words, { cwd });
      expect(code).toBe(1);
      expect(stderr).toContain("E_UNKNOWN_DIALECT");
    }
  });
});

describe("--dialect of float runs of a quantized file", () => {
  test.each(["nir-euler", "nir-euler+subtract", "nir-exp", "nir-exp+subtract"])(
    "%s is taken from the file, and said where it is not nir-euler",
    async (made) => {
      const cwd = await quantized(made);
      for (const words of ["evaluate q.nir --data data.npz", "simulate q.nir --input data.npz -o t.npz"]) {
        const result = (await run(line(`${words} --json`), { cwd })).json();
        expect(result).toMatchObject({ ok: true, dialect: made });
        const codes = result.diagnostics.map((d: { code: string }) => d.code);
        expect(codes.includes("H_DIALECT_OF_FILE")).toBe(made !== "nir-euler");
      }
    },
  );

  test("another one is run with W_DIALECT_DIFFERS", async () => {
    const cwd = await quantized("nir-euler+subtract");
    const base = "evaluate q.nir --data data.npz --dialect";
    const { code, stdout, stderr } = await run(line(`${base} nir-euler`), { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain("engine float, nir-euler, dt 1");
    expect(stderr).toMatch(/W_DIALECT_DIFFERS --dialect: .* quantized for reset subtract/);
    const same = await run(line(`${base} nir-euler+subtract`), { cwd });
    expect(same.stderr).not.toMatch(/DIALECT/);
  });
});

test.each([
  ["evaluate", [...dialects.keys()], ["subtract", "old", "zero_signal"]],
  ["simulate", [...dialects.keys()], ["subtract", "old", "zero_signal"]],
  ["quantize", ["nir-euler", "nir-exp"], ["subtract", "old"]],
])(
  "%s --help names every dialect that it takes, and modifiers that work",
  async (command, names, modifiers) => {
    const { stdout } = await run([command, "--help"]);
    for (const name of names) {
      expect(stdout).toContain(name);
      for (const modifier of modifiers) {
        expect(stdout).toContain(`+${modifier}`);
        expect(parseDialect(`${name}+${modifier}`).name).toBe(`${name}+${modifier}`);
      }
    }
  },
);
