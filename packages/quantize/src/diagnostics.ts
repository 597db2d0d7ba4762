/** Codes of `@nirkit/quantize`. */
import { type DiagnosticFactory, type DiagnosticText, defineDiagnostics } from "@nirkit/graph";

const formatNumber = (x: number): string => String(Number(x.toPrecision(6)));

const table = {
  E_DT_MISSING: (): DiagnosticText => ({
    message: "No time step is given, and the graph carries none",
    hint: "Pass dt in the unit of tau: 1e-4 is usual for files of snnTorch, 1e-3 for Norse and nirkit, 1 where tau counts steps",
  }),
  E_DT_CONFLICT: (d: { given: number; carried: number }): DiagnosticText => ({
    message: `The time step ${d.given} contradicts ${d.carried}, with which the graph was quantized`,
    hint: "Leave dt out, or quantize the float graph again",
  }),
  E_DT_TOO_LARGE: (d: { dt: number; tau: number; index: number }): DiagnosticText => ({
    message: `The time step ${d.dt} is larger than the time constant ${d.tau} of neuron ${d.index}, so the Euler decay is negative`,
    hint: "Take a smaller dt, or leak exp",
  }),
  E_NON_FINITE: (d: { value: number }): DiagnosticText => ({
    message: Number.isFinite(d.value)
      ? `The value ${d.value} is beyond float32, in which weights are quantized`
      : `The value ${d.value} has no integer; every value must be finite`,
    hint: "Find where the network diverged in training; a NaN cannot be repaired here",
  }),
  E_BAD_NEURON: (d: {
    parameter: string;
    index: number;
    value: number;
    expected: string;
  }): DiagnosticText => ({
    message: `${d.parameter}[${d.index}] is ${d.value}; ${d.expected} was expected`,
    hint: "Integer neurons need positive time constants and a positive input gain; put a sign into the weights",
  }),
  E_BAD_OPTION: (d: { option: string; found: string; expected: string }): DiagnosticText => ({
    message: `${d.option} is ${d.found}; ${d.expected} was expected`,
  }),
  E_CONVENTION: (d: { option: string; value: string; supported: string }): DiagnosticText => ({
    message: `Integer neurons cannot express ${d.option} = ${d.value}`,
    hint: `Use ${d.supported}`,
  }),
  E_UNSUPPORTED_NODE: (d: { type: string; why: string; hint: string }): DiagnosticText => ({
    message: `${d.type} cannot be quantized here: ${d.why}`,
    hint: d.hint,
  }),
  E_NO_WEIGHT: (d: { type: string; source: string }): DiagnosticText => ({
    message: `${d.type} takes input from ${d.source} without a weight in between beside weighted input, whose unit is another`,
    hint: "Put a Linear node with an identity matrix in between",
  }),
  E_THRESHOLD_BELOW_LSB: (d: {
    neuron: number;
    theta: number;
    lsb: number;
    bits: number;
    neededBits: number;
    weights: string;
  }): DiagnosticText => ({
    message: `The threshold ${formatNumber(d.theta)} of neuron ${d.neuron} is below one step of its state, ${formatNumber(d.lsb)} (${d.weights}, ${d.bits} bits)`,
    hint: `Use at least ${d.neededBits} bits for ${d.weights}, or quantize per channel (axis 0), or clip outliers (clip percentile or mse)`,
  }),
  E_THRESHOLD_NOT_ALIGNED: (d: { first: number; second: number }): DiagnosticText => ({
    message: `Neurons that share one scale need different thresholds (${formatNumber(d.first)} and ${formatNumber(d.second)} per unit of gain), so no scale makes both integers`,
    hint: "Quantize per channel (axis 0), or take thresholdMode fraction with more fracBits, or thresholdMode round",
  }),
  E_TAU_NOT_REPRESENTABLE: (d: {
    index: number;
    beta: number;
    form: string;
    limit: number;
    tolerance: number;
  }): DiagnosticText => ({
    message: `The decay ${formatNumber(d.beta)} of neuron ${d.index} changes its time constant by ${formatNumber(100 * d.tolerance)} % or more with leak form ${d.form} of ${d.limit} bits`,
    hint: "Use leak form mul, more leakBits, a larger dt, or a larger tauTolerance",
  }),
  E_STATE_TOO_NARROW: (d: { stateBits: number; needed: number; why: string }): DiagnosticText => ({
    message: `A state of ${d.stateBits} bits cannot hold ${d.why}`,
    hint:
      d.needed > 32
        ? "Check that dt has the unit of tau: with a far too small dt the input gain vanishes and the threshold counts too many steps"
        : `Use at least ${d.needed} state bits, or fewer fracBits`,
  }),
  E_MEMBRANE_GRID: (d: { why: string }): DiagnosticText => ({
    message: `The grid of stored membrane states ${d.why}`,
    hint: "Take another membrane option, or leave it out: the state then has the width that its static bound needs",
  }),
  E_STATE_OVERFLOW: (d: { stateBits: number; needed: number | undefined }): DiagnosticText => ({
    message: `With overflow wrap the state of ${d.stateBits} bits could wrap around: ${
      d.needed === undefined
        ? "nothing bounds the state of a neuron without leak"
        : `it can need ${d.needed} bits`
    }`,
    hint:
      d.needed === undefined ? "Use overflow sat" : `Use overflow sat, or at least ${d.needed} state bits`,
  }),
  E_ACCUMULATOR_OVERFLOW: (d: { needed: number; available: number; neuron: number }): DiagnosticText => ({
    message: `The input sum of neuron ${d.neuron} can need ${d.needed} bits; accumulators have ${d.available}`,
    hint: "Use fewer weight, input or fractional bits, or split the layer",
  }),
  E_JOINT_SCALE: (d: { weights: readonly string[]; why: string }): DiagnosticText => ({
    message: `${d.weights.join(", ")} feed the same neurons and must share their scale, but ${d.why}`,
    hint: "Give them the same bits, and axis null where their channels differ",
  }),
  E_INPUT_ANNOTATION: (d: { name: string; why: string }): DiagnosticText => ({
    message: `The input "${d.name}" ${d.why}`,
  }),
  E_INPUT_NOT_INTEGER: (d: { value: number }): DiagnosticText => ({
    message: `Calibration samples hold ${d.value}, and the Input has no integer form`,
    hint: "Give inputBits (and let calibration find the scale), or encode the input as spikes",
  }),
  E_NO_CALIBRATION: (d: { wanted: string }): DiagnosticText => ({
    message: `${d.wanted} needs calibration samples`,
    hint: "Pass --calibrate DATA, or the scale itself",
  }),
  E_NOT_QUANTIZED: (d: { type: string }): DiagnosticText => ({
    message: `${d.type} has no quantization annotation`,
    hint: "Run nirkit quantize on the graph first",
  }),
  E_ANNOTATION: (d: { key: string; why: string }): DiagnosticText => ({
    message: `${d.key} ${d.why}`,
    hint: "Quantize the graph again",
  }),
  E_ANNOTATION_VERSION: (d: { key: string; found: string }): DiagnosticText => ({
    message: `${d.key} has version ${d.found}; version 1 was expected`,
    hint: "Use the nirkit that wrote it, or quantize the graph again",
  }),
  E_STALE_WEIGHTS: (d: { index: number; value: number; scale: number }): DiagnosticText => ({
    message: `The weights were changed after quantization, and ${formatNumber(d.value)} at ${d.index} is no multiple of the scale ${formatNumber(d.scale)}`,
    hint: "Quantize the graph again",
  }),
  E_NOT_A_LEVEL: (d: { scheme: string; int: number; where: string }): DiagnosticText => ({
    message: `${d.int}${d.where} is no level of ${d.scheme}`,
    hint: "Quantize the graph again",
  }),
  E_NO_ZERO_LEVEL: (d: { scheme: string; pruned: number }): DiagnosticText => ({
    message: `${d.scheme} has no level 0, but ${d.pruned} weights are pruned`,
    hint: "Take a scheme that has a zero (uniform, ternary, pot with layout zero, apot, sbit), or remove the mask",
  }),
  W_ILLEGAL_CODE: (d: { scheme: string; code: number; bits: number; int: number }): DiagnosticText => ({
    message: `The pattern ${d.code.toString(2).padStart(d.bits, "0")} is no code of ${d.scheme}; it decodes to ${d.int}`,
    hint: "No encoder of nirkit writes it: the image was written by another tool, or is damaged",
  }),
  W_UNUSED_LEVELS: (d: {
    scheme: string;
    unused: number;
    levels: number;
    share: number;
  }): DiagnosticText => ({
    message: `${d.unused} of ${d.levels} levels of ${d.scheme} are taken by ${(100 * d.share).toFixed(2)} % of the weights`,
    hint: "Fewer bits lose next to nothing here and need a shorter shift",
  }),
  E_CODE_MISMATCH: (d: { index: number; code: number; decoded: number; int: number }): DiagnosticText => ({
    message: `Code ${d.code} at ${d.index} decodes to ${d.decoded}, but the integer is ${d.int}`,
    hint: "Quantize the graph again",
  }),
  E_THETA_MISMATCH: (d: {
    index: number;
    theta: number;
    threshold: number;
    expected: number;
  }): DiagnosticText => ({
    message: `theta_int[${d.index}] is ${d.theta}, but v_threshold ${formatNumber(d.threshold)} gives ${d.expected}`,
    hint: "The threshold was edited after quantization; quantize the graph again",
  }),
  W_STALE_WEIGHTS: (d: { integersKept: boolean }): DiagnosticText => ({
    message: `The weights were changed after quantization; integers are derived again from weight / scale${d.integersKept ? " and are the same" : ""}`,
  }),
  W_DERIVED_INTEGERS: (d: { key: string }): DiagnosticText => ({
    message: `${d.key} is missing; integers are derived from weight / scale`,
  }),
  W_MOSTLY_ZERO: (d: { zeros: number; bits: number }): DiagnosticText => ({
    message: `${(100 * d.zeros).toFixed(1)} % of the weights become zero with ${d.bits} bits`,
    hint: "An outlier probably sets the scale: try clip percentile or mse, axis 0, or more bits",
  }),
  W_INITIAL_STATE: (d: { vLeak: number }): DiagnosticText => ({
    message: `Integer states start at v_leak (${formatNumber(d.vLeak)}), the float reference starts at 0`,
    hint: "The first steps can differ by the decaying difference",
  }),
  W_SATURATES: (d: { stateBits: number; needed: number }): DiagnosticText => ({
    message: `The state can need ${d.needed} bits and saturates at ${d.stateBits}`,
    hint: "Compare the integer accuracy with the float one, or raise stateBits",
  }),
  H_UNBOUNDED_STATE: (d: { stateBits: number }): DiagnosticText => ({
    message: `Nothing bounds the state of a neuron without leak; it saturates at ${d.stateBits} bits`,
    hint: "Give steps, the length of a sample, to get a width that never saturates",
  }),
  H_BIAS_DRIFT: (d: { error: number; steps: number }): DiagnosticText => ({
    message: `A neuron without leak adds the rounding of its bias every step: up to ${formatNumber(d.error)} of a weight step each, half a weight step after ${d.steps} steps`,
    hint: "Give steps, the length of a sample: fracBits then rises to ceil(log2(steps))",
  }),
} as const;

/** Makes a diagnostic of this package. */
export const quantizeDiagnostic: DiagnosticFactory<typeof table> = defineDiagnostics(table);
