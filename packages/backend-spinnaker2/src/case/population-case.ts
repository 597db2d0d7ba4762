/** The case format `nirkit-s2-case/1`: populations and projections as plain JSON, recordings beside them. */
import * as z from "zod";

const count = z
  .number()
  .int()
  .min(1)
  .max(2 ** 22);
const values = z.union([z.number(), z.array(z.number()).readonly()]);

const population = z.object({
  name: z.string().min(1),
  model: z.string(),
  size: count,
  params: z
    .object({
      threshold: values.exactOptional(),
      alpha_decay: values.exactOptional(),
      i_offset: values.exactOptional(),
      v_init: values.exactOptional(),
      v_reset: values.exactOptional(),
      exc_decay: values.exactOptional(),
      inh_decay: values.exactOptional(),
      t_refrac: values.exactOptional(),
      reset: z.enum(["reset_by_subtraction", "reset_to_v_reset"]).exactOptional(),
    })
    .strict()
    .exactOptional(),
  spikes: z.record(z.string(), z.array(z.number()).readonly()).exactOptional(),
});

const natural = z.number().int().min(0);

const conv2d = z.object({
  weights_layout: z.literal("cin,cout,kh,kw").exactOptional(),
  weights: z.array(z.array(z.array(z.array(z.number())))),
  in_height: count,
  in_width: count,
  stride_x: count,
  stride_y: count,
  pool_x: count.default(1),
  pool_y: count.default(1),
  pad_top: natural.default(0),
  pad_bottom: natural.default(0),
  pad_left: natural.default(0),
  pad_right: natural.default(0),
});

// Rows are many, and checked where they are turned into typed arrays.
const rows = z.custom<readonly (readonly number[])[]>(Array.isArray, "a list of rows");

const projection = z.object({
  pre: z.string(),
  post: z.string(),
  delay: z.number().exactOptional(),
  weight: z.number().exactOptional(),
  rule: z.enum(["one_to_one", "all_from_0", "all_to_all"]).exactOptional(),
  connections: rows.exactOptional(),
  connections_pre_post_weight: rows.exactOptional(),
  conv2d: conv2d.exactOptional(),
});

/** Schema of a case; further members (source, expected spikes) are left alone. */
export const populationCaseSchema: z.ZodType<PopulationCase> = z.object({
  format: z.literal("nirkit-s2-case/1").exactOptional(),
  name: z.string().exactOptional(),
  timesteps: natural.max(2 ** 24),
  populations: z.array(population).min(1).readonly(),
  projections: z.array(projection).readonly(),
});

/** One value for all neurons, or one per neuron. */
export type CaseValues = number | readonly number[];

/** A population: a model of the chip with its parameters, or `spike_list` with the steps of each neuron. */
export interface CasePopulation {
  readonly name: string;
  readonly model: string;
  readonly size: number;
  readonly params?: {
    readonly threshold?: CaseValues;
    readonly alpha_decay?: CaseValues;
    readonly i_offset?: CaseValues;
    readonly v_init?: CaseValues;
    readonly v_reset?: CaseValues;
    readonly exc_decay?: CaseValues;
    readonly inh_decay?: CaseValues;
    readonly t_refrac?: CaseValues;
    readonly reset?: "reset_by_subtraction" | "reset_to_v_reset";
  };
  readonly spikes?: Readonly<Record<string, readonly number[]>>;
}

/** Parameters of a convolution with weights `[c_in][c_out][k_h][k_w]`. */
export interface CaseConvolution {
  readonly weights: readonly (readonly (readonly (readonly number[])[])[])[];
  readonly in_height: number;
  readonly in_width: number;
  readonly stride_x: number;
  readonly stride_y: number;
  readonly pool_x?: number;
  readonly pool_y?: number;
  readonly pad_top?: number;
  readonly pad_bottom?: number;
  readonly pad_left?: number;
  readonly pad_right?: number;
}

/**
 * A projection, given as a rule with one weight, as rows `[pre, post, weight]` with one delay field, as rows
 * `[pre, post, weight, delay field]`, or as a convolution.
 */
export interface CaseProjection {
  readonly pre: string;
  readonly post: string;
  /** Delay field 0 … 7: the synapse takes that many steps plus one. */
  readonly delay?: number;
  readonly weight?: number;
  readonly rule?: "one_to_one" | "all_from_0" | "all_to_all";
  readonly connections?: readonly (readonly number[])[];
  readonly connections_pre_post_weight?: readonly (readonly number[])[];
  readonly conv2d?: CaseConvolution;
}

/** Populations and projections of the chip, with the steps to run. */
export interface PopulationCase {
  readonly timesteps: number;
  readonly populations: readonly CasePopulation[];
  readonly projections: readonly CaseProjection[];
}
