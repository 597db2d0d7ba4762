export { readIdx } from "./arrays/idx.ts";
export { type MatValue, type ReadMatOptions, readMat } from "./arrays/mat.ts";
export {
  bandStatistics,
  labelClasses,
  makeScene,
  readArray,
  type Scene,
  scenePatch,
} from "./arrays/scene.ts";
export { readTouchEvents } from "./arrays/touch-events.ts";
export { gunzip } from "./arrays/unpack.ts";
export { type BatchOptions, batches, batchPositions, prefetch } from "./batch/batches.ts";
export { type Batch, batchBuffers, collate, type DenseBatch, type EventBatch } from "./batch/collate.ts";
export {
  type BatchPort,
  type BatchWorker,
  serveBatches,
  type WorkerBatchOptions,
  workerBatches,
} from "./batch/worker-batches.ts";
export {
  type BinnedEvents,
  type BinSpikesOptions,
  binEvents,
  binSpikes,
  eventsToTensor,
} from "./binning/bin-events.ts";
export {
  type BinOptions,
  type Downsample,
  fixedCount,
  fixedDuration,
  nBins,
  type TimeBins,
} from "./binning/bin-options.ts";
export { type BinnedDatasetOptions, binnedDataset } from "./dataset/binned-dataset.ts";
export {
  type Dataset,
  datasetOf,
  type EventDataset,
  type LabelledEvents,
  mapDataset,
  type SampleDataset,
  takeItems,
} from "./dataset/dataset.ts";
export { type DatasetOptions, datasetOptionsSchema } from "./dataset/dataset-options.ts";
export { dvsGestureDataset } from "./dataset/dvs-gesture.ts";
export { eventFolders } from "./dataset/event-folders.ts";
export { type FileTree, memoryFiles, openArchives, zipFiles } from "./dataset/file-tree.ts";
export { type ImageCode, type ImageDatasetOptions, mnistDataset } from "./dataset/image-dataset.ts";
export { nmnistDataset, type Part } from "./dataset/nmnist.ts";
export {
  type DatasetArgument,
  type DatasetName,
  datasetNames,
  openFiles,
  parseDatasetArgument,
} from "./dataset/open-dataset.ts";
export { type SceneDatasetOptions, sceneDataset, splitScene } from "./dataset/scene-dataset.ts";
export { type SyntheticGesturesOptions, syntheticGestures } from "./dataset/synthetic-gestures.ts";
export { countSpikes, decodeDelta, decodeLatency, decodeRate, firstSpikes } from "./encode/decode.ts";
export {
  encodeDelta,
  encodeDirect,
  encodeLatency,
  encodePhase,
  encodeRate,
  type LatencyOptions,
  type PhaseOptions,
  type Values,
} from "./encode/encode.ts";
export { type EventStream, eventStream, type SpikeStream, sortEvents } from "./event-stream.ts";
export { eventFormats } from "./formats/decoders.ts";
export type { EventFileHeader, EventFormat, ImuWords, ReadEventsOptions } from "./formats/decoding.ts";
export { detectFormat } from "./formats/detect-format.ts";
export { type Orientation, orientEvents } from "./formats/orient.ts";
export { type EventRecording, type ReadReport, readEvents, streamEvents } from "./formats/read-events.ts";
export { type WritableFormat, writeEvents } from "./formats/write-events.ts";
export { disjointSplit } from "./order/scene-split.ts";
export { shuffledOrder } from "./order/shuffle.ts";
export { perClassSplit, type Split, stratifiedSplit } from "./order/split.ts";
export { gestureNames } from "./synthetic/gesture-motion.ts";
export { type SceneUser, sceneLights, sceneUser } from "./synthetic/gesture-scene.ts";
export type { PixelOptions } from "./synthetic/pixel-model.ts";
export { mix, sceneHash, sceneUniform } from "./synthetic/scene-hash.ts";
export { cosineOf, logTable, sineOf, sineTable } from "./synthetic/scene-tables.ts";
export { type GestureOptions, synthesizeGesture } from "./synthetic/synthesize-gesture.ts";
export { type AugmentOptions, addNoise, augmentEvents, dropEvents } from "./transform/augment.ts";
export { cropSpace, cropTime, type Rectangle, shiftTime } from "./transform/crop.ts";
export { denoiseEvents, refractoryEvents } from "./transform/denoise.ts";
export { downsampleEvents, shiftEvents } from "./transform/resample.ts";
