import { expect, it } from "vitest";
import { flattenShape, splitShape } from "../../src/infer/flatten-shape.ts";

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

it.each([
  [[24], [8, undefined], 0, -1, [8, 3]],
  [[2, 12], [2, undefined, 3], 1, -1, [2, 4, 3]],
  [[6, 4], [undefined, 3, 4], 0, 1, [2, 3, 4]],
  [[24], [2, 3, 4], 0, -1, [2, 3, 4]],
  [[25], [8, undefined], 0, -1, undefined],
  [[24], [undefined, undefined], 0, -1, undefined],
  [[24], [5, 5], 0, -1, undefined],
])("splits %j by what is known, %j, from axis %i to %i: %j", (output, pattern, start, end, shape) => {
  expect(splitShape(output, pattern, start, end)).toEqual(shape);
});
