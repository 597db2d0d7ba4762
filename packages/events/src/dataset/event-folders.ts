/** Any event files, one folder per class. */

import { readTouchEvents } from "../arrays/touch-events.ts";
import { eventsError } from "../diagnostics.ts";
import type { EventStream } from "../event-stream.ts";
import type { ReadEventsOptions } from "../formats/decoding.ts";
import { readEvents } from "../formats/read-events.ts";
import { datasetOf, type EventDataset } from "./dataset.ts";
import { type FileTree, openArchives } from "./file-tree.ts";

const eventFile = /\.(?:bin|bs2|aedat|aedat4|dat|raw|npy|npz|csv|mat)$/i;

/**
 * Every event file of a tree; the class is the folder that it lies in, classes in the order of their names (numbers by
 * value). MATLAB files are read as ST-MNIST, the others by content.
 *
 * @throws E_DATASET_EMPTY; taking a recording throws as readEvents
 */
export async function eventFolders(files: FileTree, options: ReadEventsOptions = {}): Promise<EventDataset> {
  const tree = openArchives(files);
  const entries = (await tree.list())
    .filter((path) => eventFile.test(path))
    .map((path) => ({ path, folder: path.split("/").at(-2) ?? "" }));
  if (entries.length === 0)
    throw eventsError("E_DATASET_EMPTY", files.name, {
      why: "no event files",
      hint: "Files lie in one folder per class",
    });
  const order = new Intl.Collator("en", { numeric: true });
  const classes = [...new Set(entries.map(({ folder }) => folder))].sort(order.compare);
  entries.sort((a, b) => order.compare(a.path, b.path));
  const read = async (path: string): Promise<EventStream> => {
    const bytes = await tree.read(path);
    const place = `${files.name}/${path}`;
    return /\.mat$/i.test(path)
      ? readTouchEvents(bytes, place)
      : readEvents(bytes, { ...options, path: place }).stream;
  };
  const labels = Int32Array.from(entries, ({ folder }) => classes.indexOf(folder));
  const dataset = datasetOf(entries.length, async (index) => {
    const path = entries[index]?.path ?? "";
    return { stream: await read(path), label: labels[index] as number, id: path };
  });
  return { ...dataset, labels, classes, diagnostics: [] };
}
