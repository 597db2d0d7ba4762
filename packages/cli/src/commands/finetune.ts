/** `nirkit finetune`: further training of a network, with quantized weights where asked for. */
import { dirname, join } from "node:path";
import type { Invocation } from "../invocation.ts";
import { assertModelName } from "../model-file.ts";
import { assertWritable } from "../output-file.ts";
import { runTraining } from "../training/run-training.ts";
import { type LossName, parseTrainConfig } from "../training/train-config.ts";

/** Flags of the command. */
export interface FinetuneFlags {
  readonly data: string;
  readonly validation?: string;
  readonly dataOptions?: ReadonlyMap<string, string>;
  readonly qat?: string;
  readonly epochs?: number;
  readonly batch?: number;
  readonly lr?: number;
  readonly loss?: LossName;
  readonly limit?: number;
  readonly dt?: number;
  readonly dialect?: string;
  readonly learn?: "none" | "layer" | "channel" | "neuron";
  readonly run?: string;
  readonly out: string;
  readonly resume?: boolean;
  readonly force?: boolean;
}

/** Trains a network further and writes it; the folder of the run lies beside the network. */
export async function finetune(invocation: Invocation, file: string, flags: FinetuneFlags): Promise<number> {
  assertModelName(flags.out);
  const out = invocation.path(flags.out);
  const { resume = false, force = false, qat, dt, dialect, learn, limit, loss, validation } = flags;
  await assertWritable(out, force || resume);
  const options = flags.dataOptions === undefined ? undefined : looseOptions(flags.dataOptions);
  const config = parseTrainConfig(
    {
      model: file,
      data: {
        train: flags.data,
        ...(validation === undefined ? {} : { validation }),
        ...(options === undefined ? {} : { options }),
        ...(limit === undefined ? {} : { limit }),
      },
      out: flags.run ?? join(dirname(flags.out), `${nameOf(flags.out)}.run`),
      epochs: flags.epochs ?? 3,
      batchSize: flags.batch ?? 128,
      optimizer: { name: "adam", lr: flags.lr ?? 1e-3 },
      ...(qat === undefined ? {} : { qat }),
      ...(dt === undefined ? {} : { dt }),
      ...(dialect === undefined ? {} : { dialect }),
      ...(loss === undefined ? {} : { loss }),
      ...(learn === undefined
        ? {}
        : { trainable: { leak: learn, threshold: learn }, learningRates: { leak: 0.1, threshold: 0.1 } }),
    },
    "finetune",
  );
  return runTraining(invocation, config, { resume, force, model: out });
}

function nameOf(path: string): string {
  return (path.split(/[/\\]/).at(-1) ?? path).replace(/\.(nir|json|h5|hdf5)$/, "");
}

/** `steps=16` as a number, `code=rate` as a word. */
function looseOptions(given: ReadonlyMap<string, string>): Record<string, unknown> {
  return Object.fromEntries(
    [...given].map(([word, text]) => {
      const key = word.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
      const value = /^-?\d+(\.\d+)?$/.test(text)
        ? Number(text)
        : text === "true"
          ? true
          : text === "false"
            ? false
            : text;
      return [key, value];
    }),
  );
}
