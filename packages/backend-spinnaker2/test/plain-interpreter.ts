/**
 * The chip's step, synapse by synapse, as plain as it can be said: the oracle of the event-driven simulator.
 *
 * Every synapse looks in every step whether its source fired 1 + d steps ago. Written from the equations of the
 * documentation, sharing nothing with the package but the case format.
 */
import type { CaseConvolution, CaseProjection, CaseValues, PopulationCase } from "../src/index.ts";

export interface PlainTrace {
  /** Spikes of every population: [step][neuron]. */
  readonly fired: Readonly<Record<string, readonly (readonly boolean[])[]>>;
  readonly before: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly after: Readonly<Record<string, readonly (readonly number[])[]>>;
}

interface Synapse {
  readonly pre: string;
  readonly from: number;
  readonly to: number;
  readonly weight: number;
  readonly delay: number;
}

const f = Math.fround;

export function interpret(given: PopulationCase): PlainTrace {
  const fired: Record<string, boolean[][]> = {};
  const before: Record<string, number[][]> = {};
  const after: Record<string, number[][]> = {};
  const state: Record<string, { v: number; exc: number; inh: number }[]> = {};
  const into: Record<string, Synapse[]> = {};
  for (const p of given.populations) {
    fired[p.name] = [];
    before[p.name] = [];
    after[p.name] = [];
    state[p.name] = Array.from({ length: p.size }, (_, i) => ({
      v: f(at(p.params?.v_init ?? 0, i)),
      exc: 0,
      inh: 0,
    }));
    into[p.name] = given.projections
      .filter((projection) => projection.post === p.name)
      .flatMap((projection) => synapsesOf(projection, p.size));
  }
  for (let t = 0; t < given.timesteps; t++) {
    for (const p of given.populations) {
      const spikes: boolean[] = new Array<boolean>(p.size).fill(false);
      if (p.model === "spike_list")
        for (const [neuron, times] of Object.entries(p.spikes ?? {})) {
          if (times.includes(t)) spikes[Number(neuron)] = true;
        }
      fired[p.name]?.push(spikes);
    }
    for (const p of given.populations) {
      if (p.model === "spike_list") continue;
      const plus = new Array<number>(p.size).fill(0);
      const minus = new Array<number>(p.size).fill(0);
      for (const s of into[p.name] ?? []) {
        if (fired[s.pre]?.[t - 1 - s.delay]?.[s.from] !== true) continue;
        if (s.weight > 0) plus[s.to] = (plus[s.to] ?? 0) + s.weight;
        else minus[s.to] = (minus[s.to] ?? 0) - s.weight;
      }
      const pre: number[] = [];
      const post: number[] = [];
      for (let i = 0; i < p.size; i++) {
        const one = state[p.name]?.[i] ?? { v: 0, exc: 0, inh: 0 };
        const value = (key: keyof NonNullable<typeof p.params>): number =>
          f(at((p.params?.[key] ?? 0) as CaseValues, i));
        const x = [plus[i] ?? 0, minus[i] ?? 0] as const;
        let input: number;
        if (p.model.startsWith("lif_curr_exp")) {
          one.exc = f(f(value("exc_decay") * one.exc) + x[0]);
          one.inh = f(f(value("inh_decay") * one.inh) + x[1]);
          input = f(f(one.exc - one.inh) + value("i_offset"));
        } else input = f(f(x[0] - x[1]) + value("i_offset"));
        one.v = f(f(value("alpha_decay") * one.v) + input);
        pre.push(one.v);
        if (one.v >= value("threshold")) {
          const row = fired[p.name]?.[t];
          if (row !== undefined) row[i] = true;
          one.v = p.params?.reset === "reset_to_v_reset" ? value("v_reset") : f(one.v - value("threshold"));
        }
        post.push(one.v);
      }
      before[p.name]?.push(pre);
      after[p.name]?.push(post);
    }
  }
  return { fired, before, after };
}

function at(values: CaseValues, i: number): number {
  return typeof values === "number" ? values : (values[i] ?? 0);
}

function synapsesOf(projection: CaseProjection, size: number): Synapse[] {
  const { pre, delay = 0, weight = 0 } = projection;
  const rows = projection.connections ?? projection.connections_pre_post_weight;
  if (rows !== undefined)
    return rows.map(([from = 0, to = 0, w = 0, d = delay]) => ({ pre, from, to, weight: w, delay: d }));
  if (projection.conv2d !== undefined) return convSynapses(pre, projection.conv2d);
  const one = projection.rule === "one_to_one";
  return Array.from({ length: size }, (_, i) => ({ pre, from: one ? i : 0, to: i, weight, delay }));
}

/** Seen from the output: every window, every tap, every pixel of the pooled cell. */
function convSynapses(pre: string, conv: CaseConvolution): Synapse[] {
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
