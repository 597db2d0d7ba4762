/** The kernels of training by name. Conventions are those of the inference kernels. */

/** Backward passes and optimizers. */
export interface TrainKernels {
  /**
   * Backward pass of `neuronForward` over the same steps, batch and n, from recorded u (`vpre`) back in time.
   *
   * With κ = 0 where `detach` is 1, h the surrogate at u − threshold and δ[t] = decay·λ[t+1]:
   *
   *     subtract: q = dSpikes − κ·threshold·δ              λ = dMembrane + δ + h·q
   *     value:    q = dSpikes + κ·(vReset − u)·δ           λ = dMembrane + δ·(1 − s) + h·q
   *     none:     q = dSpikes                              λ = dMembrane + δ + h·q
   *     subtract with resetDelay 1: q = dSpikes − κ·threshold·λ[t+1],  λ = dMembrane + δ + h·q
   *     dx = gain·λ, or synGain·μ with μ = gain·λ (old: gain·λ[t+1]) + synDecay·μ[t+1]
   *
   * @param gradients address of {@link neuronGradients}: what is wanted is added to
   * @param x drive of the forward pass, read for gradients of gain and synGain only; 0 where not wanted
   * @param i recorded current (`iOut`), for neurons with a synapse
   * @param v0 v at the start, i0 likewise; 0 for zeros
   * @param dSpikes gradient of the spikes, 0 for none; may be `dx` itself
   * @param dMembrane gradient of u (membrane readout), 0 for none
   * @param lambda λ[T] in, λ[0] out, [batch, n]: zeros unless a gradient is carried on; mu likewise (0 without synapse)
   */
  neuronBackward(
    neuron: number,
    surrogate: number,
    gradients: number,
    detach: number,
    steps: number,
    batch: number,
    n: number,
    x: number,
    u: number,
    i: number,
    v0: number,
    i0: number,
    dSpikes: number,
    dMembrane: number,
    dx: number,
    lambda: number,
    mu: number,
  ): void;
  /** Surrogate derivative h of n values of u with thresholds at `theta` (one per value). */
  surrogateDerivative(surrogate: number, n: number, u: number, theta: number, out: number): void;
  /** dw (event layout) += weight gradient of a convolution of events; dy is [rows, outH, outW, outC]. */
  convEventsWeightGradient(
    shape: number,
    rows: number,
    start: number,
    index: number,
    value: number,
    dy: number,
    dw: number,
  ): void;
  /** dw (dense layout) += weight gradient of a convolution of dense images. Scratch as for `convDense`. */
  convDenseWeightGradient(
    shape: number,
    rows: number,
    x: number,
    dy: number,
    dw: number,
    scratch: number,
  ): void;
  /** dx [rows, H, W, C] = input gradient of a convolution; w in the dense layout. Scratch: convInputGradientScratchBytes. */
  convInputGradient(shape: number, rows: number, dy: number, w: number, dx: number, scratch: number): void;
  /** dx [rows, H, W, C] = input gradient of window sums times `scale`. */
  poolInputGradient(shape: number, rows: number, dy: number, scale: number, dx: number): void;
  /** out[n] += Σ_r x[r,:]: the gradient of a bias, the sum of parts of a batch. */
  sumRows(rows: number, n: number, x: number, out: number): void;
  /** y += a·x: gradients of workers or micro-batches added up. */
  addScaled(n: number, a: number, x: number, y: number): void;
  /** How many of n values are not 0: what chooses between events and a dense product. */
  countNonZero(n: number, x: number): number;
  /** Σ x² in float64: the norm that clipping needs. */
  sumSquares(n: number, x: number): number;
  /**
   * Adam: m <- b1·m + (1 − b1)·g, v <- b2·v + (1 − b2)·g², p <- p − decay·p − rate·(m/c1)/(√(v/c2) + epsilon), with
   * c1 = 1 − b1^t and c2 = 1 − b2^t given by the caller; decay is decoupled (rate times weight decay).
   */
  adam(
    n: number,
    p: number,
    g: number,
    m: number,
    v: number,
    rate: number,
    b1: number,
    b2: number,
    epsilon: number,
    c1: number,
    c2: number,
    decay: number,
  ): void;
  /** SGD: m <- momentum·m + (g + decay·p), p <- p − rate·m; without m (0): p <- p − rate·(g + decay·p). */
  sgd(n: number, p: number, g: number, m: number, rate: number, momentum: number, decay: number): void;
}
