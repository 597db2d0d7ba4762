/** When two nodes are the same to type inference. */
import { type NirNode, nodeParam } from "../node.ts";
import { isTensor, sameShape } from "../tensor.ts";

/**
 * True when both nodes have one type and equal parameters, values of tensors aside. Every shape rule, and every
 * diagnostic of inference about a sound node, is a function of just that. False for nested graphs and extensions.
 */
export function sameShapeRule(a: NirNode, b: NirNode): boolean {
  if (a === b) return true;
  if (a.type !== b.type || a.type === "NIRGraph" || "params" in a) return false;
  const [left, right] = [paramsOf(a), paramsOf(b)];
  return (
    left.length === right.length &&
    left.every(([key, value]) => {
      const other = nodeParam(b, key);
      return isTensor(value) && isTensor(other)
        ? sameShape(value.shape, other.shape)
        : JSON.stringify(value) === JSON.stringify(other);
    })
  );
}

function paramsOf(node: NirNode): [param: string, value: unknown][] {
  return Object.entries(node).filter(
    ([key, value]) => key !== "type" && key !== "metadata" && value !== undefined,
  );
}
