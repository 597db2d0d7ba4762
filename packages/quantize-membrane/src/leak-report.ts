/** What an integer leak does to a time constant and to small potentials. */
import { applyIntegerLeak, type IntegerLeak, integerLeak, type LeakForm, leakDecay } from "@nirkit/quantize";

/** Potentials that a leak holds for ever, and how far it is from the decay it stands for. */
export interface LeakReport {
  /** Lowest and highest potential that stays where it is without input, finest LSB. */
  readonly deadZone: readonly [low: number, high: number];
  /** The same in weight LSB: divided by 2^fracBits. */
  readonly deadZoneLsb: readonly [low: number, high: number];
  /** |Δbeta|/(1 − beta): relative change of the time constant. */
  readonly tauError: number;
}

/** Farthest that a dead zone is followed. */
const farthest = 2 ** 20;

/**
 * Measures a leak.
 *
 * @param beta the decay that was wanted
 * @example describeLeak({ form: "shift", shift: 3 }, 7 / 8, 0) // deadZone [0, 7]; the floor multiply gives [-7, 0]
 */
export function describeLeak(leak: IntegerLeak, beta: number, fracBits: number, index = 0): LeakReport {
  if (leak.form === "none") return { deadZone: [0, 0], deadZoneLsb: [0, 0], tauError: 0 };
  const reach = (sign: 1 | -1): number => {
    let u = 0;
    while (Math.abs(u) < farthest && applyIntegerLeak(leak, u + sign, index) === u + sign) u += sign;
    return u;
  };
  const deadZone = [reach(-1), reach(1)] as const;
  return {
    deadZone,
    deadZoneLsb: [deadZone[0] / 2 ** fracBits, deadZone[1] / 2 ** fracBits],
    tauError: beta < 1 ? Math.abs(beta - leakDecay(leak, index)) / (1 - beta) : 0,
  };
}

/**
 * The multiplier of a decay with the fewest bits K that keep its time constant within a tolerance.
 *
 * @param beta decay per neuron, 0 … 1
 * @throws E_TAU_NOT_REPRESENTABLE past 24 bits
 * @example quantizeTau(Float64Array.of(0.9)) // mul 461, shift 9; 230/256 misses the time constant by 1.6 %
 */
export function quantizeTau(
  beta: Float64Array,
  { tolerance = 0.01, round = "zero" }: Partial<Pick<LeakForm, "tolerance" | "round">> = {},
): IntegerLeak {
  return integerLeak(beta, { form: "mul", bits: 1, round, tolerance }, "beta");
}
