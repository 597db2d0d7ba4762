/** What a run says and keeps: a line per epoch here, a JSON line per epoch in a file. */
import { join } from "node:path";
import { NirkitError } from "@nirkit/graph";
import type { Callback } from "@nirkit/train";
import { metricsLog } from "@nirkit/train/node";
import { OptionError } from "./run-options.ts";

/** A line on standard output. */
export const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** 0.975 as `97.50 %`. */
export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** Seconds of processor time of this program, or since an earlier reading. */
export function cpuSeconds(since?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

/** Callbacks that write `<name>.jsonl` into a folder and say every epoch as it ends. */
export async function runLog(folder: string, name: string): Promise<readonly Callback[]> {
  const log = metricsLog(join(folder, `${name}.jsonl`), { steps: false });
  await log.open();
  const told: Callback = {
    name: "told",
    onEpoch: ({ epoch, epochs, train, validation }) => {
      const shares = [`train ${percent(train.metrics.accuracy ?? 0)}`];
      if (validation !== undefined) shares.push(`validation ${percent(validation.metrics.accuracy ?? 0)}`);
      say(
        `${name} epoch ${epoch + 1}/${epochs}: loss ${train.loss.toFixed(4)}, ${shares.join(", ")}, ${cpuSeconds().toFixed(0)} s of CPU`,
      );
      return undefined;
    },
  };
  return [log.callback, told];
}

/** Runs a command; of errors that a user can mend it prints the message alone. */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    if (!(error instanceof NirkitError || error instanceof OptionError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
