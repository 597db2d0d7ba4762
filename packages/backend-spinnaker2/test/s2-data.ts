/** Recordings of the chip, read in place; tests that need them skip with a reason where they are absent. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { PopulationCase } from "../src/index.ts";

const root = resolve(import.meta.dirname, "../../..");

/** The data folder. */
export const dataFolder: string = resolve(root, process.env.NIRKIT_DATA ?? "../shared/data");

/** False where the data is absent; throws under NIRKIT_STRICT. */
export function hasData(): boolean {
  if (existsSync(join(dataFolder, "spinnaker2"))) return true;
  if (process.env.NIRKIT_STRICT === "1") throw new Error(`no test data at ${dataFolder}`);
  process.stdout.write(`skipped: no test data at ${dataFolder} (set NIRKIT_DATA)\n`);
  return false;
}

/** A recording with the case that gave it. */
export interface RecordedCase extends PopulationCase {
  readonly expected: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
  readonly expected_total: number;
}

/** Any JSON file of the SpiNNaker2 data. */
export function s2Json<T>(name: string): T {
  return JSON.parse(readFileSync(join(dataFolder, "spinnaker2", name), "utf8")) as T;
}
