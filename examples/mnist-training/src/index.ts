/** What other examples build on: images, networks and how they are trained. */
export { correctSamples, dialect, type FewLevels, type Fit, fitNetwork } from "./fit-network.ts";
export {
  type DigitCode,
  type Digits,
  readDigits,
  type ShowOptions,
  shownDigits,
  someDigits,
} from "./images.ts";
export {
  type DigitRun,
  digitAccuracy,
  digitNetwork,
  digitRecipe,
  digitSchemes,
  trainDigits,
} from "./train-digits.ts";
