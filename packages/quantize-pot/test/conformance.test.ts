import { describeQuantizer, quantizerChecks } from "@nirkit/quantize/conformance";
import { expect, test } from "vitest";
import {
  apot,
  apotParams,
  deepShift,
  deepShiftParams,
  pot,
  potParams,
  sbit,
  sbitParams,
  slots,
  slotsParams,
} from "../src/index.ts";

const deep = process.env.NIRKIT_DEEP === "1";
/** 2,000 tensors per scheme over all its parameter sets, 100,000 in a deep run. */
const each = (sets: readonly unknown[]): number => Math.ceil((deep ? 100_000 : 2000) / sets.length);

const potSets = [2, 3, 4, 5].flatMap((bits) =>
  (["zero", "nozero"] as const).flatMap((layout) =>
    (["log", "linear", "floor"] as const).map(
      (rounding, i) =>
        [
          `${bits} bit, ${layout}, ${rounding}`,
          potParams.parse({
            bits,
            layout,
            rounding,
            axis: i % 2 === 0 ? null : 0,
            zeroRule: i === 1 ? "log" : "half-min",
          }),
        ] as const,
    ),
  ),
);
const potModes = (["percentile", "mse", "po2", "learned", "inq", "unit"] as const).map(
  (alphaMode) =>
    [`4 bit, alpha ${alphaMode}`, potParams.parse({ bits: 4, alphaMode, percentile: 90 })] as const,
);
const oneBit = ["1 bit nozero", potParams.parse({ bits: 1, layout: "nozero" })] as const;
const potAll = [...potSets, ...potModes, oneBit];
await describeQuantizer(pot, { params: potAll, tensors: each(potAll), seed: 21 });

const apotAll = [3, 4, 5, 6].flatMap((bits) =>
  (["slots", "rank"] as const).map(
    (layout) =>
      [
        `${bits} bit, ${layout}`,
        apotParams.parse({
          bits,
          layout,
          axis: bits % 2 === 0 ? 0 : null,
          alphaMode: bits === 5 ? "mse" : "absmax",
        }),
      ] as const,
  ),
);
await describeQuantizer(apot, { params: apotAll, tensors: each(apotAll), seed: 22 });

const sbitAll = (
  [
    [2, 1],
    [4, 2],
    [8, 1],
    [8, 2],
    [8, 3],
    [16, 2],
  ] as const
).map(
  ([bits, digits]) =>
    [`${digits}-sbit/${bits}`, sbitParams.parse({ bits, digits, axis: digits === 2 ? 0 : null })] as const,
);
await describeQuantizer(sbit, { params: sbitAll, tensors: each(sbitAll), seed: 23 });

const slotsAll = [
  ["default", slotsParams.parse({})],
  ["with feedback", slotsParams.parse({ errorFeedback: "within-kernel", axis: 0 })],
  ["lopsided", slotsParams.parse({ slots: "0,8,4,1|0,-2" })],
  ["positive alone", slotsParams.parse({ slots: "0,8,4,1|0,2" })],
  ["three slots, po2", slotsParams.parse({ slots: "0,16,-16|0,4,-4,8,-8|0,1,-1", alphaMode: "po2" })],
] as const;
await describeQuantizer(slots, { params: slotsAll, tensors: each(slotsAll), seed: 24 });

const deepShiftAll = [2, 3, 4, 5].flatMap((bits) =>
  (["q", "ps"] as const).map(
    (form) => [`${bits} bit, ${form}`, deepShiftParams.parse({ bits, form })] as const,
  ),
);
await describeQuantizer(deepShift, { params: deepShiftAll, tensors: each(deepShiftAll), seed: 25 });

test("the kit sees that nozero has no zero and no mirror image of 0 where that is not declared", () => {
  const claims = { ...pot, keepsFor: () => pot.keeps };
  const params = [["nozero", potParams.parse({ bits: 4, layout: "nozero" })]] as const;
  const wrong = quantizerChecks(claims, { params, tensors: 40 }).filter(({ run }) => {
    try {
      run();
      return false;
    } catch {
      return true;
    }
  });
  expect(wrong.map(({ name }) => name)).toContain("nozero: all zero");
  expect(wrong.map(({ name }) => name)).toContain("nozero: codes, levels and integers agree");
});
