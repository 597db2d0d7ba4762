import { tensor } from "@nirkit/graph";
import { expect, test } from "vitest";
import { argmax, firstSpike, lastMembrane, maxMembrane, meanRate, spikeCount } from "../src/index.ts";

const spikes = tensor("uint8", [4, 3], [0, 1, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0]);
const membrane = tensor("float64", [3, 2], [-3, 1, -1, 5, -2, 4]);

test("of spikes 0 1 0 / 1 1 0 / 1 0 0 / 0 0 0 the counts are 2 2 0, the rates .5 .5 0", () => {
  expect([...spikeCount(spikes)]).toEqual([2, 2, 0]);
  expect([...meanRate(spikes)]).toEqual([0.5, 0.5, 0]);
});

test("the first spikes are in steps 1 and 0; a silent neuron gets T", () => {
  expect([...firstSpike(spikes)]).toEqual([1, 0, 4]);
});

test("of membranes -3 1 / -1 5 / -2 4 the last is -2 4, the highest -1 5", () => {
  expect([...lastMembrane(membrane)]).toEqual([-2, 4]);
  expect([...maxMembrane(membrane)]).toEqual([-1, 5]);
});

test("the lowest index wins a tie, and nothing has no largest", () => {
  expect(argmax(spikeCount(spikes))).toBe(0);
  expect(argmax([1, 7, 7, 2])).toBe(1);
  expect(argmax([])).toBe(-1);
});

test("no steps give counts and rates of 0", () => {
  const empty = tensor("uint8", [0, 2], []);
  expect([...spikeCount(empty), ...meanRate(empty), ...firstSpike(empty)]).toEqual([0, 0, 0, 0, 0, 0]);
});

test("a neuron layer [2, 2] is counted row-major", () => {
  expect([...spikeCount(tensor("int8", [2, 2, 2], [1, 0, 0, 1, 1, 0, 0, 0]))]).toEqual([2, 0, 0, 1]);
});
