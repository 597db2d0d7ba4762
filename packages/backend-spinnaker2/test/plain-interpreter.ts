/**
 * The chip's step, synapse by synapse, as plain as it can be said: the oracle of the event-driven simulator.
 *
 * Every synapse looks in every step whether its source fired 1 + d steps ago. Written from the equations of the
 * documentation, sharing nothing with the package but the case format.
 */
import type {
  CaseConvolution,
  CasePopulation,
  CaseProjection,
  CaseValues,
  PopulationCase,
} from "../src/index.ts";

export interface PlainTrace {
  /** Spikes of every population: [step][neuron]. */
  readonly fired: Readonly<Record<string, readonly (readonly boolean[])[]>>;
  readonly before: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly after: Readonly<Record<string, readonly (readonly number[])[]>>;
}

interface Synapse {
  readonly pre: number;
  readonly from: number;
  readonly to: number;
  readonly weight: number;
  readonly delay: number;
}

const f = Math.fround;

/** One run of a case from its start. */
export function interpret(given: PopulationCase): PlainTrace {
  return createInterpreter(given)();
}

/** Spells out every synapse of a case; the function that comes back runs it. */
export function createInterpreter(given: PopulationCase): () => PlainTrace {
  const { populations } = given;
  const into = populations.map((p) =>
    given.projections
      .filter((projection) => projection.post === p.name)
      .flatMap((projection) =>
        synapsesOf(
          projection,
          populations.findIndex(({ name }) => name === projection.pre),
          p.size,
        ),
      ),
  );
  const lists = populations.map((p) => {
    const rows = Array.from({ length: given.timesteps }, () => new Array<boolean>(p.size).fill(false));
    for (const [neuron, times] of Object.entries(p.spikes ?? {}))
      for (const t of times) (rows[t] as boolean[])[Number(neuron)] = true;
    return rows;
  });
  return () => run(given, into, lists);
}

function run(
  { populations, timesteps }: PopulationCase,
  into: readonly (readonly Synapse[])[],
  lists: readonly (readonly boolean[][])[],
): PlainTrace {
  const fired: boolean[][][] = populations.map(() => []);
  const before: number[][][] = populations.map(() => []);
  const after: number[][][] = populations.map(() => []);
  const neurons = populations.map(createNeurons);
  for (let t = 0; t < timesteps; t++) {
    for (const [k, p] of populations.entries()) {
      if (p.model === "spike_list") {
        fired[k]?.push(lists[k]?.[t] ?? []);
        continue;
      }
      const plus = new Array<number>(p.size).fill(0);
      const minus = new Array<number>(p.size).fill(0);
      for (const s of into[k] ?? []) {
        if (fired[s.pre]?.[t - 1 - s.delay]?.[s.from] !== true) continue;
        if (s.weight > 0) plus[s.to] = (plus[s.to] ?? 0) + s.weight;
        else minus[s.to] = (minus[s.to] ?? 0) - s.weight;
      }
      const pre: number[] = [];
      const post: number[] = [];
      const spikes: boolean[] = [];
      for (const [i, n] of (neurons[k] ?? []).entries()) {
        spikes.push(stepNeuron(n, plus[i] ?? 0, minus[i] ?? 0, pre));
        post.push(n.v);
      }
      fired[k]?.push(spikes);
      before[k]?.push(pre);
      after[k]?.push(post);
    }
  }
  const byName = <T>(rows: readonly T[]): Record<string, T> =>
    Object.fromEntries(populations.map(({ name }, k) => [name, rows[k] as T]));
  return { fired: byName(fired), before: byName(before), after: byName(after) };
}

interface Neuron {
  readonly hasCurrents: boolean;
  readonly subtracts: boolean;
  readonly threshold: number;
  readonly alpha: number;
  readonly offset: number;
  readonly vReset: number;
  readonly excDecay: number;
  readonly inhDecay: number;
  v: number;
  exc: number;
  inh: number;
}

