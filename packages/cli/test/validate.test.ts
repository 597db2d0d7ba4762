import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hasData, nirFiles, recorded } from "./materials.ts";
import { smallFolder } from "./networks.ts";
import { run } from "./run.ts";

interface MalformedCase {
  readonly file: string;
  readonly level: string;
  readonly code: string;
}

describe("validate", () => {
  test("a good file is ok with exit code 0; --json is an array", async () => {
    const cwd = await smallFolder();
    const { code, stdout } = await run(["validate", "net.nir"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toBe("net.nir: ok\n");
    expect((await run(["validate", "net.nir", "--json"], { cwd })).json()).toEqual([
      { file: "net.nir", ok: true, diagnostics: [] },
    ]);
  });

  test("a missing file does not keep the next from being checked, and the exit code is 1", async () => {
    const cwd = await smallFolder();
    const { code, json } = await run(["validate", "gone.nir", "net.nir", "--json"], { cwd });
    expect(code).toBe(1);
    expect(json()).toMatchObject([
      { file: "gone.nir", ok: false, diagnostics: [{ code: "E_FILE_READ" }] },
      { file: "net.nir", ok: true },
    ]);
  });

  test.skipIf(!hasData)(
    "every malformed file gives its code, at exit code 1 where it is an error",
    async () => {
      const { cases } = JSON.parse(readFileSync(join(nirFiles, "malformed/malformed.json"), "utf8")) as {
        readonly cases: readonly MalformedCase[];
      };
      const files = cases.map(({ file }) => join(nirFiles, "malformed", file));
      const { code, json } = await run(["validate", ...files, "--json"]);
      expect(code).toBe(1);
      const results = json();
      expect(cases.length).toBeGreaterThan(50);
      for (const [k, { file, level, code: wanted }] of cases.entries()) {
        const { ok, diagnostics } = results[k];
        expect(`${file} ${diagnostics.map((d: { code: string }) => d.code)}`).toContain(wanted);
        if (level === "error") expect(`${file} ${ok}`).toBe(`${file} false`);
      }
    },
  );

  test.skipIf(!hasData)("the recorded networks of others are all valid", async () => {
    const names = ["digits_mlp", "digits_cnn", "cnn_sinabs", "lif_norse", "braille_noDelay_bias_zero"];
    const { code, stdout } = await run(["validate", ...names.map((name) => join(recorded, `${name}.nir`))]);
    expect(code).toBe(0);
    expect(stdout.match(/: ok/g)).toHaveLength(names.length);
  });
});
