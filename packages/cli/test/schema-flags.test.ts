import { describe, expect, test } from "vitest";
import { z } from "zod";
import { splitScheme } from "../src/plugin-flags.ts";
import { flagsOfSchema, looseValue, parseOptions } from "../src/schema-flags.ts";
import { UsageError } from "../src/usage-error.ts";

const schema = z
  .object({
    clockMhz: z.number().positive().default(100).describe("Clock"),
    memStyle: z.enum(["auto", "block"]).default("auto"),
    holdInput: z.boolean().default(false),
    skipZeros: z.boolean().default(true),
    width: z.union([z.literal(32), z.literal(64)]).default(32),
    axis: z.literal(0).nullable().default(null),
    lanes: z.record(z.string(), z.number()).optional(),
    design: z.string().optional(),
  })
  .strict();

const flags = flagsOfSchema(schema, new Set(["design"]), "board");

describe("flagsOfSchema", () => {
  test("names are kebab-case, switches take no value, a switch that is on gets --no-, a taken name its prefix", () => {
    expect(flags.map((flag) => flag.flags)).toEqual([
      "--clock-mhz <number>",
      "--mem-style <text>",
      "--hold-input",
      "--no-skip-zeros",
      "--width <value>",
      "--axis <value>",
      "--lanes <json>",
      "--board-design <text>",
    ]);
  });

  test("the help text has description, choices and default", () => {
    const about = Object.fromEntries(flags.map((flag) => [flag.key, flag.about]));
    expect(about.clockMhz).toBe("Clock; default 100");
    expect(about.memStyle).toBe("one of auto, block; default auto");
    expect(about.width).toBe("one of 32, 64; default 32");
    expect(about.axis).toBe("one of 0, null; default null");
  });

  test("a text option keeps 123 as text, others read it as a number", () => {
    const read = (key: string) => flags.find((flag) => flag.key === key)?.read("123");
    expect([read("design"), read("clockMhz")]).toEqual(["123", 123]);
  });
});

describe("parseOptions", () => {
  test("defaults are filled in", () => {
    expect(parseOptions(schema, { axis: 0 }, flags)).toMatchObject({
      clockMhz: 100,
      axis: 0,
      skipZeros: true,
    });
  });

  test("every refused option is named by its flag", () => {
    const parse = () => parseOptions(schema, { clockMhz: -1, memStyle: "x" }, flags);
    expect(parse).toThrow(UsageError);
    try {
      parse();
    } catch (error) {
      expect((error as UsageError).diagnostics.map((d) => d.path)).toEqual(["--clock-mhz", "--mem-style"]);
    }
  });
});

test("looseValue reads JSON, and leaves words as they are", () => {
  expect(["16", "null", "true", '{"a":1}', "kv260"].map(looseValue)).toEqual([
    16,
    null,
    true,
    { a: 1 },
    "kv260",
  ]);
});

test("splitScheme takes digits after the last colon as bits, a path keeps its colons", () => {
  expect(["uniform:8", "uniform", "C:/my/scheme.js", "./x.js:4"].map(splitScheme)).toEqual([
    ["uniform", "8"],
    ["uniform", undefined],
    ["C:/my/scheme.js", undefined],
    ["./x.js", "4"],
  ]);
});
