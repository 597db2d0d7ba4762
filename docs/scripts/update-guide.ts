/** Writes the real output of its commands into the guide: node --conditions=@nirkit/source scripts/update-guide.ts */
import { readFile, writeFile } from "node:fs/promises";
import { withTranscripts } from "./guide-transcripts.ts";

const guide = new URL("../guide/first-light.md", import.meta.url);
await writeFile(guide, await withTranscripts(await readFile(guide, "utf8")));
