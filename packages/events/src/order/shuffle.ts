/** Orders of samples: deterministic permutations from named streams. */
import { philox, type Random } from "@nirkit/integer";

/**
 * The order of samples in an epoch: Fisher-Yates with the stream `shuffle/<epoch>` of the seed.
 *
 * @param length number of samples, below 2^32
 * @returns a permutation of 0 … length - 1
 */
export function shuffledOrder(length: number, seed: number | bigint, epoch = 0): Uint32Array {
  return permutation(length, philox(seed, `shuffle/${epoch}`));
}

/** Fisher-Yates: each permutation is as likely as the others. */
export function permutation(length: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    const swapped = order[i] as number;
    order[i] = order[j] as number;
    order[j] = swapped;
  }
  return order;
}
