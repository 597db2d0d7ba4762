/** Adam and AdamW on the fused kernels. */
import { trainError } from "../diagnostics.ts";
import { KernelSlots } from "./kernel-slots.ts";
import { decays, type Optimizer } from "./optimizer.ts";

/** Options of {@link adam}. */
export interface AdamOptions {
  /** Default 1e-3. */
  readonly lr?: number;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
}

/** Options of {@link adamW}. */
export interface AdamWOptions extends AdamOptions {
  /** Default 0.01; applied to weights alone. */
  readonly weightDecay?: number;
}

/**
 * Adam (Kingma and Ba, arXiv 1412.6980): p <- p − lr·m̂/(√v̂ + ε).
 *
 * @throws E_TRAIN_OPTION for rates outside their range
 * @example adam({ lr: 0.1 }) // p = 1 with gradients 0.5, -0.2, 0.3: 0.9000000, 0.8654394, 0.8109954
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamFamily("adam", { ...options, weightDecay: 0 });
}

/** AdamW (Loshchilov and Hutter, arXiv 1711.05101): Adam after p <- p − lr·weightDecay·p, on weights alone. */
export function adamW(options: AdamWOptions = {}): Optimizer {
  return adamFamily("adamW", { weightDecay: 0.01, ...options });
}

function adamFamily(name: string, options: AdamWOptions): Optimizer {
  const { lr = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  assertRange("lr", lr, lr >= 0);
  assertRange("beta1", beta1, beta1 >= 0 && beta1 < 1);
  assertRange("beta2", beta2, beta2 >= 0 && beta2 < 1);
  assertRange("epsilon", epsilon, epsilon > 0);
  assertRange("weightDecay", weightDecay, weightDecay >= 0);
  const slots = new KernelSlots(["m", "v"]);
  return {
    name,
    lr,
    apply: (updates, rate) =>
      slots.step(updates, ({ length, values, gradient, moments: [m, v] }, { role, multiplier }) => {
        const step = rate * multiplier;
        slots.kernels.adam(
          length,
          values.ptr,
          gradient.ptr,
          m?.ptr ?? 0,
          v?.ptr ?? 0,
          step,
          beta1,
          beta2,
          epsilon,
          1 - beta1 ** slots.steps,
          1 - beta2 ** slots.steps,
          decays(role) ? step * weightDecay : 0,
        );
      }),
    state: () => slots.state(),
    restore: (state) => slots.restore(state),
  };
}

/** @throws E_TRAIN_OPTION unless `fits` */
export function assertRange(what: string, value: number, fits: boolean): void {
  if (!fits) throw trainError("E_TRAIN_OPTION", `optimizer.${what}`, { why: `It is ${value}` });
}
