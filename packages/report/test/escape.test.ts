import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escapeMarkup, shorten, visible } from "../src/escape.ts";

describe("text from files", () => {
  test("the five markup characters become entities, in text and in attributes alike", () => {
    expect(escapeMarkup(`</script><img src=x onerror='a'>&"`)).toBe(
      "&lt;/script&gt;&lt;img src=x onerror=&#39;a&#39;&gt;&amp;&quot;",
    );
  });

  test("controls, lone surrogates and bidirectional overrides are shown as \\uXXXX", () => {
    expect(visible("a\u0000b\u001b[2J\u202egpj.exe\ud800")).toBe("a\\u0000b\\u001b[2J\\u202egpj.exe\\ud800");
    expect(visible("膜電位 🧠")).toBe("膜電位 🧠");
  });

  test("line feeds are kept in preformatted text only", () => {
    expect(escapeMarkup("a\nb\t\r", "keep")).toBe("a\nb\t\\u000d");
    expect(escapeMarkup("a\nb")).toBe("a\\u000ab");
  });

  test("no text leaves a character that could end an attribute or open a tag", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(escapeMarkup(text)).not.toMatch(/[<>"'\p{Cc}\p{Cs}\u202a-\u202e]/u);
      }),
      { seed: 6, numRuns: 500 },
    );
  });

  test("a long name keeps its head and its tail: 12 letters of 26", () => {
    expect(shorten("abcdefghijklmnopqrstuvwxyz", 12)).toBe("abcdefg…wxyz");
    expect(shorten("abc", 12)).toBe("abc");
    expect([...shorten("🧠".repeat(40), 12)]).toHaveLength(12);
  });
});
