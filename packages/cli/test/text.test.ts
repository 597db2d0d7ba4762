import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { paletteFor } from "../src/color.ts";
import { jsonText } from "../src/json-text.ts";
import { progressOn } from "../src/progress.ts";
import { countDiagnostics, renderDiagnostics } from "../src/render-diagnostics.ts";
import { grouped, percent, safeName, table } from "../src/table.ts";
import type { Terminal } from "../src/terminal.ts";

function terminal(isTTY: boolean): Terminal & { readonly text: () => string } {
  let text = "";
  const sink = { write: (part: string) => (text += part), isTTY, columns: 20 };
  return { stdout: sink, stderr: sink, env: {}, cwd: "/", text: () => text };
}

describe("table", () => {
  test("text stands to the left, numbers to the right, columns are two blanks apart", () => {
    expect(
      table(
        ["node", "spikes"],
        [
          ["lif1", 12],
          ["a", 7],
        ],
      ),
    ).toBe(["node  spikes", "----  ------", "lif1      12", "a          7"].join("\n"));
  });

  test("without rows only the head remains", () => {
    expect(table(["a", "bc"], [])).toBe("a  bc\n-  --");
  });

  test("a hostile cell cannot leave its line", () => {
    const lines = table(["name"], [["x\n\u001b[2Jy"]]).split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[2]).toBe("x\\u000a\\u001b[2Jy");
  });

  test("grouped 48960 is 48 960, percent 264 of 270 is 97.8 %, of nothing is -", () => {
    expect([grouped(48960), grouped(999), percent(264, 270), percent(0, 0)]).toEqual([
      "48 960",
      "999",
      "97.8 %",
      "-",
    ]);
  });

  test("safeName never lets a control character or a direction override through", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        expect(safeName(name, 1000)).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe("jsonText", () => {
  test("maps, typed arrays, sets, bigints and non-finite numbers have a JSON form", () => {
    const value = {
      m: new Map([["a", 1n]]),
      t: Int8Array.of(-1, 2),
      s: new Set(["x"]),
      n: [Number.NaN, -Infinity],
      big: 2n ** 60n,
    };
    expect(JSON.parse(jsonText(value))).toEqual({
      m: { a: 1 },
      t: [-1, 2],
      s: ["x"],
      n: ["NaN", "-Infinity"],
      big: "1152921504606846976",
    });
  });

  test("a name like __proto__ from a file is an ordinary key", () => {
    const parsed = JSON.parse(jsonText(new Map([["__proto__", 1]])));
    expect(Object.keys(parsed)).toEqual(["__proto__"]);
  });
});

describe("renderDiagnostics", () => {
  const plain = paletteFor(terminal(false), "stderr", true);

  test("CODE path: message. Hint: …, errors first, equal lines once", () => {
    const warning = { code: "W_B", level: "warning", path: "p", message: "Odd" } as const;
    const error = { code: "E_A", level: "error", path: "q", message: "Wrong", hint: "Mend it" } as const;
    expect(renderDiagnostics([warning, error, warning], plain)).toBe(
      "E_A q: Wrong. Hint: Mend it\nW_B p: Odd.\n",
    );
    expect(countDiagnostics([warning, error, warning])).toBe("1 error, 2 warnings");
  });

  test("the same words stand once, with three places and a count of the others", () => {
    const odd = (path: string) => ({ code: "W_B", level: "warning", path, message: "Odd" }) as const;
    expect(renderDiagnostics([odd("a"), odd("b")], plain)).toBe("W_B a, b: Odd.\n");
    expect(renderDiagnostics(["a", "b", "c", "d"].map(odd), plain)).toBe(
      "W_B a, b, c and 1 more place: Odd.\n",
    );
    expect(renderDiagnostics(["a", "b", "c", "d", "e", "a"].map(odd), plain)).toBe(
      "W_B a, b, c and 2 more places: Odd.\n",
    );
    expect(renderDiagnostics([odd("a"), { ...odd("b"), hint: "Mend" }], plain)).toBe(
      "W_B a: Odd.\nW_B b: Odd. Hint: Mend\n",
    );
  });

  test("a hint that --repair follows names the flag", () => {
    const hint = { code: "H_TIME_AXIS", level: "hint", path: "p", message: "Long", hint: "Drop it" } as const;
    expect(renderDiagnostics([hint], plain)).toBe(
      "H_TIME_AXIS p: Long. Hint: Drop it (--repair drop-time-axis does it)\n",
    );
  });

  test("names with terminal controls are escaped also where color is on", () => {
    const loud = paletteFor(terminal(true), "stderr", true);
    const text = renderDiagnostics(
      [{ code: "E_A", level: "error", path: "a\u001b]0;x\u0007", message: "m" }],
      loud,
    );
    expect(text).toBe("\u001b[31mE_A\u001b[39m a\\u001b]0;x\\u0007: m.\n");
  });
});

describe("progressOn", () => {
  test("a terminal gets one line that rewrites itself at most every 100 ms, cut to its width, and is cleared", () => {
    let now = 0;
    const screen = terminal(true);
    const progress = progressOn(screen, "work", false, () => now);
    progress.update(1, 9);
    progress.update(2, 9);
    now = 150;
    progress.update(3, 9, "a very long description of it");
    progress.end();
    expect(screen.text()).toBe("\r\u001b[Kwork 1/9\r\u001b[Ka very long descrip\r\u001b[K");
  });

  test("a log gets whole lines every three seconds, --quiet nothing", () => {
    let now = 0;
    const log = terminal(false);
    const quiet = terminal(true);
    const progress = progressOn(log, "work", false, () => now);
    const silent = progressOn(quiet, "work", true, () => now);
    for (; now < 7000; now += 500) {
      progress.update(now, 7000);
      silent.update(now, 7000);
    }
    expect(log.text()).toBe("work 3000/7000\nwork 6000/7000\n");
    expect(quiet.text()).toBe("");
  });
});
