/** Names of the flat metadata keys, and JSON with sorted keys. */

/** Metadata keys of nirkit's quantisation, and the mirror of an existing Brevitas-to-NIR script. */
export const annotationKeys = {
  quant: "nirkit:quant",
  weightInt: "nirkit:weight_int",
  weightScale: "nirkit:weight_scale",
  weightFactor: "nirkit:weight_factor",
  weightCode: "nirkit:weight_code",
  biasInt: "nirkit:bias_int",
  biasFrac: "nirkit:bias_frac",
  mask: "nirkit:mask",
  neuron: "nirkit:neuron",
  thetaInt: "nirkit:theta_int",
  subInt: "nirkit:sub_int",
  vResetInt: "nirkit:vreset_int",
  stateScale: "nirkit:state_scale",
  input: "nirkit:input",
  encoding: "nirkit:encoding",
  graph: "nirkit:graph",
  mirrorWeight: "quant_weight",
  mirrorScale: "quant_weight_scale",
  mirrorZero: "quant_weight_zero_point",
} as const;

/** JSON with sorted keys and no spaces; undefined members are left out. */
export function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${sortedJson(member)}`).join(",")}}`;
}
