export { type EventStream, eventStream, type SpikeStream, sortEvents } from "./event-stream.ts";
export { eventFormats } from "./formats/decoders.ts";
export type { EventFileHeader, EventFormat, ImuWords, ReadEventsOptions } from "./formats/decoding.ts";
export { detectFormat } from "./formats/detect-format.ts";
export { type EventRecording, type ReadReport, readEvents, streamEvents } from "./formats/read-events.ts";
