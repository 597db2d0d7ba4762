/** `metrics.jsonl`: one JSON line per step and epoch, on the disk before the checkpoint that follows it. */
import { appendFileSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import type { Callback, EpochEvent, StepEvent } from "@nirkit/train";

/** A step as it is kept. */
type StepRecord = Omit<StepEvent, "diagnostics"> & { readonly diagnostics?: readonly string[] };

/** What was logged, in order. */
type RunRecord = StepRecord | EpochEvent;

/** The log of one run. */
export interface MetricsLog {
  /** First of the callbacks of a trainer. */
  readonly callback: Callback;
  readonly records: readonly RunRecord[];
  /** Keeps the lines of an earlier part of the run, up to the step where it continues. */
  open(from: number): Promise<void>;
}

/** A log that is written to `file`. */
export function metricsLog(file: string): MetricsLog {
  const records: RunRecord[] = [];
  const write = (record: RunRecord): void => {
    records.push(record);
    appendFileSync(file, `${JSON.stringify(record)}\n`);
  };
  return {
    records,
    callback: {
      name: "metrics",
      onStep: ({ diagnostics, ...step }) => {
        write(
          diagnostics.length === 0 ? step : { ...step, diagnostics: diagnostics.map(({ code }) => code) },
        );
      },
      onEpoch: (epoch) => {
        write(epoch);
        return undefined;
      },
    },
    open: async (from) => {
      records.push(...(await keptRecords(file, from)));
      await writeFile(`${file}.new`, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
      await rename(`${file}.new`, file);
    },
  };
}

async function keptRecords(file: string, from: number): Promise<RunRecord[]> {
  if (from === 0) return [];
  const text = await readFile(file, "utf8").catch(() => "");
  return text.split("\n").flatMap((line): RunRecord[] => {
    try {
      const record = JSON.parse(line) as RunRecord;
      return record.step <= from ? [record] : [];
    } catch {
      // A line that a kill cut off.
      return [];
    }
  });
}
