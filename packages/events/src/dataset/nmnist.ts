/** N-MNIST in its published layout: `Train/<digit>/<id>.bin`, `Test/<digit>/<id>.bin`, in folders or zip archives. */
import { eventsError } from "../diagnostics.ts";
import { readEvents } from "../formats/read-events.ts";
import { datasetOf, type EventDataset, type LabelledEvents } from "./dataset.ts";
import { type FileTree, openArchives } from "./file-tree.ts";

/** Which part of a data set. */
export type Part = "train" | "test" | "all";

const layout = /(?:^|\/)(Train|Test)\/([0-9])\/(\d{1,6})\.(?:bin|bs2)$/;
const digits: readonly string[] = Array.from({ length: 10 }, (_, digit) => String(digit));

interface Entry {
  readonly path: string;
  readonly label: number;
  readonly id: number;
}

/**
 * The recordings of a part, ordered by their number; the label is the folder.
 *
 * @throws E_DATASET_EMPTY, E_ARCHIVE
 */
export async function nmnistDataset(files: FileTree, part: Part = "all"): Promise<EventDataset> {
  const tree = openArchives(files);
  const entries: Entry[] = [];
  for (const path of await tree.list()) {
    const [, split, digit, id] = layout.exec(path) ?? [];
    if (split !== undefined && (part === "all" || split.toLowerCase() === part))
      entries.push({ path, label: Number(digit), id: Number(id) });
  }
  if (entries.length === 0)
    throw eventsError("E_DATASET_EMPTY", files.name, {
      why: `no ${part === "all" ? "" : `${part} `}recordings`,
      hint: "Recordings are Train/<digit>/<id>.bin and Test/<digit>/<id>.bin, in folders or in .zip files",
    });
  // By archive first, so that one archive is open at a time; part and number decide within it.
  const archive = (path: string): string => (/^.*?\.zip\//.exec(path) ?? [""])[0];
  entries.sort((a, b) => compare(archive(a.path), archive(b.path)) || a.id - b.id || compare(a.path, b.path));
  const read = async (index: number): Promise<LabelledEvents> => {
    const { path, label } = entries[index] as Entry;
    const options = { format: "nmnist", width: 34, height: 34, path: `${files.name}/${path}` } as const;
    return { stream: readEvents(await tree.read(path), options).stream, label, id: path };
  };
  return {
    ...datasetOf(entries.length, read),
    labels: Int32Array.from(entries, ({ label }) => label),
    classes: digits,
    diagnostics: [],
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
