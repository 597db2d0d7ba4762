/** The configuration of `nirkit train`: a JSON file, or a module whose default export is the same. */
import { pathToFileURL } from "node:url";
import { type DatasetOptions, datasetOptionsSchema } from "@nirkit/events";
import { z } from "zod";
import { readBytes } from "../read-bytes.ts";
import { UsageError, usageDiagnostic, usageError } from "../usage-error.ts";

/** How many values of a leak or threshold are learned. */
type Granularity = "none" | "layer" | "channel" | "neuron";

/** A surrogate by name, with its own numbers. */
export type SurrogateConfig =
  | { readonly name: "atan"; readonly alpha?: number | undefined }
  | { readonly name: "fastSigmoid" | "sigmoid"; readonly k?: number | undefined }
  | { readonly name: "triangular"; readonly gamma?: number | undefined; readonly w?: number | undefined }
  | { readonly name: "boxcar"; readonly w?: number | undefined };

/** Names of losses. */
export type LossName =
  | "spike-count"
  | "rate"
  | "membrane-max"
  | "membrane-mean"
  | "membrane-sum"
  | "membrane-last"
  | "count-mse";

/** Names of optimizers. */
type OptimizerName = "adam" | "adamW" | "sgd" | "rmsprop" | "adagrad" | "adadelta" | "adamax";

/** A new network of Affine and LIF nodes, dt 1. */
export interface NewNetwork {
  /** Neurons of the layers, the input first. */
  readonly sizes: readonly number[];
  /** Time constant in steps. Default 5. */
  readonly tau: number;
  /** Default 1. */
  readonly threshold: number;
}

/** A checked configuration. */
export interface TrainConfig {
  /** `.nir` file, or the layers of a new network. */
  readonly model: string | NewNetwork;
  readonly data: {
    readonly train: string;
    readonly validation?: string | undefined;
    readonly options?: DatasetOptions | undefined;
    readonly limit?: number | undefined;
    readonly validationLimit?: number | undefined;
  };
  /** Folder of the run. */
  readonly out: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly dt?: number | undefined;
  readonly dialect?: string | undefined;
  readonly surrogate?: SurrogateConfig | undefined;
  readonly trainable?:
    | { readonly leak?: Granularity | undefined; readonly threshold?: Granularity | undefined }
    | undefined;
  readonly init?:
    | "keep"
    | {
        readonly density?: number | undefined;
        readonly k?: number | undefined;
        readonly steps?: number | undefined;
      }
    | undefined;
  readonly loss: LossName;
  readonly optimizer: {
    readonly name: OptimizerName;
    readonly lr?: number | undefined;
    readonly weightDecay?: number | undefined;
    readonly momentum?: number | undefined;
  };
  readonly schedule: {
    readonly name: "constant" | "cosine" | "one-cycle" | "plateau";
    readonly warmupSteps?: number | undefined;
    readonly floor?: number | undefined;
  };
  readonly learningRates?:
    | Readonly<Partial<Record<"weight" | "bias" | "leak" | "threshold", number>>>
    | undefined;
  readonly clipNorm?: number | undefined;
  readonly microBatch?: number | undefined;
  readonly tbptt?: { readonly window: number; readonly stride?: number | undefined } | undefined;
  /** Steps of a segment of which only the state is kept, for long sequences. */
  readonly gradientCheckpointing?: "off" | "auto" | { readonly every: number } | undefined;
  readonly rateUpper?: { readonly target: number; readonly weight: number } | undefined;
  readonly earlyStopping?:
    | { readonly monitor?: string | undefined; readonly patience?: number | undefined }
    | undefined;
  /** Steps between two checkpoints, beside those of the epochs. */
  readonly checkpointSteps?: number | undefined;
  /** Scheme of quantization-aware training: `pot:4`. */
  readonly qat?: string | undefined;
  readonly qatOptions?: Readonly<Record<string, unknown>> | undefined;
  /** First step that is quantized. */
  readonly qatStart?: number | undefined;
}

const granularity = z.enum(["none", "layer", "channel", "neuron"]);
const positive = z.number().positive();
const whole = z.int().min(1);

