import { execFileSync } from "node:child_process";
import { NirkitError } from "@nirkit/graph";
import { strFromU8, unzipSync } from "fflate";
import { expect, test } from "vitest";
import { type VirtualFile, zipFiles } from "../src/index.ts";

const files: readonly VirtualFile[] = [
  { path: "rtl/top.v", content: "module top; endmodule // Müller\n" },
  { path: "mem/w.mem", content: Uint8Array.of(0, 255, 10) },
  { path: "a/__proto__", content: "not special here" },
  { path: "constructor", content: "" },
];

test("every file comes out of the archive as it went in, text as UTF-8", () => {
  const back = unzipSync(zipFiles(files));
  expect(Object.keys(back)).toEqual(["a/__proto__", "constructor", "mem/w.mem", "rtl/top.v"]);
  expect(strFromU8(back["rtl/top.v"] as Uint8Array)).toBe("module top; endmodule // Müller\n");
  expect([...(back["mem/w.mem"] as Uint8Array)]).toEqual([0, 255, 10]);
});

test("the bytes depend neither on the order of the files nor on the time zone: the stamp is 1980-01-01", () => {
  const bytes = zipFiles(files);
  expect(zipFiles(files.toReversed())).toEqual(bytes);
  // DOS time 0, DOS date 1 January of year 0: ten bytes into the first local header.
  expect([...bytes.subarray(10, 14)]).toEqual([0, 0, 0x21, 0]);
  const code = `import { zipFiles } from "@nirkit/backend";
    process.stdout.write(Buffer.from(zipFiles([{ path: "x", content: "1" }])).toString("hex"));`;
  const hex = (zone: string): string =>
    execFileSync(process.execPath, ["--conditions=@nirkit/source", "--input-type=module", "-e", code], {
      cwd: import.meta.dirname,
      env: { ...process.env, TZ: zone },
      encoding: "utf8",
    });
  expect(hex("Pacific/Kiritimati")).toBe(hex("Pacific/Pago_Pago"));
});

test.each(["../x", "/etc/passwd", "a\\b", "__proto__", "nul.v"])("refuses the path %s", (path) => {
  expect(() => zipFiles([{ path, content: "" }])).toThrow(NirkitError);
});

test("refuses two paths that differ in letter case alone", () => {
  expect(() =>
    zipFiles([
      { path: "a/B", content: "" },
      { path: "A/b", content: "" },
    ]),
  ).toThrow("E_PATH_COLLISION");
});
