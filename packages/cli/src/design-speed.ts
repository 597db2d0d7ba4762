/** What a design that was asked for so many samples per second reaches, and the design that reaches it. */
import type { Deployment } from "@nirkit/backend";
import type { Sample } from "@nirkit/graph";
import type { AnyBackend } from "./plugin.ts";

/** By the exact cycles of one sample. */
interface Speed {
  readonly cycles: number;
  readonly reached: number;
  /** Samples per second that the user asked for. */
  readonly asked: number;
  readonly clockMhz: number;
}

/** A design with the options that made it. */
interface Design<D> {
  readonly compiled: D;
  readonly speed: Speed | undefined;
}

interface SpeedOptions {
  readonly targetFps?: number;
  readonly clockMhz?: number;
}

/** How much more each round asks for at least. */
const growth = 1.2;
/** Rounds without fewer cycles after which no lanes are left to double: they ask for more than twice as much. */
const patience = 4;

/**
 * Compiles until the busiest sample keeps up: every layer may keep up alone and the whole not, since layers wait for one
 * another; then lanes are chosen as for more samples per second. Where no round keeps up, the fastest design is given.
 *
 * @throws what `build` throws
 */
export async function buildAtSpeed<D extends { readonly deployment: Deployment<unknown> }>(
  backend: AnyBackend,
  options: unknown,
  busiest: Sample | undefined,
  build: (options: unknown) => Promise<D>,
): Promise<Design<D>> {
  const { targetFps: asked, clockMhz } = options as SpeedOptions;
  const design = async (fps: number | undefined): Promise<Design<D>> => {
    const compiled = await build(fps === undefined ? options : { ...(options as object), targetFps: fps });
    const cycles =
      busiest === undefined || asked === undefined || clockMhz === undefined
        ? undefined
        : backend.simulate(compiled.deployment, busiest.input).cycles;
    if (cycles === undefined || asked === undefined || clockMhz === undefined)
      return { compiled, speed: undefined };
    return { compiled, speed: { cycles, reached: Math.floor((clockMhz * 1e6) / cycles), asked, clockMhz } };
  };
  let best = await design(undefined);
  let fps = asked ?? 0;
  for (let idle = 0; idle < patience && best.speed !== undefined; idle += 1) {
    const { reached, cycles } = best.speed;
    if (reached >= best.speed.asked) break;
    fps = Math.ceil(fps * Math.max(growth, idle === 0 ? best.speed.asked / Math.max(1, reached) : growth));
    const next = await design(fps);
    if (next.speed === undefined || next.speed.cycles >= cycles) continue;
    best = next;
    idle = -1;
  }
  return best;
}
