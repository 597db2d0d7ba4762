/** Stochastic gradient descent on the fused kernels. */
import { assertRange } from "./adam.ts";
import { KernelSlots } from "./kernel-slots.ts";
import { decays, type Optimizer } from "./optimizer.ts";

/** Options of {@link sgd}. */
export interface SgdOptions {
  /** Default 0.01. */
  readonly lr?: number;
  /** Default 0. */
  readonly momentum?: number;
  /** λ of λ·p added to the gradient of weights. Default 0. */
  readonly weightDecay?: number;
}

/** m <- momentum·m + (g + λ·p), p <- p − lr·m; without momentum p <- p − lr·(g + λ·p). */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { lr = 0.01, momentum = 0, weightDecay = 0 } = options;
  assertRange("lr", lr, lr >= 0);
  assertRange("momentum", momentum, momentum >= 0 && momentum < 1);
  assertRange("weightDecay", weightDecay, weightDecay >= 0);
  const slots = new KernelSlots(momentum > 0 ? ["m"] : []);
  return {
    name: "sgd",
    lr,
    apply: (updates, rate) =>
      slots.step(updates, ({ length, values, gradient, moments: [m] }, { role, multiplier }) => {
        const decay = decays(role) ? weightDecay : 0;
        slots.kernels.sgd(length, values.ptr, gradient.ptr, m?.ptr ?? 0, rate * multiplier, momentum, decay);
      }),
    state: () => slots.state(),
    restore: (state) => slots.restore(state),
  };
}
