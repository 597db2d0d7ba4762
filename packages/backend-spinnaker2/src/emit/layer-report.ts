/** `layers.txt`: what became of every layer, as a table. */
import type { S2Mapping, S2Population } from "../map/mapping.ts";
import { memoryLayout } from "../map/memory.ts";

/** One line per population and one per projection, then the warnings. */
export function printLayers(mapping: S2Mapping): string {
  const { populations, projections, warnings, latency, profile } = mapping;
  const quantization = new Map(mapping.quantization.map((entry) => [entry.population, entry]));
  const layers = populations.map((population) => {
    const found = quantization.get(population.name);
    const percent = (share: number | undefined): string =>
      share === undefined ? "-" : `${(100 * share).toFixed(1)} %`;
    return [
      printable(population.name),
      population.model,
      String(population.size),
      String(population.slices.length),
      `${fullest(mapping, population)} %`,
      found === undefined ? "-" : found.scale.toPrecision(6),
      found === undefined ? "-" : found.clip.toPrecision(4),
      percent(found?.clippedShare),
      percent(found?.zeroShare),
    ];
  });
  const links = projections.map(({ name, pre, post, kind, delay, synapses, origin }) => [
    printable(name),
    printable(populations[pre]?.name ?? ""),
    printable(populations[post]?.name ?? ""),
    kind,
    origin,
    String(delay + 1),
    String(synapses),
  ]);
  return [
    `SpiNNaker2 mapping, memory profile ${profile}, latency ${latency} steps`,
    "",
    ...table(
      ["population", "model", "neurons", "PEs", "fullest", "scale", "clip", "clipped", "zero"],
      layers,
    ),
    "",
    ...table(["projection", "from", "to", "kind", "made of", "steps", "weights"], links),
    ...(warnings.length === 0
      ? []
      : ["", ...warnings.map(({ code, path, message }) => printable(`${code} ${path}: ${message}`))]),
    "",
  ].join("\n");
}

/** Share of the data memory of the fullest PE, whole percent. */
function fullest({ profile }: S2Mapping, { model, slices }: S2Population): number {
  const shares = slices.map(({ start, stop, freeBytes }) => {
    const { data, end } = memoryLayout(profile, model, stop - start);
    return 1 - freeBytes / (end - data);
  });
  return Math.ceil(100 * Math.max(0, ...shares));
}

/** One line of text, whatever a name holds. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?").slice(0, 200);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const lines = [head, ...rows];
  const widths = head.map((_, k) => Math.max(...lines.map((line) => (line[k] ?? "").length)));
  return lines.map((line) =>
    line
      .map((cell, k) => cell.padEnd(widths[k] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
