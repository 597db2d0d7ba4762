export { BitSet } from "./bit-set.ts";
export { type LeakRounding, leakMul, leakShift, shiftRight } from "./leak.ts";
export { packBits, unpackBits } from "./pack-bits.ts";
export { type PhiloxAddress, philox, philoxAt, philoxBlock, type Random } from "./philox.ts";
export { type RoundingMode, round, roundHalfEven, roundingModes, roundStochastic } from "./round.ts";
export { type SplitFloat, splitFloat } from "./split-float.ts";
export { bitLength, saturate, signedWidth, wrap } from "./width.ts";
