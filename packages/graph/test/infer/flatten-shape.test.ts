import { expect, it } from "vitest";
import { flattenShape } from "../../src/infer/flatten-shape.ts";

it.each([
  [0, -1, [24]],
  [1, -1, [2, 12]],
  [0, 1, [6, 4]],
  [1, 2, [2, 12]],
  [0, -2, [6, 4]],
  [1, -2, [2, 3, 4]],
  [-2, -1, [2, 12]],
  [-3, -2, [6, 4]],
  [0, 0, [2, 3, 4]],
])("flattens [2, 3, 4] from %i to %i", (start, end, shape) => {
  expect(flattenShape([2, 3, 4], start, end)).toEqual({ shape });
});

it.each([
  [2, 1, undefined],
  [3, -1, "startDim"],
  [0, 5, "endDim"],
  [0, -4, "endDim"],
])("refuses axes %i to %i of [2, 3, 4]", (start, end, param) => {
  expect(flattenShape([2, 3, 4], start, end)).toMatchObject({ param });
});
