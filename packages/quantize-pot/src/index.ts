export { type ApotParams, apot, apotParams } from "./apot.ts";
export { type AlphaMode, type ClipParams, inqTopLevel } from "./clip.ts";
export {
  type DeepShiftParams,
  deepShift,
  deepShiftParams,
  lowestShift,
  type ShiftSign,
  shiftSignBackward,
  shiftSignForward,
  shiftSignOf,
} from "./deep-shift.ts";
export { type InqLevels, inqFreeze, inqLevels, inqPartition, inqShares, inqValue } from "./inq.ts";
export { nafDigits, nafWeight, type SignedDigit } from "./naf.ts";
export { pot } from "./pot.ts";
export { type PotLayout, type PotParams, potParams } from "./pot-params.ts";
export {
  quantizeApot,
  quantizeApotPass,
  quantizeDeepShift,
  quantizeDeepShiftPass,
  quantizePot,
  quantizePotPass,
  quantizeSbit,
  quantizeSbitPass,
  quantizeSlots,
  quantizeSlotsPass,
} from "./quantize-pot.ts";
export { rcfDerivative } from "./rcf.ts";
export { type SbitParams, sbit, sbitParams } from "./sbit.ts";
export { type SlotSearch, searchSlots } from "./search-slots.ts";
export { type SlotsParams, slots, slotsParams } from "./slots.ts";
export { progressiveBits, refitsAlpha } from "./training-schedule.ts";
