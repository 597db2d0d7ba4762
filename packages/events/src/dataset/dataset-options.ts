/** Options of data sets that are opened by name. */
import * as z from "zod";
import { eventsError } from "../diagnostics.ts";

const whole = z.int().min(1);

/** Options that every data set takes where they make sense for it; an option that makes none is refused. */
export const datasetOptionsSchema: z.ZodType<DatasetOptions> = z.strictObject({
  part: z.enum(["train", "test", "all"]).optional(),
  input: z.string().optional(),
  steps: whole.max(10_000_000).optional(),
  stepUs: z.number().positive().optional(),
  frames: z.enum(["time", "count"]).optional(),
  downsample: whole.optional(),
  accumulate: z.enum(["count", "binary"]).optional(),
  polarity: z.enum(["two", "merge", "on"]).optional(),
  tail: z.enum(["drop", "last"]).optional(),
  clip: whole.optional(),
  flatten: z.boolean().optional(),
  code: z.enum(["direct", "rate", "latency", "phase"]).optional(),
  channels: whole.optional(),
  split: z.string().optional(),
  patch: whole.optional(),
  seed: z.union([z.int().min(0), z.bigint()]).optional(),
  repetitions: whole.optional(),
  limit: whole.optional(),
});

/** Options of `openDataset`. */
export interface DatasetOptions {
  /** Default `test` where the data set has parts by its own layout. */
  readonly part?: "train" | "test" | "all" | undefined;
  /** Input node that samples feed; `input` when absent. */
  readonly input?: string | undefined;
  readonly steps?: number | undefined;
  /** Length of a step in microseconds. */
  readonly stepUs?: number | undefined;
  /** `steps` frames over the whole recording, of equal time or equal count, instead of `stepUs`. */
  readonly frames?: "time" | "count" | undefined;
  /** Factor in space. */
  readonly downsample?: number | undefined;
  readonly accumulate?: "count" | "binary" | undefined;
  readonly polarity?: "two" | "merge" | "on" | undefined;
  readonly tail?: "drop" | "last" | undefined;
  readonly clip?: number | undefined;
  /** Steps of one axis. */
  readonly flatten?: boolean | undefined;
  /** Images: how pixels become steps. */
  readonly code?: "direct" | "rate" | "latency" | "phase" | undefined;
  /** Audio: number of channels. */
  readonly channels?: number | undefined;
  /** Scenes: `random:0.4`, `perClass:50`, `disjoint:0.4`. */
  readonly split?: string | undefined;
  /** Scenes: side of a patch. */
  readonly patch?: number | undefined;
  readonly seed?: number | bigint | undefined;
  /** Synthetic gestures: of each class and user. */
  readonly repetitions?: number | undefined;
  /** First samples only. */
  readonly limit?: number | undefined;
}

/** The options without those that are undefined. @throws E_DATASET_OPTION, one line per option */
export function parseDatasetOptions(options: unknown): Defined<DatasetOptions> {
  const parsed = datasetOptionsSchema.safeParse(options);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw eventsError("E_DATASET_OPTION", issue?.path.join(".") ?? "", {
      why: issue?.message ?? "unreadable",
    });
  }
  const defined = Object.entries(parsed.data).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined) as Defined<DatasetOptions>;
}

/** The same properties, absent instead of undefined. */
export type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };
