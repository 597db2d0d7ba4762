/** Progress of a training: one line that rewrites itself on a terminal, a line now and then in a log. */
import type { EpochEvent, StepEvent } from "@nirkit/train";
import type { Terminal } from "../terminal.ts";
import type { TrainedEpoch } from "./training-report.ts";

/** What is told while training. */
export interface TrainingProgress {
  step(event: StepEvent): void;
  epoch(event: EpochEvent): void;
  end(): void;
}

const silent: TrainingProgress = { step() {}, epoch() {}, end() {} };
const redrawEvery = 100;
const logEvery = 10_000;

/** Loss, accuracy, samples a second and time left on standard error. */
export function trainingProgress(
  terminal: Terminal,
  quiet: boolean,
  now: () => number = () => performance.now(),
): TrainingProgress {
  if (quiet) return silent;
  const live = terminal.stderr.isTTY === true;
  let next = now() + (live ? 0 : logEvery);
  let drawn = false;
  const clear = (): void => {
    if (live && drawn) terminal.stderr.write("\r\u001b[K");
    drawn = false;
  };
  return {
    step(event) {
      if (now() < next) return;
      next = now() + (live ? redrawEvery : logEvery);
      const line = stepLine(event);
      terminal.stderr.write(
        live ? `\r\u001b[K${line.slice(0, (terminal.stderr.columns || 80) - 1)}` : `${line}\n`,
      );
      drawn = true;
    },
    epoch(event) {
      clear();
      terminal.stderr.write(`${progressLine(event)}\n`);
    },
    end: clear,
  };
}

function stepLine(event: StepEvent): string {
  const { epoch, batch, batches, loss, metrics, samplesPerSec = 0, etaSec = 0 } = event;
  const accuracy = metrics.accuracy === undefined ? "" : `  accuracy ${shareText(metrics.accuracy, 1)}`;
  const rate = `${samplesPerSec.toFixed(0)} samples/s`;
  return `epoch ${epoch + 1}  ${batch}/${batches}  loss ${loss.toFixed(4)}${accuracy}  ${rate}  ${duration(etaSec)} left`;
}

/** One line per epoch. */
export function progressLine({ epoch, train, validation, stopped }: TrainedEpoch): string {
  const part = (name: string, means: TrainedEpoch["train"]): string => {
    const { accuracy } = means.metrics;
    return `${name} loss ${means.loss.toFixed(4)}${accuracy === undefined ? "" : ` accuracy ${shareText(accuracy)}`}`;
  };
  const parts = [part("train", train), ...(validation === undefined ? [] : [part("validation", validation)])];
  return `epoch ${epoch + 1}: ${parts.join(", ")}${stopped === undefined ? "" : ` (${stopped})`}`;
}

/** 0.975 as `97.50 %`. */
export function shareText(share: number, digits = 2): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** 75 as 1:15. */
function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number): string => String(n).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
