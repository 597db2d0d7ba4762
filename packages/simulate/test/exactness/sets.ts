/** The seeded networks as rows, one per network and dialect. */
import { compareWithTrace, readText } from "../reference-data.ts";
import type { ExactnessRow } from "./row.ts";

interface Manifest {
  readonly [name: string]: {
    readonly dialects: Readonly<Record<string, { readonly dt: number; readonly margin: number | null }>>;
  };
}

/** All of them. */
export async function setRows(): Promise<readonly ExactnessRow[]> {
  const manifest: Manifest = JSON.parse(readText("sets/manifest.json"));
  const rows: ExactnessRow[] = [];
  for (const [name, { dialects }] of Object.entries(manifest))
    for (const [label, { dt, margin }] of Object.entries(dialects)) {
      const { entries, differing, largestError, wrong } = await compareWithTrace(
        `sets/${name}`,
        label,
        dt,
        margin,
      );
      rows.push({
        what: name,
        reference: "oracle",
        dialect: label,
        entries,
        differing,
        error: largestError,
        ok: wrong.length === 0,
      });
    }
  return rows;
}
