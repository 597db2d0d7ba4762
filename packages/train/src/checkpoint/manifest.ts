/** `manifest.json` of a checkpoint. */
import { z } from "zod";
import { trainError } from "../diagnostics.ts";

/** Content of `manifest.json`. */
export interface Manifest {
  readonly format: "nirkit-checkpoint/1";
  /** Hash of the graph that the model was built from. */
  readonly graphHash: string;
  /** What made the model and its data: compared as a whole when continuing. */
  readonly identity: Readonly<Record<string, unknown>>;
  readonly position: {
    readonly step: number;
    readonly epoch: number;
    readonly batch: number;
    readonly sums: {
      readonly loss: number;
      readonly samples: number;
      readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>>;
    };
  };
  readonly optimizer: { readonly name: string; readonly steps: number };
  /** Steps left out one after the other, as they were not finite. */
  readonly skipped: number;
  readonly schedule?: unknown;
  readonly callbacks: Readonly<Record<string, unknown>>;
  /** SHA-256 of every other file. */
  readonly files: Readonly<Record<string, string>>;
}

const count = z.int().min(0);

const manifestSchema: z.ZodType<Manifest> = z.object({
  format: z.literal("nirkit-checkpoint/1"),
  graphHash: z.string(),
  identity: z.record(z.string(), z.unknown()),
  position: z.object({
    step: count,
    epoch: count,
    batch: count,
    sums: z.object({
      loss: z.number(),
      samples: z.number(),
      metrics: z.record(z.string(), z.record(z.string(), z.number())),
    }),
  }),
  optimizer: z.object({ name: z.string(), steps: count }),
  skipped: count,
  schedule: z.unknown().optional(),
  callbacks: z.record(z.string(), z.unknown()),
  files: z.record(z.string(), z.string()),
});

/** @throws E_CHECKPOINT at `path` */
export function parseManifest(text: string, path: string): Manifest {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw trainError("E_CHECKPOINT", path, { why: "The manifest is not JSON" });
  }
  const read = manifestSchema.safeParse(content);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw trainError("E_CHECKPOINT", path, {
    why: `The manifest is damaged at ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`,
  });
}
