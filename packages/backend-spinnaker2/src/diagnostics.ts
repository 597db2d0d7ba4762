/** Codes of `@nirkit/backend-spinnaker2`. */
import { type DiagnosticFactory, defineDiagnostics } from "@nirkit/graph";

const list = (names: readonly string[]): string => names.slice(0, 20).join(", ") || "none";

const table = {
  // A population case.
  E_S2_CASE: (d: { found: string; expected: string }) => ({
    message: `${d.found}, expected ${d.expected}`,
    hint: 'Cases have the format "nirkit-s2-case/1": populations, projections, timesteps',
  }),
  E_S2_MODEL: (d: { model: string; isKnown: boolean; supported: readonly string[] }) => ({
    message: `${d.isKnown ? "A model without published equations" : "An unknown model"}: ${JSON.stringify(d.model)}`,
    hint: `Use ${list(d.supported)}`,
  }),
  E_S2_REFRACTORY: (d: { value: number }) => ({
    message: `t_refrac is ${d.value}; what the chip does with it is not published`,
    hint: "Set t_refrac to 0",
  }),
  E_S2_WEIGHT_RANGE: (d: { value: number; index: number; limit: number; count: number }) => ({
    message: `Weight ${d.value} at index ${d.index} is outside −${d.limit} … ${d.limit} (${d.count} such weights)`,
    hint: "Let the quantizer scale the weights, or use a model with wider weights",
  }),
  E_S2_WEIGHTS_NOT_INTEGER: (d: { count: number; fraction: number }) => ({
    message: `${d.count} weights are no integers; the largest fraction is ${d.fraction}`,
    hint: "Quantize the weights with a scale",
  }),
  E_S2_DELAY_RANGE: (d: { steps: number; seconds?: number; limit: number }) => ({
    message: `A delay of ${d.steps} steps${d.seconds === undefined ? "" : ` (${d.seconds} s)`} is outside 1 … ${d.limit} whole steps`,
    hint: "Shorten the delay, or enable relays for delays above 8 steps",
  }),
  E_S2_CONV_DELAY: (d: { steps: number }) => ({
    message: `A convolution with a delay of ${d.steps} steps; the chip gives convolutions exactly 1`,
    hint: "Put the delay on a dense projection, or expand the convolution",
  }),
  E_S2_INPUT_RANGE: (d: { found: string; count: number }) => ({
    message: `${d.found}${d.count > 1 ? ` (the first of ${d.count})` : ""}`,
    hint: "A spike list holds each neuron at most once per step, with steps from 0 to the last",
  }),
  E_S2_SHAPE: (d: { found: string; expected: string }) => ({
    message: `${d.found}, expected ${d.expected}`,
    hint: "Make the sizes of the projection and its populations agree",
  }),
} as const;

/** Makes a diagnostic of this package. */
export const s2Diagnostic: DiagnosticFactory<typeof table> = defineDiagnostics(table);
