/** The name of a graph's content. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { NirGraph } from "./graph.ts";
import { graphJsonParts } from "./json/write-json.ts";

/** SHA-256 of the canonical JSON form, as 64 hexadecimal digits. Node order and file version do not matter, edge order does. */
export function hashGraph(graph: NirGraph): string {
  const hash = crypto?.createHash("sha256") ?? portable();
  for (const part of graphJsonParts(graph)) hash.update(part);
  return hash.digest("hex");
}

interface TextHash {
  update(text: string): unknown;
  digest(form: "hex"): string;
}

interface Runtime {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown };
}

/** Of Node, where there is one; browsers have no synchronous hash. */
const crypto = (globalThis as Runtime).process?.getBuiltinModule?.("node:crypto") as
  | { createHash(name: "sha256"): TextHash }
  | undefined;

function portable(): TextHash {
  const hash = sha256.create();
  return {
    update: (text) => hash.update(utf8ToBytes(text)),
    digest: () => bytesToHex(hash.digest()),
  };
}
