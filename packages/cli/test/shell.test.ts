/** Commands about nirkit itself: passes and completion; and ONNX as a form of convert. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { smallFolder } from "./networks.ts";
import { run } from "./run.ts";

const line = (text: string): string[] => text.split(" ");

describe("passes", () => {
  test("lists every pass with a summary, and one with its options and text form", async () => {
    const { stdout } = await run(["passes"]);
    for (const name of ["fold-scale", "lower-extensions", "quantize-pot", "quantize-membrane"])
      expect(stdout).toMatch(new RegExp(`^${name} +\\w`, "m"));
    const one = await run(["passes", "quantize-pot"]);
    expect(one.stdout).toMatch(/^ {2}bits +Width of a weight/m);
    expect(one.stdout).toContain("Text form: quantize-pot{bits=4}");
    const document = (await run(["passes", "quantize-pot", "--json"])).json();
    expect(document.passes[0].options.properties.bits.default).toBe(4);
    expect((await run(["passes", "nowhere"])).code).toBe(2);
  });
});

describe("completion", () => {
  test("bash completes compa to compare, and --per of quantize to --per-channel", async () => {
    const { stdout } = await run(["completion", "bash"]);
    const completed = (...words: readonly string[]): string => {
      const script = `${stdout}\nCOMP_WORDS=(${words.join(" ")}); COMP_CWORD=${words.length - 1}; _nirkit; echo "\${COMPREPLY[*]}"`;
      return execFileSync("bash", ["-c", script], { encoding: "utf8" }).trim();
    };
    expect(completed("nirkit", "compa")).toBe("compare");
    expect(completed("nirkit", "quantize", "--per")).toBe("--per-channel");
    expect(completed("nirkit", "completion", "z")).toBe("zsh");
  });

  test("zsh and fish name every command of the help; another shell is wrong usage", async () => {
    const help = (await run(["--help"])).stdout;
    const names = [...help.matchAll(/^ {2}(\w+) .*[<[]?/gm)].map(([, name]) => name ?? "");
    expect(names).toContain("estimate");
    for (const shell of ["zsh", "fish"]) {
      const { stdout } = await run(["completion", shell]);
      for (const name of ["inspect", "compare", "quantize", "estimate", "completion"])
        expect(stdout).toContain(name);
    }
    expect((await run(["completion", "tcsh"])).code).toBe(2);
  });
});

describe("convert to .onnx", () => {
  test("writes QONNX with the operators IntQuant and MatMul or Gemm, and says where it is cut", async () => {
    const cwd = await smallFolder();
    await run(line("quantize net.nir --scheme uniform:4 --dt 1 -o q.nir"), { cwd });
    const { code, stderr } = await run(line("convert q.nir q.onnx"), { cwd });
    expect(code).toBe(0);
    expect(stderr).toContain("H_QONNX_CUT");
    const text = readFileSync(join(cwd, "q.onnx"), "latin1");
    expect(text).toContain("IntQuant");
    expect(text).toContain("nirkit:neurons");
  });

  test("a float network, ONNX as input, and flags of .nir files are refused; nothing is written", async () => {
    const cwd = await smallFolder();
    expect((await run(line("convert net.nir q.onnx"), { cwd })).stderr).toContain("E_NOT_QUANTIZED");
    expect(await run(line("convert q.onnx q.nir"), { cwd })).toMatchObject({ code: 2 });
    expect(await run(line("convert net.nir q.onnx --compress none"), { cwd })).toMatchObject({ code: 2 });
    expect(existsSync(join(cwd, "q.onnx"))).toBe(false);
  });
});
