import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { adaptiveBackward, adaptiveForward, softplus, stackedSurrogate } from "../src/index.ts";

const levels = [-3, -2, -1, 0, 1];

describe("self-adaptive threshold", () => {
  test("softplus: ln 2 at 0, x for large x, never 0 down to -700, no overflow at 1000", () => {
    expect(softplus(0)).toBeCloseTo(Math.LN2, 15);
    expect(softplus(1000)).toBe(1000);
    expect(softplus(-700)).toBeGreaterThan(0);
  });

  test("the threshold scales the whole grid: m = -2.1·theta is stored as -2·theta", () => {
    for (const rho of [-1, 0, 2]) {
      const theta = softplus(rho);
      expect(adaptiveForward(-2.1 * theta, rho, levels).stored).toBeCloseTo(-2 * theta, 12);
      expect(adaptiveForward(1.01 * theta, rho, levels)).toEqual({ theta, spike: true, stored: 0 });
    }
  });

  test("scale invariance: stored is homogeneous, so m·d/dm + theta·d/dtheta = stored", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -4, max: 0.99, noNaN: true }),
        fc.double({ min: -2, max: 3, noNaN: true }),
        (u, rho) => {
          const { theta, stored } = adaptiveForward(u * softplus(rho), rho, levels);
          const { gradM, gradRho } = adaptiveBackward(u * theta, rho, levels, 0, 1);
          const gradTheta = gradRho * (1 + Math.exp(-rho));
          return Math.abs(u * theta * gradM + theta * gradTheta - stored) < 1e-9;
        },
      ),
      { seed: 8, numRuns: 500 },
    );
  });

  test("through the spike test: raising theta lowers the chance to fire by what raising m adds", () => {
    const rho = 0.3;
    const m = softplus(rho) + 0.25;
    const { gradM, gradRho } = adaptiveBackward(m, rho, levels, 1, 0);
    expect(gradM).toBeCloseTo(0.75, 12);
    expect(gradRho).toBeCloseTo(-0.75 / (1 + Math.exp(-rho)), 12);
  });

  test("the derivative of softplus is the logistic function: central differences to 1e-8", () => {
    for (const rho of [-3, -0.5, 0, 1.7]) {
      const slope = (softplus(rho + 1e-5) - softplus(rho - 1e-5)) / 2e-5;
      expect(slope).toBeCloseTo(1 / (1 + Math.exp(-rho)), 8);
    }
  });

  test("a spike stops the gradient of the grid", () => {
    const rho = 0;
    const { gradM } = adaptiveBackward(1.2 * softplus(rho), rho, levels, 0, 1);
    expect(gradM).toBe(0);
    expect(stackedSurrogate(0, levels)).toBeGreaterThan(0);
  });
});
