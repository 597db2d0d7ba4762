/** A run as JSON lines: one per step and epoch, on the disk before the checkpoint that follows it. */
import { appendFileSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import type { Callback } from "../trainer/callback.ts";
import type { EpochEvent, StepEvent } from "../trainer/events.ts";

/** A step as it is kept: of its diagnostics the codes. */
export type StepRecord = Omit<StepEvent, "diagnostics"> & { readonly diagnostics?: readonly string[] };

/** What was logged, in order. */
export type RunRecord = StepRecord | EpochEvent;

/** Options of {@link metricsLog}. */
export interface MetricsLogOptions {
  /** False keeps epochs alone. Default true. */
  readonly steps?: boolean;
}

/** The log of one run. */
export interface MetricsLog {
  /** First of the callbacks of a trainer. */
  readonly callback: Callback;
  /** All lines of the file. */
  readonly records: readonly RunRecord[];
  /** Begins the file; keeps the lines of an earlier part of the run up to step `from`, where it continues. */
  open(from?: number): Promise<void>;
}

/** A log that is written to `file`, as it happens. */
export function metricsLog(file: string, { steps = true }: MetricsLogOptions = {}): MetricsLog {
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
        if (!steps) return;
        write(
          diagnostics.length === 0 ? step : { ...step, diagnostics: diagnostics.map(({ code }) => code) },
        );
      },
      onEpoch: (epoch) => {
        write(epoch);
        return undefined;
      },
    },
    open: async (from = 0) => {
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
