import { createHash } from "node:crypto";
import {
  cosineOf,
  gestureNames,
  logTable,
  mix,
  readEvents,
  sceneHash,
  sceneUniform,
  sceneUser,
  sineOf,
  sineTable,
  synthesizeGesture,
} from "@nirkit/events";
import { describe, expect, test } from "vitest";
import { rowsHash, sumOf } from "./rows-hash.ts";
import { hasSampleFiles, sampleFile } from "./sample-files.ts";

const hash = (table: Int32Array) => createHash("sha256").update(new Uint8Array(table.buffer)).digest("hex");

test("the hash of the scene has its seven known answers", () => {
  expect(sceneHash(0)).toBe(0x9e2ea24f);
  expect(sceneHash(1)).toBe(0xcd01af54);
  expect(sceneHash(1, 2)).toBe(0x8ef42ffe);
  expect(sceneHash(1, 2, 3)).toBe(0x5d80cfa7);
  expect(sceneUniform(1, 2, 3)).toBeCloseTo(0.365246752044186, 15);
  expect(sceneHash(2024, 1, 0, 3, 0, 99)).toBe(0xbca7cbe6);
  expect([mix(1), mix(0xdeadbeef)]).toEqual([0x514e28b7, 0x0de5c6a9]);
});

test("the sine table starts 0, 201, has 23170 at 128, and its SHA-256; s(0.1) = 0.587774658203125", () => {
  expect(hash(sineTable)).toBe("8f02f7a9abad4f6485976e6d8780434488de9def4e4709c39d75cf0b67699e7f");
  expect([sineTable[0], sineTable[1], sineTable[128]]).toEqual([0, 201, 23170]);
  expect([sineOf(0.1), sineOf(0.3333), sineOf(1.7)]).toEqual([
    0.587774658203125, 0.866121826171875, -0.9510620117187499,
  ]);
  expect(cosineOf(0)).toBe(1);
});

test("the logarithm table is -301740, -64067, 637 at 0, 1500, 4095, and has its SHA-256", () => {
  expect(hash(logTable)).toBe("af5af021520ec6e8d70c6b0d5d7587c7518c8731bf35f3dd4e61a86f42e610d7");
  expect([logTable[0], logTable[1500], logTable[4095]]).toEqual([-301740, -64067, 637]);
});

test("user 1 of data set 2024 has scale 1.010724107, sleeve 3177.241321979, background 3866088695", () => {
  const user = sceneUser(2024, 1);
  const expected = {
    scale: 1.010724107,
    ox: 2.340499891,
    oy: -2.03973607,
    sleeve: 3177.241321979,
    skin: 2985.357761756,
    torso: 1505.423329677,
    tempo: 0.933820848,
    amp: 1.053768109,
  };
  // Nine digits are printed.
  for (const [name, value] of Object.entries(expected))
    expect(user[name as keyof typeof expected]).toBeCloseTo(value, 8);
  expect(user.bg).toBe(3866088695);
});

test.each([
  [
    0,
    4863,
    2521,
    327152,
    286616,
    [466, 64, 43, 1],
    "66c494151607193617524a3f2a1af5b0e5bc8d75171b8d116b84472e42a49258",
  ],
  [
    1,
    2888,
    1650,
    134173,
    123864,
    [348, 115, 97, 1],
    "14ec2fa867676a57063bf9802182dda2d38c1f00c07e32c291f898955df69841",
  ],
  [
    3,
    3517,
    1354,
    163466,
    151711,
    [341, 117, 66, 1],
    "9172dc577a906ca54b50a76f26e6261f0a71b1e6334528e8545d3f1cf96eb799",
  ],
  [
    8,
    6092,
    2980,
    526171,
    364014,
    [821, 76, 115, 0],
    "2b093902552b302f1e5806e98765d854e2c4983289b2bf8c93e60ff2f61d9cf2",
  ],
  [
    10,
    7732,
    3636,
    558641,
    367942,
    [398, 29, 98, 0],
    "a05f4a3c3eda90b5325a5928511a96a1ea8f034975a2550ea349277830c95b42",
  ],
])(
  "200 ms of class %i: %i events, %i ON, the same bytes as two other implementations",
  (label, n, on, x, y, first, sha) => {
    const stream = synthesizeGesture({ seed: 2024, user: 1, label, steps: 200 });
    expect([stream.t.length, sumOf(stream.p), sumOf(stream.x), sumOf(stream.y)]).toEqual([n, on, x, y]);
    expect([stream.t[0], stream.x[0], stream.y[0], stream.p[0]]).toEqual(first);
    expect(rowsHash(stream)).toBe(sha);
  },
);

