import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import silentBackend from "./fixtures/silent-backend.ts";
import { smallFolder, smallX, smallY, writeArrays } from "./networks.ts";
import { run } from "./run.ts";

const silent = join(import.meta.dirname, "fixtures/silent-backend.ts");
const line = (text: string): string[] => text.split(" ");

/** A folder with a quantized network and the third party's back end installed as `nirkit-backend-silent`. */
async function withSilent(): Promise<string> {
  const cwd = await smallFolder();
  install(
    cwd,
    "nirkit-backend-silent",
    `export { default } from ${JSON.stringify(pathToFileURL(silent).href)};`,
  );
  await run(line("quantize net.nir --scheme uniform:8 --dt 1 -o q.nir"), { cwd });
  return cwd;
}

function install(cwd: string, name: string, code: string): void {
  const folder = join(cwd, "node_modules", name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name, type: "module", exports: "./index.js" }),
  );
  writeFileSync(join(folder, "index.js"), code);
}

describe("a back end of a third party", () => {
  test("is found as nirkit-backend-NAME in the user's folder, and as a path; its options are flags", async () => {
    const cwd = await withSilent();
    const help = await run(line("compile --help --target silent"), { cwd });
    expect(help.stdout).toContain("Options of target silent:");
    expect(help.stdout).toContain("--depth <number>");
    for (const [target, out] of [
      ["silent", "a"],
      [silent, "b"],
    ] as const) {
      const { code, json } = await run(
        ["compile", "q.nir", "--target", target, "-o", out, "--depth", "5", "--json"],
        { cwd },
      );
      expect(code).toBe(0);
      expect(json().files.map((f: { path: string }) => f.path)).toEqual([
        "model.nir",
        "report.html",
        "silent.json",
      ]);
      expect(JSON.parse(readFileSync(join(cwd, out, "deployment.json"), "utf8"))).toMatchObject({
        schema: "nirkit-deployment/1",
        backend: "silent",
        options: { depth: 5 },
      });
    }
  });

  test("an option beyond its range is wrong usage at its flag, before anything is read", async () => {
    const cwd = await withSilent();
    const { code, stderr } = await run(line("compile gone.nir --target silent -o a --depth 10"), { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^E_USAGE --depth: /);
  });

  test("its refusal comes before anything is written", async () => {
    const cwd = await withSilent();
    const { code, stderr } = await run(line("compile q.nir --target silent -o a --depth -1"), { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain("E_SILENT_DEPTH options.depth: Cannot be negative. Hint: Use 3");
  });

  test("without a verify of its own it is compared in TypeScript: silence equals silence, and nothing else", async () => {
    const cwd = await withSilent();
    await run(line("compile q.nir --target silent -o a"), { cwd });
    const still = { ...smallX, data: smallX.data.slice().fill(0 as never) } as typeof smallX;
    writeArrays(join(cwd, "still.npz"), { x: still, y: smallY });
    const equal = await run(line("verify a --data still.npz --target silent"), { cwd });
    expect(equal.code).toBe(0);
    expect(equal.stdout).toMatch(/^load +equal +4 /m);
    expect(equal.stdout).toContain("verified (files only): a");
    const other = await run(line("verify a --data still.npz --target silent --tools verilator"), { cwd });
    expect(other.code).toBe(2);
    expect(other.stderr).toContain("Give some of load, none");
    const differs = await run(line("verify a --data data.npz --target silent --json"), { cwd });
    expect(differs.code).toBe(1);
    expect(differs.json()).toMatchObject({
      ok: false,
      mismatch: { sample: 0, layer: "out", expected: 1, got: 0 },
      diagnostics: [{ code: "E_MISMATCH" }],
    });
  });

  test("a name inside a deployment never loads code: it has to be named with --target", async () => {
    const cwd = await withSilent();
    await run(line("compile q.nir --target silent -o a"), { cwd });
    const { code, stderr } = await run(line("verify a"), { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain("E_DEPLOYMENT");
    expect(stderr).toContain("name it with --target");
  });

  test("another version of the back end is refused", async () => {
    const cwd = await withSilent();
    await run(line("compile q.nir --target silent -o a"), { cwd });
    const path = join(cwd, "a/deployment.json");
    writeFileSync(
      path,
      readFileSync(path, "utf8").replace(`"version": "${silentBackend.version}"`, '"version": "0.9.0"'),
    );
    expect((await run(line("verify a --target silent"), { cwd })).stderr).toContain("E_DEPLOYMENT_VERSION");
  });

  test("evaluate runs on its simulator", async () => {
    const cwd = await withSilent();
    const { json } = await run(line("evaluate q.nir --data data.npz --engine silent --json"), { cwd });
    expect(json()).toMatchObject({
      engine: "silent",
      samples: 4,
      correct: 2,
      confusion: [
        [2, 0],
        [2, 0],
      ],
    });
  });
});

describe("a plugin that cannot be used", () => {
  test("that breaks while working is E_INTERNAL: please report, a stack with --debug alone, nothing written", async () => {
    const cwd = await withSilent();
    const broken = `import good from ${JSON.stringify(pathToFileURL(silent).href)};
      export default { ...good, name: "bug", check: () => undefined.length };`;
    install(cwd, "nirkit-backend-bug", broken);
    const { code, stderr } = await run(line("compile q.nir --target bug -o a"), { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^E_INTERNAL nirkit: Cannot read properties of undefined .* please report /);
    expect(stderr).not.toContain("    at ");
    expect((await run(line("compile q.nir --target bug -o a --debug"), { cwd })).stderr).toContain("    at ");
    expect(existsSync(join(cwd, "a"))).toBe(false);
  });

  test("that throws while loading is E_PLUGIN_LOAD with the reason", async () => {
    const cwd = await smallFolder();
    install(cwd, "nirkit-backend-broken", 'throw new Error("needs a license");');
    const { code, stderr } = await run(line("compile net.nir --target broken -o a"), { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain("E_PLUGIN_LOAD nirkit-backend-broken");
    expect(stderr).toContain("needs a license");
  });

  test.each([
    ["no default export", "export const x = 1;", "there is no object as default export"],
    ["another contract", "export default { contract: 2 };", "contract is 2, 1 is known here"],
    ["a missing member", 'export default { contract: 1, name: "x" };', "check is not a function"],
  ])("with %s is E_PLUGIN_CONTRACT", async (_what, source, reason) => {
    const cwd = await smallFolder();
    install(cwd, "nirkit-backend-odd", source);
    const { code, stderr } = await run(line("compile net.nir --target odd -o a"), { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(
      `E_PLUGIN_CONTRACT nirkit-backend-odd: nirkit-backend-odd does not export what the contract asks for: ${reason}`,
    );
  });

  test("that does not exist names every place that was looked at", async () => {
    const { code, stderr } = await run(line("compile net.nir --target loihi -o a"));
    expect(code).toBe(2);
    expect(stderr).toContain('There is no target "loihi"; looked for nirkit-backend-loihi, loihi');
  });
});
