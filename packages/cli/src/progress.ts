/** Progress of long work on standard error. */
import type { Terminal } from "./terminal.ts";

/** Tells how far one piece of work is; `end` clears the line. */
export interface Progress {
  update(done: number, total: number, what?: string): void;
  end(): void;
}

const silent: Progress = { update() {}, end() {} };

/** Milliseconds between two lines of a log, and between two rewrites of a terminal's line. */
const logEvery = 3000;
const redrawEvery = 100;

/**
 * Progress of `what`: one line that rewrites itself on a terminal, a line every three seconds in a log, nothing with
 * `--quiet`. `now` is the clock in milliseconds.
 */
export function progressOn(
  terminal: Terminal,
  what: string,
  quiet: boolean,
  now: () => number = () => performance.now(),
): Progress {
  if (quiet) return silent;
  const live = terminal.stderr.isTTY === true;
  let next = now() + (live ? 0 : logEvery);
  let drawn = false;
  return {
    update(done, total, detail) {
      if (now() < next) return;
      next = now() + (live ? redrawEvery : logEvery);
      const line = `${detail ?? what} ${done}/${total}`;
      terminal.stderr.write(
        live ? `\r\u001b[K${line.slice(0, (terminal.stderr.columns ?? 80) - 1)}` : `${line}\n`,
      );
      drawn = true;
    },
    end() {
      if (live && drawn) terminal.stderr.write("\r\u001b[K");
      drawn = false;
    },
  };
}