test("there are eleven gestures; class 11, user 30, light `sun` are refused by name", () => {
  expect(gestureNames.length).toBe(11);
  expect(() => synthesizeGesture({ seed: 1, user: 1, label: 11 })).toThrow("E_SYNTHETIC label: label is 11");
  expect(() => synthesizeGesture({ seed: 1, user: 30, label: 0 })).toThrow("E_SYNTHETIC user");
  expect(() => synthesizeGesture({ seed: 1, user: 1, label: 0, light: "sun" })).toThrow('no light "sun"');
});

test("the quick preset is 64 x 64 in steps of 2 ms, the same every time, and not the reference at half the size", () => {
  const options = { seed: 2024, user: 1, label: 3, steps: 100 };
  const quick = synthesizeGesture({ ...options, preset: "quick" });
  expect([quick.width, quick.height]).toEqual([64, 64]);
  expect(quick.t.at(-1)).toBeGreaterThan(190_000);
  expect(quick.t.at(-1)).toBeLessThan(200_000);
  expect(quick.x.every((x) => x < 64) && quick.y.every((y) => y < 64)).toBe(true);
  expect(synthesizeGesture({ ...options, preset: "quick" })).toEqual(quick);
  expect(quick.t.length).toBeLessThan(synthesizeGesture({ ...options, steps: 200 }).t.length);
});

test("a later start moves the times and nothing else", () => {
  const options = { seed: 5, user: 24, label: 4, light: "led", steps: 40 };
  const early = synthesizeGesture(options);
  const late = synthesizeGesture({ ...options, startUs: 3_000_000 });
  expect(late.t.map((t) => t - 3_000_000)).toEqual(early.t);
  expect(late.x).toEqual(early.x);
  expect(synthesizeGesture({ ...options, repetition: 1 }).t).not.toEqual(early.t);
});

describe.skipIf(!hasSampleFiles())("recordings of data set 2024", () => {
  /** All trials in the deep run, the first and the repeated one otherwise. */
  const rows = (name: string): readonly (readonly [number, number, number])[] =>
    new TextDecoder()
      .decode(sampleFile(`events/gesture-aedat31/${name}_labels.csv`))
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(",").map(Number) as unknown as readonly [number, number, number]);

  test.each([
    [1, "fluorescent", [1, 8]],
    [24, "natural", [5]],
  ] as const)("user %i, %s: every event of trials of classes %j comes out again", (user, light, some) => {
    const name = `user${String(user).padStart(2, "0")}_${light}`;
    const { stream } = readEvents(sampleFile(`events/gesture-aedat31/${name}.aedat`));
    const seen = new Map<number, number>();
    for (const [number, from, to] of rows(name)) {
      const repetition = seen.get(number) ?? 0;
      seen.set(number, repetition + 1);
      if (process.env.NIRKIT_DEEP !== "1" && !(some as readonly number[]).includes(number)) continue;
      const [first, end] = [stream.t.findIndex((t) => t >= from), stream.t.findIndex((t) => t >= to)];
      const steps = (to - from) / 1000;
      const made = synthesizeGesture({
        seed: 2024,
        user,
        light,
        label: number - 1,
        repetition,
        steps,
        startUs: from,
      });
      expect(made.t).toEqual(stream.t.slice(first, end < 0 ? undefined : end));
      expect(made.x).toEqual(stream.x.slice(first, end < 0 ? undefined : end));
      expect(made.y).toEqual(stream.y.slice(first, end < 0 ? undefined : end));
      expect(made.p).toEqual(stream.p.slice(first, end < 0 ? undefined : end));
    }
  });
});
