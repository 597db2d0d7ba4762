/** Calibration of scales, group by group: every group sees the inputs that the groups before it give once quantised. */
import {
  InternalError,
  type NirGraph,
  NirkitError,
  type NirNode,
  type Sample,
  type SpikeInput,
  type Tensor,
  toFloat64,
} from "@nirkit/graph";
import { foldRecurrence } from "../fold/recurrence.ts";
import { percentile } from "../observe/percentile.ts";
import type { Curvature } from "./curvature.ts";
import { CurvatureObserver } from "./filtered-inputs.ts";
import type { GroupPlan, GroupSettings } from "./group-settings.ts";
import type { ScaleGroup } from "./projections.ts";
import { type FitCache, type QuantizedGroup, quantizeGroup } from "./quantize-group.ts";
import { cutOut, type Replay, type ReplayContext, type TapInput, weightInputs } from "./replay.ts";
import { absoluteDifference, countsOf, largestOutput, squaredDifference } from "./spike-counts.ts";
import { type Candidate, isBetter, type Score, type ThresholdScaling } from "./threshold-scaling.ts";

/** What the search works on. */
export interface SearchRequest {
  readonly flat: NirGraph;
  readonly groups: readonly ScaleGroup[];
  readonly settings: GroupSettings;
  readonly replay: ReplayContext;
  /** The samples as the float network takes them, and on the integer grid of their inputs. */
  readonly samples: readonly Sample[];
  readonly inputs: readonly SpikeInput[];
  readonly scaling: ThresholdScaling | undefined;
  readonly secondOrder: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly progress: (done: number, total: number) => void;
}

/** One group with the plan that won. */
export interface PlannedGroup {
  readonly plan: GroupPlan;
  readonly quantized: QuantizedGroup;
  /** Squared difference of spike counts at p = 100 and factor 1, and as chosen. */
  readonly error?: readonly [plain: number, chosen: number];
}

/** Plans all groups, sources first. */
export function searchPlans(request: SearchRequest): readonly PlannedGroup[] {
  const { groups, scaling } = request;
  const perGroup =
    scaling === undefined
      ? 1
      : scaling.percentiles.length * (scaling.factors === "membrane" ? 2 : scaling.factors.length + 1);
  const total = groups.length * perGroup;
  const reference = scaling === undefined ? [] : floatCounts(request);
  const planned: PlannedGroup[] = [];
  let current = request.flat;
  groups.forEach((group, at) => {
    request.signal?.throwIfAborted();
    request.progress(at * perGroup, total);
    const search = new GroupSearch(request, current, group, reference, (done) =>
      request.progress(at * perGroup + Math.min(done, perGroup), total),
    );
    const best = search.run();
    planned.push(best);
    current = current.with({ setNodes: [...best.quantized.nodes] });
  });
  request.progress(total, total);
  return planned;
}

/** Spike counts of the float network, per sample by population. */
function floatCounts({ flat, groups, samples, replay, signal }: SearchRequest): readonly CountMap[] {
  const nodes = groups.flatMap(({ populations }) =>
    populations.flatMap(({ path, node }) => (node === undefined ? [] : path)),
  );
  return samples.map(({ input }) => {
    signal?.throwIfAborted();
    const trace = replay.simulate(flat, input, { nodes, signals: ["out"] });
    return new Map(nodes.map((path) => [path, countsOf(trace, path)]));
  });
}

type CountMap = ReadonlyMap<string, Float64Array>;

class GroupSearch {
  readonly #request: SearchRequest;
  readonly #current: NirGraph;
  readonly #group: ScaleGroup;
  readonly #reference: readonly CountMap[];
  readonly #step: (done: number) => void;
  readonly #populations: readonly string[];
  readonly #fits: FitCache = new Map();
  #done = 0;

