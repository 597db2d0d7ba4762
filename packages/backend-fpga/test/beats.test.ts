import { describe, expect, test } from "vitest";
import { BeatList, beatWords, readBeat } from "../src/beats.ts";
import { planFpga } from "../src/plan.ts";
import { pattern } from "./designs.ts";
import { dense, network, population } from "./random-network.ts";

const plan = planFpga(
  network({
    input: { shape: [3] },
    populations: [population("l1", 2, { spiking: false, reset: "none" })],
    projections: [dense("fc1", "in", "l1", pattern(2, 3, 3))],
  }),
);

describe("beats", () => {
  test("32 bits: event 0x1149 of value 1 is 00401149, tick 40000000, eos 80000000, value -128 in bits 29:22", () => {
    const beats = new BeatList();
    beats.event(0x1149, 1);
    beats.event(3, -128);
    beats.tick(false);
    beats.tick(true);
    expect(beatWords(plan.streams.input, beats)).toEqual(["00401149", "20000003", "40000000", "80000000"]);
  });

  test("64 bits: a state of -5 at neuron 1 keeps its sign in the 30-bit field", () => {
    const beats = new BeatList();
    beats.event(1, -5);
    beats.tick(true);
    const words = beatWords(plan.streams.output, beats);
    expect(words).toEqual(["3ffffffb00000001", "8000000000000000"]);
    expect(readBeat(plan.streams.output, words[0] as string)).toEqual({ kind: 0, value: -5, address: 1 });
  });
});
