export {
  type ApplicationModel,
  applicationModels,
  knownModels,
  type ModelName,
} from "./application-models.ts";
export { spinnaker2 as default, spinnaker2 } from "./backend.ts";
export {
  type CaseConvolution,
  type CasePopulation,
  type CaseProjection,
  type CaseValues,
  type PopulationCase,
  populationCaseSchema,
} from "./case/population-case.ts";
export { emitS2 } from "./emit/emit.ts";
export { type EnergyParts, energyOf, type OperatingPoint, operatingPoints, totalJoules } from "./energy.ts";
export type { ConvParams } from "./engine/convolution.ts";
export type { LargestSum, SpikeTrain } from "./engine/population-engine.ts";
export { estimateS2 } from "./estimate.ts";
export type { ImageConvolution, ImageEntry, ImageRows, PeImage } from "./image/read-image.ts";
export { packSynapse, type SynapseWord, unpackSynapse } from "./image/synapse-word.ts";
export { loadS2, readImages } from "./load.ts";
export { checkS2, mapS2 } from "./map/compile.ts";
export type {
  MemoryRegion,
  RegionName,
  S2Convolution,
  S2Energy,
  S2Estimates,
  S2Mapping,
  S2Population,
  S2Port,
  S2Projection,
  S2Quantization,
  S2Route,
  S2Slice,
  S2Synapses,
} from "./map/mapping.ts";
export { mappingJsonSchema, mappingSchema } from "./map/mapping-schema.ts";
export {
  calibrateTiming,
  cyclesOf,
  defaultTiming,
  type TimingModel,
  type TimingSample,
} from "./map/timing.ts";
export { type S2Options, s2OptionsSchema } from "./options.ts";
export { type PeProfile, profileS2, type RunProfile } from "./profile.ts";
export { simulateS2 } from "./simulate.ts";
export { simulateImages } from "./simulate-images.ts";
export {
  createPopulationSimulator,
  type PopulationSimulator,
  type PopulationTrace,
  type SimulatePopulationsOptions,
  simulatePopulations,
  spikeTimes,
} from "./simulate-populations.ts";
