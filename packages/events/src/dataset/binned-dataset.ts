/** Recordings as samples for simulation and training. */
import type { Events, Sample, Shape } from "@nirkit/graph";
import { binEvents } from "../binning/bin-events.ts";
import type { BinOptions } from "../binning/bin-options.ts";
import { cellShape } from "../binning/pixel-cells.ts";
import { eventsError } from "../diagnostics.ts";
import type { EventStream } from "../event-stream.ts";
import { type EventDataset, mapDataset, type SampleDataset } from "./dataset.ts";

/** How recordings become samples. */
export interface BinnedDatasetOptions {
  readonly name: string;
  /** Input node that the samples feed. */
  readonly input?: string;
  /** `steps` is needed: all samples of a data set are equally long. */
  readonly bins: BinOptions & { readonly steps: number };
  readonly sensor: { readonly width: number; readonly height: number };
  /** Steps of shape [C * H * W] instead of [C, H, W]. */
  readonly flatten?: boolean;
  /** Changes a recording before it is binned, as augmentation does. */
  readonly change?: (stream: EventStream, index: number) => EventStream;
}

/**
 * A data set of binned samples. A recording from another sensor than the data set's is refused, not scaled.
 *
 * @throws E_BIN_OPTION, E_BIN_SIZE; taking a sample throws E_EVENTS_SIZE
 */
export function binnedDataset(recordings: EventDataset, options: BinnedDatasetOptions): SampleDataset {
  const { name, bins, sensor, flatten = false, input = "input" } = options;
  const cells = cellShape(sensor, bins);
  const shape: Shape = flatten ? [cells[0] * cells[1] * cells[2]] : cells;
  const samples = mapDataset(recordings, ({ stream, label }, index): Sample => {
    const changed = options.change === undefined ? stream : options.change(stream, index);
    if (changed.width !== sensor.width || changed.height !== sensor.height)
      throw eventsError("E_EVENTS_SIZE", `${name}[${index}]`, {
        width: changed.width,
        height: changed.height,
      });
    const { dropped: _, ...events } = binEvents(changed, bins);
    const fed: Events = { ...events, shape };
    return { input: new Map([[input, fed]]), label };
  });
  const { labels, classes, diagnostics } = recordings;
  return { ...samples, name, labels, classes, shape, steps: bins.steps, diagnostics };
}
