/** Codes of `@nirkit/events`. */
import {
  type Diagnostic,
  type DiagnosticFactory,
  type DiagnosticText,
  defineDiagnostics,
  NirkitError,
} from "@nirkit/graph";

/** What is wrong, for codes whose cause is a sentence of its own. */
interface Why {
  readonly why: string;
  readonly hint?: string | undefined;
}

/** What each code's words are made of. */
interface EventsDetails {
  readonly E_EVENTS_FORMAT: { found: string };
  readonly E_EVENTS_HEADER: Why;
  readonly E_EVENTS_SIZE: { width: number; height: number };
  readonly E_EVENTS_SIZE_UNKNOWN: { format: string };
  readonly E_EVENTS_CHIP: { chip: string; known: readonly string[] };
  readonly E_EVENTS_COLUMNS: Why;
  readonly E_EVENTS_OUTSIDE: { index: number; x: number; y: number; width: number; height: number };
  readonly E_EVENTS_TIME: { index: number; t: number; why: string };
  readonly E_EVENTS_ORDER: { index: number; t: number; before: number };
  readonly E_EVENTS_TRUNCATED: { what: string; found: number; expected: number };
  readonly E_EVENTS_PACKET: Why;
  readonly E_EVENTS_COMPRESSED: { codec: string; why: string };
  readonly E_EVENTS_LIMIT: { what: string; found: number; limit: number };
  readonly E_EVENTS_RANGE: { format: string; what: string; value: number; limit: number; index: number };
  readonly E_EVENTS_STREAM: { id: number; known: readonly number[] };
  readonly W_EVENTS_ORDER: { index: number; t: number; before: number };
  readonly W_EVENTS_DROPPED: { what: string; count: number };
  readonly W_EVENTS_SIZE: { width: number; height: number };
  readonly W_EVENTS_CAPACITY: { number: number; capacity: number };
  readonly E_GZIP: Why;
  readonly E_ARCHIVE: Why;
  readonly E_NUMPY: Why;
  readonly E_MAT: Why;
  readonly E_MAT_VARIABLE: { name: string; found: readonly string[] };
  readonly E_IDX: Why;
  readonly E_CSV: Why;
  readonly E_SHD: Why;
  readonly E_SHD_LIBRARY: Why;
  readonly E_HSI: Why;
  readonly E_BIN_OPTION: Why;
  readonly E_BIN_STEPS: { steps: number; limit: number };
  readonly E_BIN_SIZE: { cells: number; limit: number };
  readonly E_TRANSFORM: Why;
  readonly E_ENCODE: Why;
  readonly E_SPLIT: Why;
  readonly E_SYNTHETIC: Why;
  readonly E_BATCH: Why;
  readonly E_DATASET_UNKNOWN: { name: string; known: readonly string[] };
  readonly E_DATASET_OPTION: Why;
  readonly E_DATASET_EMPTY: Why;
  readonly E_DATASET_LABELS: Why;
  readonly E_DATASET_INDEX: { index: number; length: number };
  readonly W_DATASET_OVERLAP: { row: number };
  readonly W_DATASET_SKIPPED: Why;
}

type Table = { readonly [C in keyof EventsDetails]: (detail: EventsDetails[C]) => DiagnosticText };

const listed = (names: readonly (string | number)[]): string =>
  names.length === 0 ? "none" : names.slice(0, 20).join(", ") + (names.length > 20 ? " …" : "");

const copyAgain = "The file is damaged or cut off: copy it again, or read it with lenient";

