/** Runs cases in processes of their own, with limits of time and memory that are measured from outside. */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Report } from "./worker.ts";

/** Which cases; the rest has defaults. */
export interface FuzzOptions {
  readonly seed: number;
  readonly cases: number;
  /** `own` files alone, or with the corpus. */
  readonly files?: "all" | "own";
  readonly processes?: number;
  /** Reading one file twice (directly, and by the library) may take this long. */
  readonly secondsPerCase?: number;
  readonly megabytes?: number;
}

/** Something that must not be, and the case that shows it again. */
interface Finding {
  readonly id: string;
  readonly file: string;
  readonly what: string;
}

export interface FuzzResult {
  readonly tried: number;
  readonly findings: readonly Finding[];
  readonly slowestMs: number;
  readonly peakMegabytes: number;
}

interface Tally {
  tried: number;
  slowestMs: number;
  peakMegabytes: number;
  readonly findings: Finding[];
}

/** Tries all cases; a process that dies, hangs or takes too much memory is a finding, and another one goes on. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { processes = 2, cases } = options;
  const tally: Tally = { tried: 0, slowestMs: 0, peakMegabytes: 0, findings: [] };
  const lanes = Array.from({ length: processes }, async (_, lane) => {
    for (let next = lane; next < cases; ) next = await runFrom(next, processes, options, tally);
  });
  await Promise.all(lanes);
  return tally;
}

/** Runs one process until it ends; gives the case to go on with. */
function runFrom(first: number, step: number, options: FuzzOptions, tally: Tally): Promise<number> {
  const { seed, cases, files = "all", secondsPerCase = 2, megabytes = 500 } = options;
  const args = [seed, first, step, cases].map(String);
  const child = fork(join(import.meta.dirname, "worker.ts"), [...args, files], {
    execArgv: ["--conditions=@nirkit/source", "--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let current: Report | undefined;
  let [watchdog, words]: [NodeJS.Timeout | undefined, string] = [undefined, ""];
  const found = (what: string): void => {
    if (current === undefined) throw new Error(`the fuzzing process does not start: ${words}`);
    tally.findings.push({ id: `${seed}:${current.index}`, file: current.file, what });
  };
  child.stderr?.on("data", (chunk: Buffer) => {
    words = `${words}${chunk}`.slice(-2000);
  });
  return new Promise((resolve, reject) => {
    let hung = false;
    child.on("message", (report: Report) => {
      clearTimeout(watchdog);
      current = report;
      if (report.done === undefined) {
        watchdog = setTimeout(() => {
          hung = true;
          kill(child);
        }, secondsPerCase * 1000);
        return;
      }
      const { ms, megabytes: peak, wrong } = report.done;
      tally.tried++;
      tally.slowestMs = Math.max(tally.slowestMs, ms);
      tally.peakMegabytes = Math.max(tally.peakMegabytes, peak);
      if (wrong !== undefined) found(wrong);
      if (peak > megabytes) {
        found(`${peak.toFixed(0)} MB of memory`);
        kill(child);
      }
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      clearTimeout(watchdog);
      if (code === 0) return resolve(cases);
      try {
        if (hung) found(`longer than ${secondsPerCase} s`);
        else if (current?.done === undefined) found(`the process ended: ${code ?? signal} ${words}`);
      } catch (error) {
        return reject(error);
      }
      return resolve((current?.index ?? cases) + step);
    });
  });
}

function kill(child: ChildProcess): void {
  child.kill("SIGKILL");
}
