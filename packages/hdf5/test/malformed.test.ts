import { describe, expect, test } from "vitest";
import { inspectNir } from "../src/index.ts";
import { available, corpusBytes, corpusFolder, corpusJson } from "./corpus.ts";

interface Case {
  readonly file: string;
  readonly level: "error" | "warning";
  readonly code: string;
  readonly at: string;
}

const cases = available("the corpus of malformed files", corpusFolder)
  ? (corpusJson("malformed/malformed.json") as { cases: Case[] }).cases
  : [];

describe("every malformed file is refused, with what to do, or warned about at its place", () => {
  test.each(cases.map((c) => [c.file, c] as const))("%s", async (file, { level, code, at }) => {
    const { graph, diagnostics } = await inspectNir(corpusBytes(`malformed/${file}`));
    expect(diagnostics.map((d) => `${d.level} ${d.code} ${d.path}`)).toContain(`${level} ${code} ${at}`);
    expect(diagnostics.some((d) => d.level === "error")).toBe(level === "error");
    if (level === "warning") expect(graph).toBeDefined();
    for (const d of diagnostics) expect(d.message.length).toBeGreaterThan(10);
    for (const d of diagnostics.filter((one) => one.level === "error"))
      expect(d.hint ?? "").toMatch(/.{10,}/);
  });
});
