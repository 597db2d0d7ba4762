import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { graph, type NirGraph } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { filesBelow } from "../src/output-folder.ts";
import { hasIcarus } from "./materials.ts";
import { smallFolder, smallNetwork } from "./networks.ts";
import { run } from "./run.ts";

const line = (text: string): string[] => text.split(" ");

/** A folder with `q.nir`, and the deployment `build` of it. */
async function compiled(network: NirGraph = smallNetwork()): Promise<string> {
  const cwd = await smallFolder(network);
  const quantized = await run(line("quantize net.nir --scheme uniform:8 --dt 1 -o q.nir"), { cwd });
  expect(quantized.stderr).not.toContain("E_");
  const { code, stderr } = await run(line("compile q.nir --target fpga -o build --quiet"), { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return cwd;
}

const document = (cwd: string) => JSON.parse(readFileSync(join(cwd, "build/deployment.json"), "utf8"));

/** The first weight word of a memory image with its lowest bit turned. */
function flipWeightBit(path: string): void {
  const lines = readFileSync(path, "utf8").split("\n");
  const at = lines.findIndex((text) => /^[0-9a-f]+$/.test(text));
  const word = lines[at] ?? "";
  lines[at] = word.slice(0, -1) + (Number.parseInt(word.slice(-1), 16) ^ 1).toString(16);
  writeFileSync(path, lines.join("\n"));
}

describe("compile", () => {
  test("the folder holds the artefacts, model.nir, report.html, and deployment.json with every hash", async () => {
    const cwd = await compiled();
    const { schema, backend, files, graphHash } = document(cwd);
    expect({ schema, backend }).toEqual({ schema: "nirkit-deployment/1", backend: "fpga" });
    const present = (await filesBelow(join(cwd, "build"))).filter((path) => path !== "deployment.json");
    expect(files.map((file: { path: string }) => file.path).sort()).toEqual([...present].sort());
    expect(present).toEqual(
      expect.arrayContaining(["model.nir", "report.html", "manifest.json", "rtl/snn_top.v"]),
    );
    for (const { path, sha256 } of files)
      expect(
        createHash("sha256")
          .update(readFileSync(join(cwd, "build", path)))
          .digest("hex"),
      ).toBe(sha256);
    expect(readFileSync(join(cwd, "build/model.nir"))).toEqual(readFileSync(join(cwd, "q.nir")));
    expect((await run(line("inspect build/model.nir --json"), { cwd })).json().hash).toBe(graphHash);
    expect(readFileSync(join(cwd, "build/report.html"), "utf8")).toContain("<svg");
  });

  test("the same command gives the same bytes in every file", async () => {
    const cwd = await compiled();
    await run(line("compile q.nir --target fpga -o again --quiet"), { cwd });
    for (const path of await filesBelow(join(cwd, "build")))
      expect(
        readFileSync(join(cwd, "again", path)).equals(readFileSync(join(cwd, "build", path))),
        path,
      ).toBe(true);
  });

  test("--help --target fpga lists the options of the target, and they reach the deployment", async () => {
    const { stdout } = await run(line("compile --help --target fpga"));
    for (const words of [
      "Options of target fpga:",
      "--clock-mhz <number>",
      "--hold-input ",
      "one of auto, block",
    ])
      expect(stdout.replace(/\s+/g, " ")).toContain(words);
    const cwd = await compiled();
    await run(line("compile q.nir --target fpga -o fast --clock-mhz 250 --pe 2 --design mine"), { cwd });
    const { options } = JSON.parse(readFileSync(join(cwd, "fast/deployment.json"), "utf8"));
    expect(options).toMatchObject({ clockMhz: 250, pe: 2, design: "mine" });
    expect(existsSync(join(cwd, "fast/rtl/mine_top.v"))).toBe(true);
  });

  test("--json names the files with their hashes", async () => {
    const cwd = await compiled();
    const { json } = await run(line("compile q.nir --target fpga -o other --json"), { cwd });
    expect(json()).toMatchObject({
      ok: true,
      target: "fpga",
      out: "other",
      graphHash: document(cwd).graphHash,
    });
    expect(json().files).toEqual(document(cwd).files);
  });

  test("a float network is refused with the command that quantizes it, and no folder appears", async () => {
    const cwd = await smallFolder();
    const { code, stderr } = await run(line("compile net.nir --target fpga -o build"), { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^E_NOT_QUANTIZED net\.nir: .*Hint: Run nirkit quantize net\.nir --scheme uniform:8/,
    );
    expect(existsSync(join(cwd, "build"))).toBe(false);
  });

  test("a folder that is there is kept without --force, replaced with it, and never when it holds something else", async () => {
    const cwd = await compiled();
    const before = readFileSync(join(cwd, "build/deployment.json"), "utf8");
    const again = line("compile q.nir --target fpga --pe 2 -o build");
    expect((await run(again, { cwd })).stderr).toContain("E_EXISTS");
    expect(readFileSync(join(cwd, "build/deployment.json"), "utf8")).toBe(before);
    expect((await run([...again, "--force"], { cwd })).code).toBe(0);
    expect(document(cwd).options.pe).toBe(2);
    writeFileSync(join(cwd, "build/notes.txt"), "mine");
    const { code, stderr } = await run([...again, "--force"], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain("E_FOREIGN_FILES");
    expect(stderr).toContain("notes.txt");
    expect((await run(line("compile q.nir --target fpga --force -o ."), { cwd })).stderr).toContain(
      "E_FOREIGN_FILES",
    );
  });

  test.each([
    ["--pe 0", "--pe"],
    ["--clock-mhz fast", "--clock-mhz"],
    ["--mem-style ram", "--mem-style"],
    ["--design 1x", "--design"],
    ["--nonsense", "--nonsense"],
  ])("%s is wrong usage", async (flag, words) => {
    const cwd = await smallFolder();
    const { code, stderr } = await run(line(`compile net.nir --target fpga -o build ${flag}`), { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });

  test("a node that the target does not take is refused with its path, and nothing is written", async () => {
    const cwd = await smallFolder(
      graph()
        .input("in", [2])
        .linear("w", { weight: [[1, 1]] })
        .output("out")
        .build(),
    );
    await run(line("quantize net.nir --scheme uniform:8 --dt 1 -o q.nir"), { cwd });
    const { code, stderr } = await run(line("compile q.nir --target fpga -o build"), { cwd });
    if (code === 0) expect((await run(line("verify build --tools none"), { cwd })).code).toBe(0);
    else {
      expect(stderr).toMatch(/^E_FPGA_/m);
      expect(existsSync(join(cwd, "build"))).toBe(false);
    }
  });

  const hostile = [
    "x); $finish; //",
    "</text><script>alert(1)</script>",
    '`include "/etc/passwd"',
    "a\n); endmodule",
  ];
  test.each(hostile)(
    "the node name %j reaches neither Verilog nor HTML unescaped",
    async (name) => {
      const network = graph()
        .input("in", [2])
        .linear("w", { weight: [[1, 1]] })
        .lif(name.replaceAll("/", "_"), { tau: 4, r: 4, vThreshold: 1 })
        .output("out")
        .build();
      const cwd = await compiled(network);
      for (const path of await filesBelow(join(cwd, "build"))) {
        const whole = readFileSync(join(cwd, "build", path), "latin1");
        const text = path.startsWith("rtl/") ? whole.replace(/\/\/.*$/gm, "") : whole;
        if (path.startsWith("rtl/")) expect(text, path).not.toMatch(/\$finish|`include|^\s*\); endmodule/m);
        if (path.endsWith(".html")) expect(text, path).not.toContain("<script>alert");
      }
      const tools = hasIcarus ? "icarus" : "none";
      expect((await run(line(`verify build --tools ${tools} --samples 1 --steps 8`), { cwd })).code).toBe(0);
    },
    30_000,
  );
});

describe("verify", () => {
  test("without data it says which random spikes it uses, and the loaded files equal the golden network", async () => {
    const cwd = await compiled();
    const { code, stdout, stderr } = await run(line("verify build --tools none --seed 3"), { cwd });
    expect(stderr).toMatch(/^H_RANDOM_VECTORS --data: .*4 random samples of 32 steps are used, seed 3/m);
    expect(stdout).toMatch(/^load +equal +4 /m);
    expect(stdout).toMatch(/\nverified \(files only; the Verilog was not run\): build\n$/);
    expect(code).toBe(0);
    const { json } = await run(line("verify build --tools none --json"), { cwd });
    expect(json()).toMatchObject({ ok: true, engines: ["load"] });
    const nothing = await run(line("verify build --tools none --limit 0"), { cwd });
    expect(nothing.stdout).toContain("verified (no sample was compared): build");
  });

  test.each([
    ["--tools modelsim", 'E_USAGE --tools: "modelsim" is no engine', "load, verilator, icarus, none"],
    ["--tools verilatr,icarus", 'E_USAGE --tools: "verilatr" is no engine', "load, verilator, icarus, none"],
    ["--limit foo=3", 'E_USAGE --limit: "foo" is no engine', "load, verilator, icarus"],
  ])(
    "%s names no engine of the back end: wrong usage, with those that it has",
    async (flags, words, known) => {
      const cwd = await compiled();
      const { code, stdout, stderr } = await run(line(`verify build ${flags}`), { cwd });
      expect(code).toBe(2);
      expect(stdout).toBe("");
      expect(stderr).toContain(words);
      expect(stderr).toContain(`Give some of ${known}`);
    },
  );

  test("a flipped weight bit is told by hash and located by layer, step and neuron", async () => {
    const cwd = await compiled();
    const image = document(cwd).files.find((f: { path: string }) => /hidden_w\.mem$/.test(f.path)).path;
    flipWeightBit(join(cwd, "build", image));
    const { code, json } = await run(line("verify build --data data.npz --tools none --json"), { cwd });
    expect(code).toBe(1);
    const { ok, mismatch, diagnostics } = json();
    expect(ok).toBe(false);
    expect(mismatch).toMatchObject({ layer: "hidden", step: expect.any(Number), neuron: expect.any(Number) });
    expect(diagnostics.map((d: { code: string }) => d.code)).toEqual(["E_FILE_CHANGED", "E_MISMATCH"]);
    const told = await run(line("verify build --data data.npz --tools none"), { cwd });
    expect(told.stderr).toMatch(
      /E_MISMATCH hidden: load differs .* layer hidden, step \d+, neuron \d+, \w+.* expected -?\d+, got -?\d+/,
    );
    expect(told.stdout).toContain("NOT verified: build");
  });

  test("an edited file whose hash was made again is E_NOT_AS_EMITTED, and options of another kind are E_DEPLOYMENT", async () => {
    const cwd = await compiled();
    const path = "rtl/nk_serial.v";
    const edited = `${readFileSync(join(cwd, "build", path), "utf8")}// edited\n`;
    writeFileSync(join(cwd, "build", path), edited);
    const forged = document(cwd);
    forged.files.find((f: { path: string }) => f.path === path).sha256 = createHash("sha256")
      .update(edited)
      .digest("hex");
    writeFileSync(join(cwd, "build/deployment.json"), JSON.stringify(forged));
    const told = await run(line("verify build --tools none"), { cwd });
    expect(told.code).toBe(1);
    expect(told.stderr).toContain(`E_NOT_AS_EMITTED ${path}: `);
    writeFileSync(join(cwd, "build/deployment.json"), JSON.stringify({ ...forged, options: { pe: "many" } }));
    const odd = await run(line("verify build --tools none"), { cwd });
    expect(odd.code).toBe(1);
    expect(odd.stderr).toMatch(/E_DEPLOYMENT deployment\.json: .*options/);
  });

  test("another model.nir is E_MODEL_CHANGED", async () => {
    const cwd = await compiled();
    await run(line("quantize net.nir --scheme uniform:6 --dt 1 -o build/model.nir --force"), { cwd });
    const { code, stderr } = await run(line("verify build --tools none"), { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain("E_MODEL_CHANGED");
    expect(stderr).toContain("E_FILE_CHANGED");
  });

  test("a missing file is named", async () => {
    const cwd = await compiled();
    const path = join(cwd, "build/deployment.json");
    const edited = document(cwd);
    edited.files.push({ path: "rtl/gone.v", sha256: "0".repeat(64) });
    writeFileSync(path, JSON.stringify(edited));
    const { code, stderr } = await run(line("verify build --tools none"), { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain("E_FILE_MISSING rtl/gone.v");
  });

  test.each([
    ["no deployment.json", undefined, "E_DEPLOYMENT"],
    ["text", "hello", "E_BAD_DEPLOYMENT"],
    ["another schema", '{"schema":"nirkit-deployment/2"}', "E_BAD_DEPLOYMENT"],
    ["a path out of the folder", "../secret", "E_UNSAFE_PATH"],
  ])("a folder with %s is refused", async (_what, text, code) => {
    const cwd = await compiled();
    const path = join(cwd, "build/deployment.json");
    if (text === undefined) expect((await run(line("verify ."), { cwd })).stderr).toContain(code);
    else {
      const edited = { ...document(cwd), files: [{ path: text, sha256: "0".repeat(64) }] };
      writeFileSync(path, text.startsWith("..") ? JSON.stringify(edited) : text);
      const ran = await run(line("verify build"), { cwd });
      expect(ran.code).toBe(1);
      expect(ran.stderr).toContain(code);
    }
  });

  test("data that does not fit the network is refused", async () => {
    const cwd = await compiled();
    expect((await run(line("verify build --data q.nir"), { cwd })).stderr).toContain("E_DATA_FORMAT");
  });
});
