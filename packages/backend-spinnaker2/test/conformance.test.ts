import { describeBackend } from "@nirkit/backend/conformance";
import spinnaker2 from "../src/index.ts";
import {
  convNet,
  delayed,
  dense,
  hostile,
  image,
  kernels,
  readout,
  recurrent,
  skip,
  wide,
} from "./graphs.ts";
import { quantizeForChip, s2Options } from "./quantized.ts";

const dt = 1e-3;
const graphs = new Map([
  ["two LIF layers", dense()],
  ["CubaLIF with a bias", dense("cuba")],
  ["a CubaLIF that feeds itself", recurrent()],
  ["a LIF that feeds itself", recurrent("lif")],
  ["dense layers that the kernels take, one recurrent", wide()],
  ["convolutions with sum pools", convNet()],
  ["convolutions with average pools", convNet("avgPool2d")],
  [
    "a convolution in two groups, dilated",
    image((g) => g.conv2d("c", { weight: kernels("g", [4, 1, 3, 3]), groups: 2, dilation: 2, padding: 2 })),
  ],
  ["hostile names", hostile()],
]);
const quantized = await Promise.all(
  [...graphs].map(async ([name, source]) => [name, await quantizeForChip(source, { dt })] as const),
);
describeBackend(spinnaker2, { graphs: quantized });

const relayed = new Map([
  ["a skip connection over relays", skip()],
  ["a delay of 20 steps over relays", delayed(20)],
  ["a readout by membrane", readout()],
  [
    "a convolution with unequal strides, expanded",
    image((g) => g.conv2d("c", { weight: kernels("u", [2, 2, 3, 3]), stride: [2, 1] })),
  ],
]);
describeBackend(spinnaker2, {
  options: s2Options({ relays: true, readout: "membrane", expandConv: true }),
  graphs: await Promise.all(
    [...relayed].map(async ([name, source]) => [name, await quantizeForChip(source, { dt })] as const),
  ),
});
