/** Pass `flatten`: opens nested graphs. */
import * as z from "zod/mini";
import { definePass, type Pass } from "./pass.ts";

/** Opens nested graphs, names joined with "/"; `NirGraph.flatten` as a pass. */
export const flattenPass: Pass<Record<string, never>> = definePass({
  name: "flatten",
  summary: 'Open nested graphs, joining names with "/"',
  options: z.strictObject({}),
  example: { before: "in -> block { x -> lif -> y } -> out", after: "in -> block/lif -> out" },
  run: (graph) => ({ graph: graph.flatten(), diagnostics: [] }),
});
