/** Spikes of the self-check, one dot each. */
import type { S2Mapping } from "../map/mapping.ts";
import type { CheckExpected } from "./self-check.ts";
import { label, round, svg } from "./svg.ts";

const left = 130;
const width = 560;
const mostRows = 120;

/** A raster per population that spikes; large populations are drawn to the same height as small ones. */
export function drawSpikes({ populations }: S2Mapping, { spikes, steps }: CheckExpected): string {
  const parts: string[] = [];
  let top = 14;
  for (const { id, name, size } of populations) {
    const lists = spikes[id];
    if (lists === undefined) continue;
    const height = Math.max(12, Math.min(mostRows, size * 3));
    const at = top;
    const dots = Object.entries(lists).flatMap(([neuron, times]) =>
      times.map((t) => {
        const x = left + ((t + 0.5) / Math.max(1, steps)) * width;
        // Half points are finer than the dots, so what falls together is drawn once.
        const y = Math.floor(2 * (at + ((Number(neuron) + 0.5) / size) * height)) / 2;
        return `M${round(x - 1)} ${y}h2`;
      }),
    );
    parts.push(label(4, top + 9, name.length > 22 ? `${name.slice(0, 21)}~` : name));
    parts.push(label(4, top + 20, `${dots.length} spikes`));
    parts.push(`<path d="${[...new Set(dots)].join("")}" stroke="#0b3d91" stroke-width="2" fill="none"/>`);
    top += Math.max(24, height) + 8;
  }
  for (let t = 0; t < steps; t += Math.max(1, Math.ceil(steps / 12)))
    parts.push(label(left + ((t + 0.5) / steps) * width, top + 4, String(t), 'text-anchor="middle"'));
  parts.push(label(4, top + 4, "step"));
  return svg(left + width + 10, top + 14, "Spikes of the self-check", parts);
}
