export {
  type CaseConvolution,
  type CasePopulation,
  type CaseProjection,
  type CaseValues,
  type PopulationCase,
  populationCaseSchema,
} from "./case/population-case.ts";
export type { LargestSum, SpikeTrain } from "./engine/population-engine.ts";
export {
  createPopulationSimulator,
  type PopulationSimulator,
  type PopulationTrace,
  type SimulatePopulationsOptions,
  simulatePopulations,
  spikeTimes,
} from "./simulate-populations.ts";
