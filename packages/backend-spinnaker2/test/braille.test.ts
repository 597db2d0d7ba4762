/** The two Braille networks of the NIR paper against the chip's recording of their hidden layer. */
import { toFloat64 } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { simulatePopulations } from "../src/index.ts";
import { brailleCase, brailleSample } from "./braille-case.ts";
import { interpret } from "./plain-interpreter.ts";
import { hasData } from "./s2-data.ts";

describe.runIf(hasData())("the Braille networks on the chip", () => {
  test.for([
    ["noDelay_bias_zero", 9728],
    ["noDelay_noBias_subtract", 10240],
  ] as const)("%s: 0 of %i hidden spikes differ, in every floating mode", async ([name, places]) => {
    const given = await brailleCase(name);
    const recorded = toFloat64(brailleSample(name).recorded);
    expect(recorded).toHaveLength(places);
    for (const fp of ["separate", "fused", "float64"] as const) {
      const train = simulatePopulations(given, { fp }).spikes.get("lif1.lif");
      const got = new Float64Array(places);
      const size = places / 256;
      for (let t = 0; t < 256; t++)
        for (let k = train?.start[t] ?? 0; k < (train?.start[t + 1] ?? 0); k++)
          got[t * size + (train?.index[k] ?? 0)] = 1;
      expect(got.filter((spike, k) => spike !== recorded[k])).toHaveLength(0);
    }
  });

  test("noDelay_bias_zero: the plain interpreter agrees on both layers, step by step", async () => {
    const given = await brailleCase("noDelay_bias_zero");
    const { fired } = interpret(given);
    const trace = simulatePopulations(given);
    for (const name of ["lif1.lif", "lif2"]) {
      const train = trace.spikes.get(name);
      for (const [t, row] of (fired[name] ?? []).entries())
        expect([...(train?.index.subarray(train.start[t], train.start[t + 1]) ?? [])]).toEqual(
          row.flatMap((spike, n) => (spike ? [n] : [])),
        );
    }
  });
});
