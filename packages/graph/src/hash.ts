/** The name of a graph's content. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { NirGraph } from "./graph.ts";
import { graphJsonParts } from "./json/write-json.ts";

/** SHA-256 of the canonical JSON form, as 64 hexadecimal digits. Node order and file version do not matter, edge order does. */
export function hashGraph(graph: NirGraph): string {
  const hash = sha256.create();
  for (const part of graphJsonParts(graph)) hash.update(utf8ToBytes(part));
  return bytesToHex(hash.digest());
}
