/** DVS128 Gesture folders: AEDAT 3.1 recordings with label files and lists of trials, or tonic's `.npy` folders. */
import type { Diagnostic } from "@nirkit/graph";
import { eventsDiagnostic, eventsError } from "../diagnostics.ts";
import { type EventStream, sortEvents } from "../event-stream.ts";
import { readEvents } from "../formats/read-events.ts";
import { gestureNames } from "../synthetic/gesture-motion.ts";
import { cropTime, shiftTime } from "../transform/crop.ts";
import { datasetOf, type EventDataset, type LabelledEvents } from "./dataset.ts";
import type { FileTree } from "./file-tree.ts";
import type { Part } from "./nmnist.ts";

/** Users 1 to 23 train, 24 to 29 test: by user, never by sample. */
const lastTrainingUser = 23;
const sensor = { width: 128, height: 128 } as const;

interface Trial {
  readonly file: string;
  readonly label: number;
  /** Microseconds; the whole file where absent. */
  readonly from?: number;
  readonly to?: number;
}

/**
 * The trials of a part: the events with start <= t < end of each row of a label file, with times counted from the
 * start. Lists `trials_to_train.txt` and `trials_to_test.txt` decide the part where they are, the user otherwise.
 *
 * @throws E_DATASET_EMPTY, E_DATASET_LABELS; taking a trial throws as readEvents
 */
export async function dvsGestureDataset(tree: FileTree, part: Part = "all"): Promise<EventDataset> {
  const paths = await tree.list();
  const diagnostics: Diagnostic[] = [];
  const trials = [...(await recordedTrials(tree, paths, part, diagnostics)), ...numpyTrials(paths, part)];
  if (trials.length === 0)
    throw eventsError("E_DATASET_EMPTY", tree.name, {
      why: `no ${part === "all" ? "" : `${part} `}recordings`,
      hint: "Recordings are userNN_light.aedat with userNN_light_labels.csv beside them",
    });
  let open: { readonly file: string; readonly stream: EventStream } | undefined;
  const read = async (index: number): Promise<LabelledEvents> => {
    const trial = trials[index] as Trial;
    if (open?.file !== trial.file) open = { file: trial.file, stream: await readRecording(tree, trial) };
    const { stream } = open;
    const { from, to, label, file } = trial;
    if (from === undefined || to === undefined) return { stream, label, id: file };
    return { stream: shiftTime(cropTime(stream, from, to), from), label, id: `${file}@${from}` };
  };
  return {
    ...datasetOf(trials.length, read),
    labels: Int32Array.from(trials, ({ label }) => label),
    classes: gestureNames,
    diagnostics,
  };
}

async function readRecording(tree: FileTree, { file }: Trial): Promise<EventStream> {
  const options = { ...sensor, path: `${tree.name}/${file}` };
  const { stream } = readEvents(await tree.read(file), options);
  // A camera that was reset in the middle counts anew; intervals are meant in the order of time.
  return sortEvents(stream);
}

async function recordedTrials(
  tree: FileTree,
  paths: readonly string[],
  part: Part,
  diagnostics: Diagnostic[],
): Promise<readonly Trial[]> {
  const listed = part === "all" ? undefined : await readList(tree, paths, part);
  const trials: Trial[] = [];
  for (const file of [...paths].sort()) {
    const name = /(?:^|\/)(user(\d{1,3})_[^/]*)\.aedat$/.exec(file);
    if (name === null) continue;
    const ofPart = listed?.has(`${name[1]}.aedat`) ?? inPart(Number(name[2]), part);
    const labels = file.replace(/\.aedat$/, "_labels.csv");
    if (!ofPart) continue;
    if (paths.includes(labels)) trials.push(...(await readLabels(tree, file, labels, diagnostics)));
    else
      diagnostics.push(
        eventsDiagnostic("W_DATASET_SKIPPED", `${tree.name}/${file}`, {
          why: "there is no label file beside it",
        }),
      );
  }
  return trials;
}

function inPart(user: number, part: Part): boolean {
  return part === "all" || user <= lastTrainingUser === (part === "train");
}

async function readList(
  tree: FileTree,
  paths: readonly string[],
  part: "train" | "test",
): Promise<ReadonlySet<string> | undefined> {
  const path = paths.find((candidate) => candidate.split("/").at(-1) === `trials_to_${part}.txt`);
  if (path === undefined) return undefined;
  const text = new TextDecoder().decode(await tree.read(path));
  return new Set(text.split(/\s+/).filter((name) => name !== ""));
}

async function readLabels(
  tree: FileTree,
  file: string,
  path: string,
  diagnostics: Diagnostic[],
): Promise<readonly Trial[]> {
  const place = `${tree.name}/${path}`;
  const [head, ...rows] = new TextDecoder()
    .decode(await tree.read(path))
    .trim()
    .split(/\r?\n/);
  if (head?.trim() !== "class,startTime_usec,endTime_usec")
    throw eventsError("E_DATASET_LABELS", place, {
      why: `it starts with ${JSON.stringify(head?.slice(0, 60))}`,
      hint: "The first line is class,startTime_usec,endTime_usec",
    });
  let before = 0;
  return rows.map((row, k) => {
    const [number = Number.NaN, from = Number.NaN, to = Number.NaN] = row.split(",").map(Number);
    if (!(number >= 1 && number <= gestureNames.length && Number.isInteger(number) && from >= 0 && to > from))
      throw eventsError("E_DATASET_LABELS", `${place}:${k + 2}`, {
        why: `the row ${JSON.stringify(row.slice(0, 60))}`,
        hint: "A row is a class of 1 to 11 and two times, the first the smaller",
      });
    // A published label file holds such a row.
    if (from < before) diagnostics.push(eventsDiagnostic("W_DATASET_OVERLAP", place, { row: k + 2 }));
    before = to;
    return { file, label: number - 1, from, to };
  });
}

/** `user24_fluorescent_led/3.npy`: the file is the class, columns are x, y, p and t in milliseconds. */
function numpyTrials(paths: readonly string[], part: Part): readonly Trial[] {
  const trials: Trial[] = [];
  for (const file of [...paths].sort()) {
    const [, user, label] = /(?:^|\/)user(\d{1,3})_[^/]*\/(\d{1,2})\.npy$/.exec(file) ?? [];
    if (user !== undefined && Number(label) < gestureNames.length && inPart(Number(user), part))
      trials.push({ file, label: Number(label) });
  }
  return trials;
}
