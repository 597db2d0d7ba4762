/** Optimizers with a rate per entry beside Adam; formulas and defaults as in PyTorch, entries in float64 before storing. */
import { assertRange } from "./adam.ts";
import { KernelSlots } from "./kernel-slots.ts";
import { decays, type Optimizer } from "./optimizer.ts";

/** What all of them take. */
interface AdaptiveOptions {
  readonly lr?: number;
  /** λ of λ·p added to the gradient of weights. Default 0. */
  readonly weightDecay?: number;
}

/** Options of {@link rmsprop}. */
export interface RmspropOptions extends AdaptiveOptions {
  /** Decay of the mean square. Default 0.99. */
  readonly alpha?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Default 0. */
  readonly momentum?: number;
  /** Takes the squared mean off the mean square. Default false. */
  readonly centered?: boolean;
}

/** Options of {@link adagrad}. */
export interface AdagradOptions extends AdaptiveOptions {
  /** Default 1e-10. */
  readonly epsilon?: number;
}

/** Options of {@link adadelta}. */
export interface AdadeltaOptions extends AdaptiveOptions {
  /** Default 0.9. */
  readonly rho?: number;
  /** Default 1e-6. */
  readonly epsilon?: number;
}

/** Options of {@link adamax}. */
export interface AdamaxOptions extends AdaptiveOptions {
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
}

/**
 * v <- α·v + (1 − α)·g², p <- p − lr·g/(√v + ε); with momentum m <- μ·m + g/(√v + ε), p <- p − lr·m (Tieleman and Hinton
 * 2012).
 *
 * @throws E_TRAIN_OPTION for rates outside their range
 * @example rmsprop({ lr: 0.1 }) // p = 1 with gradients 0.5, -0.2, 0.3: 2e-7, 0.373002054, -0.117140948
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const { lr = 0.01, alpha = 0.99, epsilon = 1e-8, momentum = 0, centered = false } = options;
  assertRange("alpha", alpha, alpha >= 0 && alpha < 1);
  assertRange("momentum", momentum, momentum >= 0 && momentum < 1);
  return adaptive("rmsprop", ["v", "m", "mean"], { ...options, lr, epsilon }, (g, rate, [v, m, mean], k) => {
    const square = alpha * (v[k] as number) + (1 - alpha) * g * g;
    v[k] = square;
    let spread = square;
    if (centered) {
      const average = alpha * (mean[k] as number) + (1 - alpha) * g;
      mean[k] = average;
      spread = Math.max(0, square - average * average);
    }
    const step = g / (Math.sqrt(spread) + epsilon);
    if (momentum === 0) return rate * step;
    const moved = momentum * (m[k] as number) + step;
    m[k] = moved;
    return rate * moved;
  });
}

/** a <- a + g², p <- p − lr·g/(√a + ε) (Duchi, Hazan and Singer 2011). */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const { lr = 0.01, epsilon = 1e-10 } = options;
  return adaptive("adagrad", ["a"], { ...options, lr, epsilon }, (g, rate, [a], k) => {
    const sum = (a[k] as number) + g * g;
    a[k] = sum;
    return (rate * g) / (Math.sqrt(sum) + epsilon);
  });
}

/** v <- ρ·v + (1 − ρ)·g², d = g·√(x + ε)/√(v + ε), x <- ρ·x + (1 − ρ)·d², p <- p − lr·d (Zeiler, arXiv 1212.5701). */
export function adadelta(options: AdadeltaOptions = {}): Optimizer {
  const { lr = 1, rho = 0.9, epsilon = 1e-6 } = options;
  assertRange("rho", rho, rho >= 0 && rho < 1);
  return adaptive("adadelta", ["v", "x"], { ...options, lr, epsilon }, (g, rate, [v, x], k) => {
    const square = rho * (v[k] as number) + (1 - rho) * g * g;
    v[k] = square;
    const past = x[k] as number;
    const step = (g * Math.sqrt(past + epsilon)) / Math.sqrt(square + epsilon);
    x[k] = rho * past + (1 - rho) * step * step;
    return rate * step;
  });
}

/** m as in Adam, u <- max(β2·u, |g| + ε), p <- p − lr/(1 − β1^t)·m/u (arXiv 1412.6980, section 7.1). */
export function adamax(options: AdamaxOptions = {}): Optimizer {
  const { lr = 2e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  assertRange("beta1", beta1, beta1 >= 0 && beta1 < 1);
  assertRange("beta2", beta2, beta2 >= 0 && beta2 < 1);
  return adaptive("adamax", ["m", "u"], { ...options, lr, epsilon }, (g, rate, [m, u], k, steps) => {
    const mean = beta1 * (m[k] as number) + (1 - beta1) * g;
    m[k] = mean;
    const most = Math.max(beta2 * (u[k] as number), Math.abs(g) + epsilon);
    u[k] = most;
    return (rate / (1 - beta1 ** steps)) * (mean / most);
  });
}

/** How far one entry moves; writes its moments. */
type EntryStep = (
  gradient: number,
  rate: number,
  moments: readonly [Float32Array, Float32Array, Float32Array],
  at: number,
  steps: number,
) => number;

function adaptive(
  name: string,
  moments: readonly string[],
  options: AdaptiveOptions & { readonly lr: number; readonly epsilon: number },
  move: EntryStep,
): Optimizer {
  const { lr, epsilon, weightDecay = 0 } = options;
  assertRange("lr", lr, lr >= 0);
  assertRange("epsilon", epsilon, epsilon > 0);
  assertRange("weightDecay", weightDecay, weightDecay >= 0);
  const slots = new KernelSlots(moments);
  const none = new Float32Array(0);
  return {
    name,
    lr,
    apply: (updates, rate) =>
      slots.step(updates, ({ length, values, gradient, moments: kept }, { role, multiplier }) => {
        const [p, g] = [values.view, gradient.view];
        const own = [kept[0]?.view ?? none, kept[1]?.view ?? none, kept[2]?.view ?? none] as const;
        const decay = decays(role) ? weightDecay : 0;
        for (let k = 0; k < length; k++) {
          const before = p[k] as number;
          p[k] = before - move((g[k] as number) + decay * before, rate * multiplier, own, k, slots.steps);
        }
      }),
    state: () => slots.state(),
    restore: (state) => slots.restore(state),
  };
}