const dataSchema = z.strictObject({
  train: z.string(),
  validation: z.string().optional(),
  options: datasetOptionsSchema.optional(),
  limit: whole.optional(),
  validationLimit: whole.optional(),
});

const surrogateSchema = z.discriminatedUnion("name", [
  z.strictObject({ name: z.literal("atan"), alpha: positive.optional() }),
  z.strictObject({ name: z.enum(["fastSigmoid", "sigmoid"]), k: positive.optional() }),
  z.strictObject({ name: z.literal("triangular"), gamma: positive.optional(), w: positive.optional() }),
  z.strictObject({ name: z.literal("boxcar"), w: positive.optional() }),
]);

const schema: z.ZodType<TrainConfig> = z.strictObject({
  model: z.union([
    z.string(),
    z.strictObject({
      sizes: z.array(whole).min(2),
      tau: positive.default(5),
      threshold: positive.default(1),
    }),
  ]),
  data: dataSchema,
  out: z.string(),
  epochs: whole.default(10),
  batchSize: whole.default(128),
  dt: positive.optional(),
  dialect: z.string().optional(),
  surrogate: surrogateSchema.optional(),
  trainable: z.strictObject({ leak: granularity.optional(), threshold: granularity.optional() }).optional(),
  init: z
    .union([
      z.literal("keep"),
      z.strictObject({ density: positive.optional(), k: positive.optional(), steps: whole.optional() }),
    ])
    .optional(),
  loss: z
    .enum([
      "spike-count",
      "rate",
      "membrane-max",
      "membrane-mean",
      "membrane-sum",
      "membrane-last",
      "count-mse",
    ])
    .default("spike-count"),
  optimizer: z
    .strictObject({
      name: z.enum(["adam", "adamW", "sgd", "rmsprop", "adagrad", "adadelta", "adamax"]).default("adam"),
      lr: positive.optional(),
      weightDecay: z.number().min(0).optional(),
      momentum: z.number().min(0).lt(1).optional(),
    })
    .prefault({}),
  schedule: z
    .strictObject({
      name: z.enum(["constant", "cosine", "one-cycle", "plateau"]),
      warmupSteps: z.int().min(0).optional(),
      floor: z.number().min(0).optional(),
    })
    .default({ name: "cosine" }),
  learningRates: z.partialRecord(z.enum(["weight", "bias", "leak", "threshold"]), z.number()).optional(),
  clipNorm: positive.optional(),
  microBatch: whole.optional(),
  tbptt: z.strictObject({ window: whole, stride: whole.optional() }).optional(),
  gradientCheckpointing: z.union([z.enum(["off", "auto"]), z.strictObject({ every: whole })]).optional(),
  rateUpper: z.strictObject({ target: z.number().min(0), weight: positive }).optional(),
  earlyStopping: z.strictObject({ monitor: z.string().optional(), patience: whole.optional() }).optional(),
  checkpointSteps: whole.optional(),
  qat: z.string().optional(),
  qatOptions: z.record(z.string(), z.unknown()).optional(),
  qatStart: z.int().min(0).optional(),
});

/**
 * Reads a configuration: `.json`, or a module (`.ts`, `.js`, `.mjs`) with a default export.
 *
 * @throws UsageError with one line per wrong value
 */
export async function readTrainConfig(path: string): Promise<TrainConfig> {
  return parseTrainConfig(await contentOf(path), path);
}

/** @throws UsageError with one line per wrong value */
export function parseTrainConfig(content: unknown, path: string): TrainConfig {
  const read = schema.safeParse(content);
  if (read.success) return read.data;
  throw new UsageError(
    read.error.issues.map((issue) => {
      const at = issue.path.map(String).join(".");
      return usageDiagnostic(at === "" ? path : `${path}: ${at}`, issue.message);
    }),
  );
}

async function contentOf(path: string): Promise<unknown> {
  const bytes = await readBytes(path);
  try {
    if (!path.endsWith(".json"))
      return ((await import(pathToFileURL(path).href)) as { readonly default?: unknown }).default;
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw usageError(
      path,
      `Is no configuration: ${(error as Error).message.split("\n", 1)[0]}`,
      "Give a .json file, or a module whose default export is the configuration",
    );
  }
}
