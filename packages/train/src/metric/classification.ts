/** Measures of predicted classes. */
import { type Measured, type Metric, share } from "./metric.ts";

/** Class with the largest readout, the lowest of equals, and whether there are equals. */
function predict(readout: Float32Array, from: number, classes: number): { label: number; tie: boolean } {
  let label = 0;
  let tie = false;
  for (let c = 1; c < classes; c++) {
    const [value, best] = [readout[from + c] as number, readout[from + label] as number];
    if (value > best) [label, tie] = [c, false];
    else if (value === best) tie = true;
  }
  return { label, tie };
}

/** Share of right classes; among equal readouts the lowest class is taken, `tieRate` says how often. */
export function accuracy(): Metric {
  return {
    name: "accuracy",
    measure: ({ readout, labels, batch, classes }) => {
      let [correct, ties] = [0, 0];
      for (let b = 0; b < batch; b++) {
        const { label, tie } = predict(readout, b * classes, classes);
        if (label === labels[b]) correct++;
        if (tie) ties++;
      }
      return { correct, ties, samples: batch };
    },
    values: ({ correct, ties, samples }) => ({
      accuracy: share(correct, samples),
      tieRate: share(ties, samples),
    }),
  };
}

/** Share of samples whose class is among the k largest readouts; equals count in favour of lower classes. */
export function topK(k: number): Metric {
  return {
    name: `top${k}`,
    measure: ({ readout, labels, batch, classes }) => {
      let correct = 0;
      for (let b = 0; b < batch; b++) {
        const label = labels[b] ?? -1;
        const own = readout[b * classes + label];
        if (own === undefined || label < 0) continue;
        let before = 0;
        for (let c = 0; c < classes; c++) {
          const value = readout[b * classes + c] as number;
          if (value > own || (value === own && c < label)) before++;
        }
        if (before < k) correct++;
      }
      return { correct, samples: batch };
    },
    values: ({ correct, samples }) => ({ [`top${k}`]: share(correct, samples) }),
  };
}

/** Samples by true and predicted class: `confusion[y][p]`, those that occur. */
export function confusionMatrix(): Metric {
  return {
    name: "confusion",
    measure: (measured) => {
      const sums: Record<string, number> = {};
      for (const [label, predicted] of predictions(measured)) {
        const cell = `confusion[${label}][${predicted}]`;
        sums[cell] = (sums[cell] ?? 0) + 1;
      }
      return sums;
    },
    values: (sums) => sums,
  };
}

function predictions({ readout, labels, batch, classes }: Measured): [label: number, predicted: number][] {
  return Array.from({ length: batch }, (_, b) => [
    labels[b] ?? -1,
    predict(readout, b * classes, classes).label,
  ]);
}

/** Mean of the first step (from 1) at which the summed output names the class that it names in the end. */
export function latency(): Metric {
  return {
    name: "latency",
    needs: "sequence",
    measure: ({ sequence, batch, classes, steps }) => {
      if (sequence === undefined) return {};
      let latency = 0;
      for (let b = 0; b < batch; b++) latency += firstDecision(sequence, { b, batch, classes, steps });
      return { latency, samples: batch };
    },
    values: ({ latency, samples }) => ({ latency: share(latency, samples) }),
  };
}

interface At {
  readonly b: number;
  readonly batch: number;
  readonly classes: number;
  readonly steps: number;
}

function firstDecision(sequence: Float32Array, { b, batch, classes, steps }: At): number {
  const running = new Float32Array(classes);
  const named: number[] = [];
  for (let step = 0; step < steps; step++) {
    for (let c = 0; c < classes; c++)
      running[c] = (running[c] as number) + (sequence[(step * batch + b) * classes + c] as number);
    named.push(predict(running, 0, classes).label);
  }
  return named.indexOf(named.at(-1) ?? 0) + 1;
}
