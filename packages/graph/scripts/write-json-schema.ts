/** Writes `schema/nir.schema.json`: `node --conditions=@nirkit/source scripts/write-json-schema.ts`. */
import { writeFileSync } from "node:fs";
import { jsonSchema } from "./json-schema.ts";

writeFileSync(
  new URL("../schema/nir.schema.json", import.meta.url),
  `${JSON.stringify(jsonSchema(), undefined, 2)}\n`,
);
