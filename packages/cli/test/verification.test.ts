import type { VerifyReport, VerifyRun } from "@nirkit/backend";
import { lower, type Network } from "@nirkit/network";
import { quantizeGraph } from "@nirkit/quantize";
import { uniform } from "@nirkit/quantize-uniform";
import { describe, expect, test } from "vitest";
import { randomSamples } from "../src/random-samples.ts";
import { sampleLimits, verifyDiagnostics } from "../src/verification.ts";
import { assertReported } from "../src/verify-engines.ts";
import { smallNetwork } from "./networks.ts";

async function smallInteger(input: {
  readonly bits: number;
  readonly signed: boolean;
  readonly scale: number;
}): Promise<Network> {
  const options = { params: uniform.params.parse({ bits: 8 }), dt: 1, inputs: new Map([["in", input]]) };
  return lower((await quantizeGraph(smallNetwork(), uniform, options)).graph);
}

describe("randomSamples", () => {
  test("spikes are 0 and 1 at a rate of about a quarter; the seed decides them", async () => {
    const network = await smallInteger({ bits: 1, signed: false, scale: 1 });
    const [sample] = randomSamples(network, 1, 4000, 7);
    const x = sample?.input.get("in") as { readonly shape: readonly number[]; readonly data: Uint8Array };
    expect(x.shape).toEqual([4000, 2]);
    const ones = x.data.reduce((a, b) => a + b, 0);
    // 8000 draws at 1/4: 2000 expected, standard deviation 39.
    expect(Math.abs(ones - 2000)).toBeLessThan(200);
    expect(randomSamples(network, 1, 4000, 7)).toEqual([sample]);
    expect(randomSamples(network, 1, 4000, 8)).not.toEqual([sample]);
  });

  test("signed 4-bit input of scale 0.5 reaches -4 and 3.5 and nothing beyond", async () => {
    const network = await smallInteger({ bits: 4, signed: true, scale: 0.5 });
    const [sample] = randomSamples(network, 1, 500, 0);
    const x = sample?.input.get("in") as { readonly data: Float64Array };
    expect([Math.min(...x.data), Math.max(...x.data)]).toEqual([-4, 3.5]);
  });
});

describe("sampleLimits", () => {
  const tools = ["verilator", "icarus"];
  test.each([
    ["nothing asked", undefined, undefined, { icarus: 5 }],
    ["20 for all", new Map([["", 20]]), undefined, { icarus: 5, load: 20, verilator: 20 }],
    ["icarus=9", new Map([["icarus", 9]]), undefined, { icarus: 9 }],
    ["verilator alone", undefined, ["verilator"], { icarus: 0 }],
    ["no tool", undefined, [], { icarus: 0, verilator: 0 }],
  ])("%s", (_what, asked, wanted, expected) => {
    expect(Object.fromEntries(sampleLimits(asked, wanted, tools))).toEqual(expected);
  });
});

describe("assertReported", () => {
  const engines: VerifyRun[] = ["load", "sim"].map((engine) => ({
    engine,
    ok: true,
    samples: 1,
    seconds: 0,
  }));
  const report: VerifyReport = { ok: true, runs: engines, diagnostics: [] };

  test("a tool that a back end did not report is refused with those that it did; a limit of 0 excuses it", () => {
    expect(() => assertReported(report, { tools: ["sim", "none"] })).not.toThrow();
    expect(() => assertReported(report, {})).not.toThrow();
    expect(() => assertReported(report, { tools: ["simm"] })).toThrow(/"simm" is no engine/);
    expect(() => assertReported(report, { tools: ["rtl"], limit: new Map([["rtl", 0]]) })).not.toThrow();
  });
});

describe("verifyDiagnostics", () => {
  const load: VerifyRun = { engine: "load", ok: true, samples: 1, seconds: 0 };
  const missing: VerifyRun = {
    engine: "icarus",
    ok: false,
    samples: 0,
    seconds: 0,
    skipped: "iverilog is not installed",
  };
  const report = (...runs: VerifyRun[]): VerifyReport => ({ ok: true, runs, diagnostics: [] });

  test("a missing tool is a warning that says how to get it, an error when it was asked for", () => {
    expect(verifyDiagnostics(report(load, missing), undefined)).toMatchObject([
      { code: "W_TOOL_MISSING", path: "icarus", hint: expect.stringContaining("apt install iverilog") },
    ]);
    expect(verifyDiagnostics(report(load, missing), ["icarus"])).toMatchObject([{ code: "E_TOOL_MISSING" }]);
  });

  test("a difference that no sample shows says so, without a sample or a step", () => {
    const mismatch = { sample: -1, layer: "lif", step: -1, neuron: 2, signal: "w", expected: 3, got: 4 };
    const [found] = verifyDiagnostics({ ...report({ ...load, ok: false }), ok: false, mismatch }, undefined);
    expect(found?.message).toBe(
      "load differs from the golden network: layer lif, neuron 2, w expected 3, got 4 (no sample shows it)",
    );
  });

  test("a failed engine without a place is E_VERIFY_FAILED", () => {
    const failed = { ...load, engine: "verilator", ok: false };
    expect(verifyDiagnostics({ ...report(load, failed), ok: false }, undefined)).toMatchObject([
      { code: "E_VERIFY_FAILED", path: "verilator" },
    ]);
  });
});