  constructor(
    request: SearchRequest,
    current: NirGraph,
    group: ScaleGroup,
    reference: readonly CountMap[],
    step: (done: number) => void,
  ) {
    this.#request = request;
    this.#current = current;
    this.#group = group;
    this.#reference = reference;
    this.#step = step;
    this.#populations = group.populations.flatMap(({ path, node }) => (node === undefined ? [] : path));
  }

  run(): PlannedGroup {
    const { settings, scaling, secondOrder } = this.#request;
    const curvature = secondOrder ? this.#curvature() : undefined;
    const base: GroupPlan = curvature === undefined ? {} : { curvature };
    if (scaling === undefined || this.#populations.length === 0 || this.#group.weights.length === 0)
      return { plan: base, quantized: quantizeGroup(this.#group, settings, base) };
    return this.#best(base, scaling);
  }

  #best(base: GroupPlan, scaling: ThresholdScaling): PlannedGroup {
    const { replay, inputs, settings } = this.#request;
    const cut = cutOut(this.#current, this.#group, replay);
    const recorded = inputs.map((input) => {
      this.#request.signal?.throwIfAborted();
      return cut.record(this.#current, input);
    });
    let best: { candidate: Candidate; score: Score; planned: PlannedGroup } | undefined;
    let plain = Number.NaN;
    let refused: NirkitError | undefined;
    for (const p of withAbsmax(scaling.percentiles)) {
      const shared: CurrentCache = new Map();
      const factors = this.#factors(scaling, base, p, cut, recorded);
      for (const factor of factors) {
        this.#request.signal?.throwIfAborted();
        const candidate = { percentile: p, factor };
        try {
          const plan = { ...base, percentile: p, thetaFactor: factor };
          const quantized = quantizeGroup(this.#group, settings, plan, this.#fits);
          const { score, error } = this.#score(scaling, quantized, cut, recorded, shared);
          if (p === 100 && factor === 1) plain = error;
          const planned: PlannedGroup = { plan, quantized, error: [plain, error] };
          if (best === undefined || isBetter(candidate, score, best.candidate, best.score))
            best = { candidate, score, planned };
        } catch (cause) {
          // A scale that the thresholds or widths do not allow is no candidate.
          if (!(cause instanceof NirkitError)) throw cause;
          refused ??= cause;
        }
        this.#step(++this.#done);
      }
    }
    if (best === undefined) throw refused ?? new InternalError("a search without candidates");
    return best.planned;
  }

  #factors(
    scaling: ThresholdScaling,
    base: GroupPlan,
    p: number,
    cut: Replay,
    recorded: readonly TapInput[],
  ): readonly number[] {
    // Without a threshold there is nothing to vary.
    if (!this.#group.populations.some(({ node }) => node !== undefined && firing.has(node.type))) return [1];
    if (scaling.factors !== "membrane") return [...new Set([1, ...scaling.factors])];
    if (p === 0) return [1];
    try {
      const nodes = quantizeGroup(
        this.#group,
        this.#request.settings,
        { ...base, percentile: p },
        this.#fits,
      ).nodes;
      const quantised = this.#potentials(new Map(nodes), cut, recorded);
      const float = this.#potentials(new Map(), cut, recorded);
      const gamma = percentile(quantised, p) / percentile(float, p);
      return gamma > 0 && Number.isFinite(gamma) && gamma !== 1 ? [1, gamma] : [1];
    } catch (cause) {
      if (!(cause instanceof NirkitError)) throw cause;
      return [1];
    }
  }

  /** Membranes before the spike test, all neurons, steps and samples. */
  #potentials(nodes: ReadonlyMap<string, NirNode>, cut: Replay, recorded: readonly TapInput[]): Float64Array {
    const parts = recorded.flatMap((input) => {
      const trace = cut.run(nodes, input);
      return this.#populations.flatMap((path) => {
        const record = trace.records.get(`${path}/vpre`);
        return record === undefined ? [] : [toFloat64(record)];
      });
    });
    const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  #score(
    scaling: ThresholdScaling,
    quantized: QuantizedGroup,
    cut: Replay,
    recorded: readonly TapInput[],
    shared: CurrentCache,
  ): { readonly score: Score; readonly error: number } {
    const nodes = new Map(quantized.nodes);
    let error = 0;
    let difference = 0;
    recorded.forEach((input, sample) => {
      const counts = this.#counts(nodes, quantized, cut, input, sample, shared);
      for (const [path, found] of counts) {
        const wanted = this.#reference[sample]?.get(path) ?? new Float64Array(found.length);
        error += squaredDifference(found, wanted);
        difference += absoluteDifference(found, wanted);
      }
    });
    if (scaling.objective === "counts") return { score: [error], error };
    const wrong = this.#wrongLabels(quantized);
    return { score: wrong === undefined ? [difference] : [wrong, difference], error };
  }

  #counts(
    nodes: ReadonlyMap<string, NirNode>,
    quantized: QuantizedGroup,
    cut: Replay,
    input: TapInput,
    sample: number,
    shared: CurrentCache,
  ): CountMap {
    // Thresholds alone differ between the factors of one percentile, unless they stretch the scale.
    const key = `${sample} ${quantized.weights.map(({ scale }) => scale.join()).join()}`;
    const known = shared.get(key);
    const currents = known ?? cut.currents(nodes, input);
    if (currents === undefined) {
      const trace = cut.run(nodes, input);
      return new Map(this.#populations.map((path) => [path, countsOf(trace, path)]));
    }
    shared.set(key, currents);
    return new Map(
      this.#populations.map((path) => {
        const current = currents.get(path);
        const node = nodes.get(path);
        if (current === undefined || node === undefined) return [path, new Float64Array(0)];
        return [path, countsOf(cut.fire(path, node, current), path)];
      }),
    );
  }

