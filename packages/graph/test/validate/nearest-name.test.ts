import { expect, it } from "vitest";
import { editDistance, nearestName } from "../../src/validate/nearest-name.ts";

it.each([
  ["lif", ["lif1", "lin"], "lif1"],
  ["Input", ["input", "inputs"], "input"],
  ["CurrLIF", ["CubaLIF", "LIF", "Linear"], "CubaLIF"],
  ["ghost", ["input", "fc", "lif"], undefined],
  ["fc", ["fa", "fb"], undefined],
  ["", ["a"], undefined],
  ["lif1", ["lif2", "fc1"], undefined],
])("%j among %j may mean %j", (name, known, nearest) => {
  expect(nearestName(name, known)).toBe(nearest);
});
it("kitten to sitting is 3 edits", () => expect(editDistance("kitten", "sitting")).toBe(3));
