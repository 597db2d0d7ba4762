/** Gradients made smaller where they are too large. */
import type { UpdateRole } from "./optimizer.ts";

/** How gradients are clipped; by value first, then per role, then over all. */
export interface GradientClip {
  /** Largest norm over all parameters. */
  readonly norm?: number;
  /** Largest norm over the parameters of a role. */
  readonly perRole?: Readonly<Partial<Record<UpdateRole, number>>>;
  /** Largest absolute value of an entry. */
  readonly value?: number;
}

/** A gradient that is not anybody else's: it is clipped in place. */
export interface OwnedGradient {
  readonly role: UpdateRole;
  readonly gradient: Float32Array;
}

/** √Σ g² over some gradients, in float64. */
export function globalNorm(gradients: readonly OwnedGradient[]): number {
  let sum = 0;
  for (const { gradient } of gradients)
    for (let k = 0; k < gradient.length; k++) sum += (gradient[k] as number) ** 2;
  return Math.sqrt(sum);
}

/** Scales all by norm / ‖g‖ where ‖g‖ is larger. Returns ‖g‖ as it was. */
export function clipByGlobalNorm(gradients: readonly OwnedGradient[], norm: number): number {
  const found = globalNorm(gradients);
  if (found > norm)
    for (const { gradient } of gradients)
      for (let k = 0; k < gradient.length; k++) gradient[k] = (gradient[k] as number) * (norm / found);
  return found;
}

/** Brings every entry to −limit … limit. */
export function clipByValue(gradients: readonly OwnedGradient[], limit: number): void {
  for (const { gradient } of gradients)
    for (let k = 0; k < gradient.length; k++)
      gradient[k] = Math.min(limit, Math.max(-limit, gradient[k] as number));
}

/** Applies a clip; returns the norm before it. */
export function clipGradients(gradients: readonly OwnedGradient[], clip: GradientClip): number {
  const before = globalNorm(gradients);
  if (clip.value !== undefined) clipByValue(gradients, clip.value);
  for (const [role, norm] of Object.entries(clip.perRole ?? {}))
    clipByGlobalNorm(
      gradients.filter((g) => g.role === role),
      norm,
    );
  if (clip.norm !== undefined) clipByGlobalNorm(gradients, clip.norm);
  return before;
}
