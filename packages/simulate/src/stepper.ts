/** Runs a program step by step, node by node: the plain path, which every faster one has to equal. */
import { type FloatArray, floats, type Precision } from "./float-array.ts";
import type { InputFeed } from "./input-feed.ts";
import { gather, type Program, type Unit } from "./program.ts";

/** A program with its state. */
export interface Stepper {
  /** Back to rest, for a sample of `steps` steps. */
  reset(steps: number): void;
  /** Step t with the input of step `from` of the feed; all signals of the units are those of this step afterwards. */
  advance(t: number, feed: Pick<InputFeed, "write">, from?: number): void;
}

/** @param onStep called for each unit once its input and its output of the step stand */
export function createStepper(
  program: Program,
  precision: Precision,
  onStep: (unit: Unit) => void = () => {},
): Stepper {
  const outside = new Map(
    program.units
      .filter(({ type }) => type === "Input")
      .map((unit): [Unit, FloatArray] => [unit, floats(precision, unit.x.length)]),
  );
  const run = (unit: Unit, t: number, feed: Pick<InputFeed, "write">, from: number): void => {
    const start = outside.get(unit);
    if (start !== undefined) feed.write(unit.name, from, start);
    gather(unit, start);
    unit.step.step(unit.x, t);
    onStep(unit);
  };
  return {
    reset: (steps) => {
      for (const { step, sent } of program.units) {
        step.reset(steps);
        step.out.fill(0);
        sent?.fill(0);
      }
      for (const [{ step }, value] of program.feedback) step.out.set(value);
    },
    advance: (t, feed, from = t) => {
      for (const { step, sent } of program.first) {
        if (sent === undefined) step.emit?.(t);
        else sent.set(step.out);
      }
      for (const unit of program.middle) run(unit, t, feed, from);
      for (const unit of program.last) run(unit, t, feed, from);
      for (const unit of program.end) run(unit, t, feed, from);
    },
  };
}
