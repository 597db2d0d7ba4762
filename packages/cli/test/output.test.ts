import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { NirkitError } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { assertWritable, writeOutput } from "../src/output-file.ts";
import { assertFolder, type FolderManifest, filesBelow, writeFolder } from "../src/output-folder.ts";
import { scratch } from "./run.ts";

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "done",
    (error: unknown) => (error instanceof NirkitError ? (error.diagnostics[0]?.code ?? "") : String(error)),
  );
}

describe("writeOutput", () => {
  test("a file that is there stays as it is without force, and is replaced with it", async () => {
    const path = join(scratch(), "a.txt");
    await writeOutput(path, "one", false);
    expect(await codeOf(writeOutput(path, "two", false))).toBe("E_EXISTS");
    expect(readFileSync(path, "utf8")).toBe("one");
    await writeOutput(path, "two", true);
    expect(readFileSync(path, "utf8")).toBe("two");
  });

  test("of two writers at once exactly one wins, and no temporary file is left", async () => {
    const folder = scratch();
    const path = join(folder, "a.txt");
    const codes = await Promise.all(
      ["x", "y"].map((text) => codeOf(writeOutput(path, text.repeat(1e6), false))),
    );
    expect(codes.sort()).toEqual(["E_EXISTS", "done"]);
    expect(readdirSync(folder)).toEqual(["a.txt"]);
  });

  test("a folder in the place of the file, and a missing folder, are E_FILE_WRITE", async () => {
    const folder = scratch();
    expect(await codeOf(assertWritable(folder, true))).toBe("E_FILE_WRITE");
    expect(await codeOf(assertWritable(join(folder, "no/a.txt"), true))).toBe("E_FILE_WRITE");
  });

  test.skipIf(process.getuid?.() === 0)(
    "a folder without permission is E_FILE_WRITE, and nothing is left",
    async () => {
      const folder = scratch();
      chmodSync(folder, 0o500);
      expect(await codeOf(writeOutput(join(folder, "a.txt"), "x", false))).toBe("E_FILE_WRITE");
      chmodSync(folder, 0o700);
      expect(readdirSync(folder)).toEqual([]);
    },
  );
});

test("Ctrl-C in the middle of a write leaves nothing behind, with exit code 130", () => {
  const folder = scratch();
  const source = pathToFileURL(join(import.meta.dirname, "../src/staging.ts")).href;
  const code = `import { stagePath } from ${JSON.stringify(source)};
    import { writeFileSync } from "node:fs";
    writeFileSync(stagePath(process.argv[1] + "/out.nir"), "half");
    process.kill(process.pid, "SIGINT");
    setTimeout(() => {}, 20000);`;
  const { status } = spawnSync(process.execPath, ["--input-type=module", "-e", code, "--", folder]);
  expect(status).toBe(130);
  expect(readdirSync(folder)).toEqual([]);
});

describe("writeFolder", () => {
  const listed: FolderManifest = {
    name: "list.json",
    scratch: [],
    listed: (text) => JSON.parse(text) as string[],
  };
  const files = [
    { path: "a.v", content: "module" },
    { path: "mem/w.mem", content: Uint8Array.of(1, 2) },
    { path: "list.json", content: '["a.v", "mem/w.mem"]' },
  ];

  test("all files stand in the folder, and nothing beside it", async () => {
    const base = scratch();
    await writeFolder(join(base, "out"), files, false, listed);
    expect(await filesBelow(join(base, "out"))).toEqual(["a.v", "list.json", "mem/w.mem"]);
    expect(readdirSync(base)).toEqual(["out"]);
  });

  test("an empty folder is taken; one with nirkit's own files needs force and loses old ones", async () => {
    const out = join(scratch(), "out");
    mkdirSync(out);
    await writeFolder(out, files, false, listed);
    expect(await codeOf(writeFolder(out, files, false, listed))).toBe("E_EXISTS");
    await writeFolder(out, [{ path: "list.json", content: "[]" }], true, listed);
    expect(await filesBelow(out)).toEqual(["list.json"]);
  });

  test("a file that nirkit did not write there is never deleted, not even with force", async () => {
    const out = join(scratch(), "out");
    await writeFolder(out, files, false, listed);
    writeFileSync(join(out, "mem/notes.txt"), "mine");
    expect(await codeOf(writeFolder(out, files, true, listed))).toBe("E_FOREIGN_FILES");
    expect(readFileSync(join(out, "mem/notes.txt"), "utf8")).toBe("mine");
  });

  test("what a Makefile built in the folder's own scratch goes with it, and only there", async () => {
    const out = join(scratch(), "out");
    await writeFolder(out, files, false, listed);
    mkdirSync(join(out, "build"));
    writeFileSync(join(out, "build/tb.vvp"), "");
    const building = { ...listed, scratch: ["build/"] };
    expect(await codeOf(assertFolder(out, true, listed))).toBe("E_FOREIGN_FILES");
    await writeFolder(out, files, true, building);
    expect(await filesBelow(out)).toEqual(["a.v", "list.json", "mem/w.mem"]);
  });

  test("a list that is no list makes nothing nirkit's own", async () => {
    const out = scratch();
    writeFileSync(join(out, "list.json"), "{");
    writeFileSync(join(out, "a.v"), "");
    expect(await codeOf(assertFolder(out, true, listed))).toBe("E_FOREIGN_FILES");
  });

  test.each(["../evil", "/etc/evil", "a/../../evil", "C:\\evil"])(
    "the path %s is refused, and no folder appears",
    async (path) => {
      const base = scratch();
      expect(await codeOf(writeFolder(join(base, "out"), [{ path, content: "" }], false, listed))).toBe(
        "E_UNSAFE_PATH",
      );
      expect(existsSync(join(base, "out"))).toBe(false);
    },
  );

  test("a folder that cannot be put in place is E_FILE_WRITE, and nothing is left beside it", async () => {
    const base = scratch();
    const name = "longer than a name may be".repeat(12);
    expect(await codeOf(writeFolder(join(base, name), files, false, listed))).toBe("E_FILE_WRITE");
    await expect(writeFolder(join(base, name), files, false, listed)).rejects.toThrow("its name is too long");
    expect(readdirSync(base)).toEqual([]);
  });

  test("a file in the place of its folder is E_FILE_WRITE, for files and for folders", async () => {
    const base = scratch();
    const file = join(base, "file");
    writeFileSync(file, "x");
    for (const made of [
      writeFolder(join(file, "out"), files, false, listed),
      writeOutput(join(file, "a"), "a", true),
    ])
      await expect(made).rejects.toThrow(`there is no folder ${file}`);
    expect(readdirSync(base)).toEqual(["file"]);
  });

  test.runIf(existsSync("/proc/self"))(
    "in a folder that takes no new entry it stops, and says so",
    async () => {
      for (const made of [
        writeFolder("/proc/out", files, false, listed),
        writeOutput("/proc/a.txt", "a", false),
      ])
        await expect(made).rejects.toThrow(/E_FILE_WRITE.*nothing can be made in its folder/);
    },
  );
});