function createNeurons({ size, model, params = {} }: CasePopulation): Neuron[] {
  return Array.from({ length: size }, (_, i) => ({
    hasCurrents: model.startsWith("lif_curr_exp"),
    subtracts: params.reset !== "reset_to_v_reset",
    threshold: f(at(params.threshold ?? 0, i)),
    alpha: f(at(params.alpha_decay ?? 0, i)),
    offset: f(at(params.i_offset ?? 0, i)),
    vReset: f(at(params.v_reset ?? 0, i)),
    excDecay: f(at(params.exc_decay ?? 0, i)),
    inhDecay: f(at(params.inh_decay ?? 0, i)),
    v: f(at(params.v_init ?? 0, i)),
    exc: 0,
    inh: 0,
  }));
}

function stepNeuron(n: Neuron, plus: number, minus: number, before: number[]): boolean {
  let input = f(plus - minus);
  if (n.hasCurrents) {
    n.exc = f(f(n.excDecay * n.exc) + plus);
    n.inh = f(f(n.inhDecay * n.inh) + minus);
    input = f(n.exc - n.inh);
  }
  n.v = f(f(n.alpha * n.v) + f(input + n.offset));
  before.push(n.v);
  if (n.v < n.threshold) return false;
  n.v = n.subtracts ? f(n.v - n.threshold) : n.vReset;
  return true;
}

function at(values: CaseValues, i: number): number {
  return typeof values === "number" ? values : (values[i] ?? 0);
}

function synapsesOf(projection: CaseProjection, pre: number, size: number): Synapse[] {
  const { delay = 0, weight = 0 } = projection;
  const rows = projection.connections ?? projection.connections_pre_post_weight;
  if (rows !== undefined)
    return rows.map(([from = 0, to = 0, w = 0, d = delay]) => ({ pre, from, to, weight: w, delay: d }));
  if (projection.conv2d !== undefined) return convSynapses(pre, projection.conv2d);
  const one = projection.rule === "one_to_one";
  return Array.from({ length: size }, (_, i) => ({ pre, from: one ? i : 0, to: i, weight, delay }));
}

/** Seen from the output: every window, every tap, every pixel of the pooled cell. */
function convSynapses(pre: number, conv: CaseConvolution): Synapse[] {
  const { in_height: H, in_width: W, stride_x, stride_y, pool_x = 1, pool_y = 1 } = conv;
  const { pad_top = 0, pad_bottom = 0, pad_left = 0, pad_right = 0 } = conv;
  const [ph, pw] = [Math.floor(H / pool_y), Math.floor(W / pool_x)];
  const kh = conv.weights[0]?.[0]?.length ?? 0;
  const kw = conv.weights[0]?.[0]?.[0]?.length ?? 0;
  const oh = Math.floor((ph + pad_top + pad_bottom - kh) / stride_y) + 1;
  const ow = Math.floor((pw + pad_left + pad_right - kw) / stride_x) + 1;
  const synapses: Synapse[] = [];
  for (const [c, outs] of conv.weights.entries())
    for (const [o, kernel] of outs.entries())
      for (let y = 0; y < oh; y++)
        for (let x = 0; x < ow; x++)
          for (let r = 0; r < kh; r++)
            for (let s = 0; s < kw; s++) {
              const py = y * stride_y + r - pad_top;
              const px = x * stride_x + s - pad_left;
              if (py < 0 || px < 0 || py >= ph || px >= pw) continue;
              for (let dy = 0; dy < pool_y; dy++)
                for (let dx = 0; dx < pool_x; dx++)
                  synapses.push({
                    pre,
                    from: (c * H + py * pool_y + dy) * W + px * pool_x + dx,
                    to: (o * oh + y) * ow + x,
                    weight: kernel[r]?.[s] ?? 0,
                    delay: 0,
                  });
            }
  return synapses;
}