const table: Table = {
  E_EVENTS_FORMAT: (d) => ({
    message: `Starts with ${d.found}, which is no event format that is known`,
    hint: "Read are N-MNIST .bin, AEDAT 1, 2, 3 and 4, DAT, EVT2, EVT3, .npy, .npz and t,x,y,p in CSV; name the format if the file has no mark of its own",
  }),
  E_EVENTS_HEADER: (d) => ({
    message: `The header is not as its format says: ${d.why}`,
    hint: d.hint ?? copyAgain,
  }),
  E_EVENTS_SIZE: (d) => ({
    message: `A sensor of ${d.width} x ${d.height} pixels cannot be`,
    hint: "Width and height are integers of 1 to 65536",
  }),
  E_EVENTS_SIZE_UNKNOWN: (d) => ({
    message: `A ${d.format} file does not say how large its sensor is`,
    hint: "Pass width and height",
  }),
  E_EVENTS_CHIP: (d) => ({
    message: `The address layout of chip "${d.chip}" is not known`,
    hint: `Pass chip: one of ${listed(d.known)}`,
  }),
  E_EVENTS_COLUMNS: (d) => ({
    message: `The columns are no events: ${d.why}`,
    hint: d.hint ?? "Events have t, x, y and p",
  }),
  E_EVENTS_OUTSIDE: (d) => ({
    message: `Event ${d.index} is at x ${d.x}, y ${d.y}, outside the ${d.width} x ${d.height} sensor`,
    hint: "Pass width and height if the sensor is larger; lenient drops and counts such events",
  }),
  E_EVENTS_TIME: (d) => ({
    message: `Event ${d.index} has the time ${d.t}: ${d.why}`,
    hint: "Times are integer microseconds below 2^53",
  }),
  E_EVENTS_ORDER: (d) => ({
    message: `Event ${d.index} is at ${d.t} us, before the one ahead of it at ${d.before} us`,
    hint: "Sort the stream with sortEvents",
  }),
  E_EVENTS_TRUNCATED: (d) => ({
    message: `${d.what} takes ${d.expected} bytes, ${d.found} are there`,
    hint: "The file is cut off: copy it again; lenient reads what is whole and counts the rest",
  }),
  E_EVENTS_PACKET: (d) => ({ message: `A damaged packet: ${d.why}`, hint: d.hint ?? copyAgain }),
  E_EVENTS_COMPRESSED: (d) => ({ message: `Damaged ${d.codec} data: ${d.why}`, hint: copyAgain }),
  E_EVENTS_LIMIT: (d) => ({
    message: `${d.found} ${d.what}, the limit is ${d.limit}`,
    hint: "Raise the limit if the file comes from a source you trust",
  }),
  E_EVENTS_RANGE: (d) => ({
    message: `Event ${d.index} has ${d.what} ${d.value}, ${d.format} holds up to ${d.limit}`,
    hint: "Choose a format with wider fields, or crop and shift the events first",
  }),
  E_EVENTS_STREAM: (d) => ({
    message: `There is no event stream ${d.id}`,
    hint: `The event streams are ${listed(d.known)}`,
  }),
  W_EVENTS_ORDER: (d) => ({
    message: `Times go back: event ${d.index} is at ${d.t} us after ${d.before} us`,
    hint: "Nothing was sorted; sortEvents does it",
  }),
  W_EVENTS_DROPPED: (d) => ({ message: `Left out: ${d.count} ${d.what}` }),
  W_EVENTS_SIZE: (d) => ({
    message: `The file does not say how large its sensor is; taken as ${d.width} x ${d.height} from the largest coordinates`,
    hint: "Pass width and height",
  }),
  W_EVENTS_CAPACITY: (d) => ({
    message: `A packet of ${d.number} events takes the room of its capacity, ${d.capacity}`,
  }),
  E_GZIP: (d) => ({ message: `Not readable as gzip: ${d.why}`, hint: d.hint ?? "Copy the file again" }),
  E_ARCHIVE: (d) => ({ message: d.why, hint: d.hint ?? "Copy the archive again" }),
  E_NUMPY: (d) => ({ message: d.why, hint: d.hint }),
  E_MAT: (d) => ({
    message: `Not readable as a MATLAB 5 file: ${d.why}`,
    hint: d.hint ?? "Save it again with save -v7",
  }),
  E_MAT_VARIABLE: (d) => ({
    message: `There is no variable "${d.name}"`,
    hint: `The file has ${listed(d.found)}`,
  }),
  E_IDX: (d) => ({ message: `Not readable as an idx file: ${d.why}`, hint: d.hint ?? "Copy the file again" }),
  E_CSV: (d) => ({
    message: `Not readable as events: ${d.why}`,
    hint: "The first line is t,x,y,p, the others four integers",
  }),
  E_SHD: (d) => ({
    message: `Not a Heidelberg data set: ${d.why}`,
    hint: d.hint ?? "It holds /spikes/times, /spikes/units and /labels",
  }),
  E_SHD_LIBRARY: (d) => ({ message: `The HDF5 library cannot be used: ${d.why}`, hint: "Install h5wasm" }),
  E_HSI: (d) => ({ message: d.why, hint: d.hint }),
  E_BIN_OPTION: (d) => ({ message: d.why, hint: d.hint }),
  E_BIN_STEPS: (d) => ({
    message: `The recording would take ${d.steps} steps, the limit is ${d.limit}`,
    hint: 'Pass steps, a longer step, or start: "first" if the times do not start near 0',
  }),
  E_BIN_SIZE: (d) => ({
    message: `A step would have ${d.cells} cells, the limit is ${d.limit}`,
    hint: "Down-sample or crop",
  }),
  E_TRANSFORM: (d) => ({ message: d.why, hint: d.hint }),
  E_ENCODE: (d) => ({ message: d.why, hint: d.hint }),
  E_SPLIT: (d) => ({ message: d.why, hint: d.hint }),
  E_SYNTHETIC: (d) => ({ message: d.why, hint: d.hint }),
  E_BATCH: (d) => ({ message: d.why, hint: d.hint }),
  E_DATASET_UNKNOWN: (d) => ({
    message: `There is no data set "${d.name}"`,
    hint: `The data sets are ${listed(d.known)}; write NAME:PATH`,
  }),
  E_DATASET_OPTION: (d) => ({ message: d.why, hint: d.hint }),
  E_DATASET_EMPTY: (d) => ({ message: `No samples: ${d.why}`, hint: d.hint }),
  E_DATASET_LABELS: (d) => ({ message: `The labels are not readable: ${d.why}`, hint: d.hint }),
  E_DATASET_INDEX: (d) => ({ message: `There is no sample ${d.index}, there are ${d.length}` }),
  W_DATASET_OVERLAP: (d) => ({
    message: `The interval of row ${d.row} overlaps the one before it; both are taken as written`,
  }),
  W_DATASET_SKIPPED: (d) => ({ message: `Left out: ${d.why}` }),
};

/** Makes a diagnostic of this package's table. */
export const eventsDiagnostic: DiagnosticFactory<Table> = defineDiagnostics(table);

type Code = Exclude<keyof EventsDetails, `W_${string}`>;

/** The error of one code; `path` is the file and, where known, the byte: `wave.aedat@1024`. */
export function eventsError<C extends Code>(code: C, path: string, detail: EventsDetails[C]): NirkitError {
  const make = eventsDiagnostic as (code: Code, path: string, detail: unknown) => Diagnostic;
  return new NirkitError([make(code, path, detail)]);
}
