import { describe, expect, it } from "vitest";
import {
  assertNoErrors,
  defineDiagnostics,
  formatDiagnostic,
  graphDiagnostic,
  InternalError,
  NirkitError,
} from "../src/index.ts";

describe("diagnostics", () => {
  it("level follows from the code, words from the detail", () => {
    const say = defineDiagnostics({
      W_HOT: (d: { degrees: number }) => ({ message: `It is ${d.degrees} degrees`, hint: "Open a window" }),
    });
    expect(say("W_HOT", "nodes.a", { degrees: 40 })).toEqual({
      code: "W_HOT",
      level: "warning",
      path: "nodes.a",
      message: "It is 40 degrees",
      hint: "Open a window",
      detail: { degrees: 40 },
    });
  });
  it("print code, path, message and hint, with control characters shown", () => {
    const d = graphDiagnostic("E_UNKNOWN_NODE", "nodes.a\u001b[2J", { name: "a\u202e", known: ["b"] });
    expect(formatDiagnostic(d)).toBe(
      'E_UNKNOWN_NODE nodes.a\\u001b[2J: There is no node "a\\u202e". Hint: The graph has b',
    );
  });
  it("throw together when one of them is an error", () => {
    const warning = graphDiagnostic("W_SAME_STRIDE", "nodes.c", { stride: [2] });
    const error = graphDiagnostic("E_BAD_JSON", "graph", { why: "no" });
    expect(assertNoErrors([warning])).toEqual([warning]);
    expect(() => assertNoErrors([warning, error])).toThrow(NirkitError);
    expect(new NirkitError([warning, error]).message.split("\n")).toHaveLength(2);
    expect(new InternalError("x").message).toContain("report");
  });
  it("long lists of names are cut at ten", () => {
    const known = Array.from({ length: 12 }, (_, i) => `n${i}`);
    expect(graphDiagnostic("E_UNKNOWN_NODE", "", { name: "x", known }).hint).toContain("n9 and 2 more");
  });
  it("the codes a reader of files uses have words of their own", () => {
    expect(graphDiagnostic("E_TOO_LARGE", "/", { bytes: 10, limit: 5 }).message).toBe(
      "Declares 10 bytes, the limit is 5",
    );
    expect(graphDiagnostic("E_MISSING_TYPE", "/", {}).hint).toContain("type");
    expect(
      graphDiagnostic("E_UNKNOWN_TYPE", "/", { type: "lif", known: ["LIF"], nearest: "LIF" }).hint,
    ).toContain('Write "LIF"');
    expect(graphDiagnostic("E_MISSING_PARAM", "/", { param: "tau", type: "LIF" }).message).toBe(
      "LIF needs tau, which is missing",
    );
    expect(graphDiagnostic("W_RESET_AMBIGUOUS", "/", { version: "0.2" }).message).toContain("0.2");
    expect(graphDiagnostic("W_DEFAULTED_PARAM", "/", { param: "w_in", value: "1" }).message).toBe(
      "w_in is missing and taken as 1",
    );
    expect(graphDiagnostic("W_ROOT_NOT_GRAPH", "/", { type: "LIF" }).message).toContain("LIF");
    expect(graphDiagnostic("W_UNKNOWN_PARAM", "/", { param: "x", type: "LIF" }).message).toContain(
      "no parameter x",
    );
    expect(graphDiagnostic("W_TIME_UNIT", "/", { tau: 9.5, dt: 1e-4 }).message).toContain("9.5");
    expect(graphDiagnostic("E_NOT_HDF5", "/", { message: "A ZIP archive" }).message).toBe("A ZIP archive");
  });
});
