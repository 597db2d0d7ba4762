/** What stands where in a memory picture, common to writing and reading. */
import { applicationModels, type ModelName, modelNames } from "../application-models.ts";
import type { S2Slice } from "../map/mapping.ts";

/** The specification: sixteen entries of address and length, the last four of them words about the slice. */
export const specificationEntries = 16;
/** Entry of slice id and neurons. */
export const sliceEntry = 11;
/** Entry of model and flags. */
export const modelEntry = 12;
/** Entry of the numbers of table entries and of convolutions. */
export const countEntry = 13;

/** Flags of the model entry. */
export const readoutFlag = 1;
/** Bit 31 of a table entry's last word: the rows are those of a convolution. */
export const convFlag = 0x8000_0000;

/** Words of one entry of the source table: key, mask, first row, neurons and what they meet. */
export const tableWords = 4;

/** Number of a model in an image; 0 are spike lists. */
export function modelNumber(model: ModelName | "spike_list"): number {
  return model === "spike_list" ? 0 : 1 + modelNames.indexOf(model);
}

/** The model of a number, or undefined. */
export function modelOfNumber(value: number): ModelName | "spike_list" | undefined {
  return value === 0 ? "spike_list" : modelNames[value - 1];
}

/** True for models whose synapses have a delay field. */
export function hasDelayField(model: ModelName | "spike_list"): boolean {
  return model !== "spike_list" && applicationModels[model].delayMax > 0;
}

/** Path of the picture of a slice's PE. */
export function imagePath({ chip, core }: Pick<S2Slice, "chip" | "core">): string {
  return `images/pe_${chip}_${core}.bin`;
}