  /** Samples whose largest output is not their label; undefined where that cannot be said. */
  #wrongLabels(quantized: QuantizedGroup): number | undefined {
    const { samples, inputs, replay } = this.#request;
    if (samples.some(({ label }) => label === undefined)) return undefined;
    const graph = this.#current.with({ setNodes: [...quantized.nodes] });
    let wrong = 0;
    for (const [i, input] of inputs.entries()) {
      this.#request.signal?.throwIfAborted();
      const found = largestOutput(replay.simulate(graph, input, { nodes: [], signals: [] }));
      if (found === undefined) return undefined;
      if (found !== samples[i]?.label) wrong++;
    }
    return wrong;
  }

  #curvature(): ReadonlyMap<string, Curvature> {
    const { settings, replay, inputs, signal } = this.#request;
    const observers = new Map(
      this.#group.weights.map((use) => {
        const [population] = this.#group.populations.filter(({ path }) => use.targets.includes(path));
        return [
          use.path,
          new CurvatureObserver(use, replay.shapeInto(use.path), decayOf(population, settings)),
        ];
      }),
    );
    for (const input of inputs) {
      signal?.throwIfAborted();
      for (const [path, seen] of weightInputs(this.#current, this.#group, input, replay))
        observers.get(path)?.observe(seen);
    }
    return new Map([...observers].map(([path, observer]) => [path, observer.curvature]));
  }
}

const firing: ReadonlySet<string> = new Set(["IF", "LIF", "CubaLIF", "Threshold"]);

type CurrentCache = Map<string, ReadonlyMap<string, Tensor>>;

/** 100 comes first, so that everything is measured against it. */
function withAbsmax(percentiles: readonly number[]): readonly number[] {
  return [...new Set([100, ...percentiles])].sort((a, b) => b - a);
}

/** Decay of the Van Rossum filter: the mean membrane decay of the receiving population; 0 for an Output. */
function decayOf(population: ScaleGroup["populations"][number] | undefined, settings: GroupSettings): number {
  if (population?.node === undefined) return 0;
  const { dt, convention } = settings;
  const { beta } = foldRecurrence(
    population.node,
    population.size,
    dt,
    convention,
    `nodes.${population.path}`,
  );
  return beta.reduce((sum, b) => sum + b, 0) / Math.max(1, beta.length);
}
