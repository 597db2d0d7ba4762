import { tensor } from "@nirkit/graph";
import { expect, test } from "vitest";
import { constants, parameter } from "../src/float-array.ts";

test("one value, and one per row, reach every element", () => {
  expect([...parameter(tensor("float32", [], [2]), [2, 2], "nodes.n.r")]).toEqual([2, 2, 2, 2]);
  expect([...parameter(tensor("int64", [2, 1], [1, 2]), [2, 2], "nodes.n.r")]).toEqual([1, 1, 2, 2]);
});

test("3 values for 2 neurons, or a rank too many, are refused with the parameter's name", () => {
  const read = (shape: readonly number[], values: readonly number[]) => () =>
    parameter(tensor("float32", shape, values), [2], "nodes.n.tau");
  expect(read([3], [1, 2, 3])).toThrow(/E_PARAMETER_SHAPE nodes.n.tau: tau has shape \[3\].*to \[2\]/);
  expect(read([1, 2], [1, 2])).toThrow(/E_PARAMETER_SHAPE/);
});

test("a value that is not finite is refused with its place and how many there are", () => {
  const bad = tensor("float32", [2, 3], [0, 0, 0, 0, Number.NaN, Number.NEGATIVE_INFINITY]);
  expect(() => parameter(bad, [2, 3], "nodes.n.r")).toThrow(
    /E_NON_FINITE nodes.n.r: 2 values .*NaN at \[1, 1\]/,
  );
});

test("constants are rounded once; 1e39 does not fit float32 and fits float64", () => {
  expect([...constants("f32", Float64Array.of(0.1), "gain", "nodes.n.r")]).toEqual([Math.fround(0.1)]);
  expect(() => constants("f32", Float64Array.of(1, 1e39), "gain", "nodes.n.r")).toThrow(
    /E_CONSTANT nodes.n.r: gain of element 1 is 1e\+39/,
  );
  expect([...constants("f64", Float64Array.of(1e39), "gain", "nodes.n.r")]).toEqual([1e39]);
});
