/** Writes what the site is made from and git does not keep: two reference pages and the sample files. */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { writeNirFile } from "@nirkit/hdf5/node";
import { commandsReference } from "./commands-reference.ts";
import { diagnosticsReference } from "./diagnostics-reference.ts";
import { sampleNetwork } from "./sample-network.ts";

const docs = new URL("../", import.meta.url);

await mkdir(new URL("generated/", docs), { recursive: true });
await mkdir(new URL("public/", docs), { recursive: true });
await writeFile(
  new URL("generated/diagnostics.md", docs),
  await diagnosticsReference(new URL("../packages/", docs)),
);
await writeFile(new URL("generated/commands.md", docs), await commandsReference());
for (const name of ["glyphs-mlp.nir", "glyphs-test.npz"])
  await copyFile(new URL(`../packages/cli/sample/${name}`, docs), new URL(`public/${name}`, docs));
await writeNirFile(new URL("public/sample.nir", docs).pathname, sampleNetwork(), { force: true });
