import { graph, tensor, toFloat64, zeros } from "@nirkit/graph";
import { accumulatorBounds, createNetworkSimulator, lower, type NetworkTrace } from "@nirkit/network";
import { quantizeUniform } from "@nirkit/quantize-uniform";

// An image of 4 x 4 pixels: convolution, spikes, window sums, dense layer, spikes.
const spiking = { r: 1, vThreshold: 1, vReset: 0 };
const model = graph()
  .input("in", [1, 4, 4])
  .conv2d("conv", {
    weight: [
      [
        [
          [0.7, 0.4],
          [0.4, -0.3],
        ],
      ],
    ],
    padding: "same",
  })
  .if("edges", spiking)
  .sumPool2d("pool", { kernelSize: 2 })
  .flatten("flat")
  .linear("fc", {
    weight: [
      [0.7, -0.2, 0.3, 0.1],
      [-0.4, 0.5, 0.2, 0.6],
    ],
  })
  .if("out", spiking)
  .output("answer")
  .build();
const { graph: quantized } = await quantizeUniform(model, { bits: 4, axis: null, dt: 1 });

const network = lower(quantized);
const [conv, fc] = network.projections;
if (conv === undefined || fc === undefined) throw new Error("two weight nodes are two projections");
// Integers of 4 bits; same padding of an even kernel has no zeros in front.
if (conv.weights.ints.join() !== "7,4,4,-3") throw new Error(`conv has ${conv.weights.ints}`);
if (conv.op.kind !== "conv2d" || conv.op.padding.join() !== "0,0") throw new Error("zeros stand behind");
// The pool stands in front of the weights, inside the projection.
if (fc.op.kind !== "dense" || fc.pool?.outShape.join() !== "1,2,2") throw new Error("the pool is folded");
// At most 7 + 4 + 4 + 3 arrive in one step; a cell of the pool counts up to 4 spikes.
const bounds = accumulatorBounds(network);
if (bounds.get("edges")?.acc !== 18) throw new Error("the sum of the kernel's magnitudes");
if (bounds.get("out")?.acc !== 68) throw new Error("4 spikes a cell times (4 + 5 + 2 + 6)");

const simulator = createNetworkSimulator(network);
const frames = tensor("uint8", [3, 1, 4, 4], new Array<number>(48).fill(1));
const record = { nodes: ["out"], signals: ["vpre"] } as const;
const trace = simulator.run(new Map([["in", frames]]), { record });
const potentialsOf = ({ records }: NetworkTrace): Float64Array =>
  toFloat64(records.get("out/vpre") ?? zeros("int32", [0]));
const potentials = potentialsOf(trace).join();
if (potentials !== "35,30,36,36,35,30") throw new Error(`potentials are ${potentials}`);

// The same, one frame at a time.
const stream = simulator.stream(record);
const frame = tensor("uint8", [1, 1, 4, 4], new Array<number>(16).fill(1));
const live = [0, 1, 2].flatMap(() => [...potentialsOf(stream.step(new Map([["in", frame]])))]);
if (live.join() !== potentials) throw new Error(`${live} is not ${potentials}`);
