export { type ReadShdOptions, readShd, type ShdDataset, type ShdSample, shdSamples } from "./read-shd.ts";
