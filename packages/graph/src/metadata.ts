/** Changing the metadata of a node. */
import type { MetadataValue, NirNode } from "./node.ts";

/**
 * The node with metadata keys set, or removed where the value is undefined. A node left without entries has no
 * `metadata` at all, as when it was read.
 *
 * @example withMetadata(node, [["nirkit:bits", 4], ["nirkit:old", undefined]])
 */
export function withMetadata<N extends NirNode>(
  node: N,
  entries: Iterable<readonly [key: string, value: MetadataValue | undefined]>,
): N {
  const metadata = new Map(node.metadata);
  for (const [key, value] of entries) {
    if (value === undefined) metadata.delete(key);
    else metadata.set(key, value);
  }
  const { metadata: _, ...rest } = node;
  return (metadata.size === 0 ? rest : { ...rest, metadata }) as N;
}
