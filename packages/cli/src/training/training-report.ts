/** The page of a run: curves of loss and accuracy, rates, the network. */
import type { NirGraph } from "@nirkit/graph";
import { graphSvg, lineSvg, type Report, type Section } from "@nirkit/report";
import type { EpochEvent } from "@nirkit/train";
import type { TrainConfig } from "./train-config.ts";
import { shareText } from "./training-progress.ts";

/** What the report keeps of an epoch. */
export type TrainedEpoch = Pick<EpochEvent, "epoch" | "train" | "validation" | "stopped" | "step" | "lr">;

/** Report of a finished or stopped run. */
export function trainingReport(
  config: TrainConfig,
  graph: NirGraph,
  epochs: readonly TrainedEpoch[],
  losses: readonly (readonly [step: number, loss: number])[],
): Report {
  const last = epochs.at(-1);
  const accuracy = last?.validation?.metrics.accuracy ?? last?.train.metrics.accuracy;
  return {
    title: "Training",
    subtitle: typeof config.model === "string" ? config.model : config.model.sizes.join("-"),
    facts: [
      { label: "epochs", value: epochs.length },
      { label: "steps", value: losses.at(-1)?.[0] ?? last?.step ?? 0 },
      ...(accuracy === undefined
        ? []
        : [
            {
              label: "accuracy",
              value: shareText(accuracy),
              note: last?.validation === undefined ? "on the training data" : "on the validation data",
            },
          ]),
      ...(config.qat === undefined ? [] : [{ label: "weights", value: config.qat }]),
    ],
    sections: [
      ...curves(epochs, losses),
      rates(last),
      { title: "Network", blocks: [{ kind: "figure", svg: graphSvg(graph) }] },
      {
        title: "Configuration",
        blocks: [{ kind: "code", text: JSON.stringify(config, null, 2) }],
      },
    ],
    footer: `nirkit, graph ${graph.hash()}`,
  };
}

function curves(
  epochs: readonly TrainedEpoch[],
  losses: readonly (readonly [step: number, loss: number])[],
): readonly Section[] {
  const x = epochs.map(({ epoch }) => epoch + 1);
  const series = (name: string, pick: (epoch: TrainedEpoch) => number | undefined) => {
    const y = epochs.map((epoch) => pick(epoch) ?? Number.NaN);
    return y.some(Number.isFinite) ? [{ name, x, y }] : [];
  };
  const accuracy = [
    ...series("training", ({ train }) => train.metrics.accuracy),
    ...series("validation", ({ validation }) => validation?.metrics.accuracy),
  ];
  const loss = [
    ...series("training", ({ train }) => train.loss),
    ...series("validation", ({ validation }) => validation?.loss),
  ];
  const steps = {
    name: "loss of the batch",
    x: losses.map(([step]) => step),
    y: losses.map(([, value]) => value),
  };
  const figure = (svg: ReturnType<typeof lineSvg>, caption: string) =>
    ({ kind: "figure", svg, caption }) as const;
  const blocks = [
    ...(loss.length === 0
      ? []
      : [figure(lineSvg({ series: loss, xName: "epoch", yName: "loss" }), "Loss by epoch")]),
    ...(accuracy.length === 0
      ? []
      : [figure(lineSvg({ series: accuracy, xName: "epoch", yName: "accuracy" }), "Accuracy by epoch")]),
    ...(losses.length === 0
      ? []
      : [figure(lineSvg({ series: [steps], xName: "step", yName: "loss" }), "Loss by step")]),
  ];
  return blocks.length === 0 ? [] : [{ title: "Curves", blocks }];
}

function rates(last: TrainedEpoch | undefined): Section {
  const metrics = last?.validation?.metrics ?? last?.train.metrics ?? {};
  const rows = Object.entries(metrics).flatMap(([name, value]): [string, string][] =>
    name.startsWith("rate.") ? [[name.slice(5), value.toFixed(4)]] : [],
  );
  return {
    title: "Spikes",
    blocks: [
      {
        kind: "table",
        caption: "Spikes per neuron and step, last epoch",
        columns: ["neurons", { name: "rate", align: "number" }],
        rows,
      },
    ],
  };
}
