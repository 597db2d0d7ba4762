import type { SpikeInput } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  recorded as data,
  dense,
  impulse,
  layer,
  network,
  neuron,
  population,
  quantTensor,
  spikePort,
  steps,
} from "./network-builder.ts";

describe("projections", () => {
  const ports = (shape: readonly number[]) => [{ ...spikePort("in", 1), shape }];

  test("a shift of 2 multiplies the products by 4", () => {
    const made = network(
      [spikePort("in", 1)],
      [population("n", 1, neuron({ kind: "sum", spiking: false }))],
      [dense("in", "n", [[3]]), dense("in", "n", [[1]], { name: "b", shift: 2 })],
    );
    expect(data(made, impulse(1), "n/out")).toEqual([7]);
  });

  test("dense of any density, sparse and identity agree", () => {
    const ints = Array.from({ length: 30 }, (_, k) => (k % 4 === 0 ? k - 15 : 0));
    const rows = Array.from({ length: 6 }, (_, i) => ints.slice(5 * i, 5 * i + 5));
    const model = neuron({ kind: "sum", spiking: false });
    const full = layer(rows, model);
    const entries = ints.map((w, k) => [w, k] as const).filter(([w]) => w !== 0);
    const rowStart = Uint32Array.from({ length: 7 }, (_, i) => entries.filter(([, k]) => k < 5 * i).length);
    const sparse = network(full.inputs, full.populations, [
      {
        ...dense("in", "n", rows),
        op: { kind: "sparse", rowStart, columns: Uint32Array.from(entries, ([, k]) => k % 5) },
        weights: quantTensor(
          [entries.length],
          entries.map(([w]) => w),
        ),
      },
    ]);
    const random = philox(5, "sparse");
    const input = steps(Array.from({ length: 20 }, () => Array.from({ length: 5 }, () => random.integer(2))));
    expect(data(sparse, input, "n/out")).toEqual(data(full, input, "n/out"));
    const eye = layer(
      [
        [3, 0],
        [0, 3],
      ],
      model,
    );
    const identity = network(eye.inputs, eye.populations, [
      { ...dense("in", "n", [[3]]), op: { kind: "identity" } },
    ]);
    expect(
      data(
        identity,
        steps([
          [1, 0],
          [1, 1],
        ]),
        "n/out",
      ),
    ).toEqual(
      data(
        eye,
        steps([
          [1, 0],
          [1, 1],
        ]),
        "n/out",
      ),
    );
  });

  test("convolution equals y[o,p,q] = sum W[o,c,i,j] x[c, p·sH - padH + i·dH, q·sW - padW + j·dW], in every geometry", () => {
    const geometry = fc.record({
      groups: fc.integer({ min: 1, max: 2 }),
      height: fc.integer({ min: 3, max: 6 }),
      width: fc.integer({ min: 3, max: 6 }),
      kh: fc.integer({ min: 1, max: 3 }),
      kw: fc.integer({ min: 1, max: 3 }),
      stride: fc.integer({ min: 1, max: 3 }),
      padding: fc.integer({ min: 0, max: 2 }),
      dilation: fc.integer({ min: 1, max: 2 }),
    });
    fc.assert(
      fc.property(geometry, (g) => {
        const [channelsIn, channelsOut] = [2 * g.groups, 3 * g.groups];
        const size = (n: number, k: number): number =>
          Math.floor((n + 2 * g.padding - g.dilation * (k - 1) - 1) / g.stride) + 1;
        const [oh, ow] = [size(g.height, g.kh), size(g.width, g.kw)];
        fc.pre(oh > 0 && ow > 0);
        const weight = Array.from({ length: channelsOut * 2 * g.kh * g.kw }, (_, k) => ((k * 7) % 11) - 5);
        const x = Array.from({ length: channelsIn * g.height * g.width }, (_, k) =>
          Number((k * 5) % 3 === 0),
        );
        const expected: number[] = [];
        for (let o = 0; o < channelsOut; o++)
          for (let p = 0; p < oh; p++)
            for (let q = 0; q < ow; q++) {
              let sum = 0;
              for (let c = 0; c < 2; c++)
                for (let i = 0; i < g.kh; i++)
                  for (let j = 0; j < g.kw; j++) {
                    const [y, z] = [
                      p * g.stride - g.padding + i * g.dilation,
                      q * g.stride - g.padding + j * g.dilation,
                    ];
                    if (y < 0 || z < 0 || y >= g.height || z >= g.width) continue;
                    const channel = Math.floor(o / 3) * 2 + c;
                    sum +=
                      (weight[((o * 2 + c) * g.kh + i) * g.kw + j] as number) *
                      (x[(channel * g.height + y) * g.width + z] as number);
                  }
              expected.push(sum);
            }
        const op = {
          kind: "conv2d",
          inShape: [channelsIn, g.height, g.width],
          outShape: [channelsOut, oh, ow],
          stride: [g.stride, g.stride],
          padding: [g.padding, g.padding],
          dilation: [g.dilation, g.dilation],
          groups: g.groups,
        } as const;
        const target = {
          ...population("n", channelsOut * oh * ow, neuron({ kind: "sum", spiking: false })),
          shape: op.outShape,
        };
        const made = network(
          ports(op.inShape),
          [target],
          [{ ...dense("in", "n", [[0]]), op, weights: quantTensor([channelsOut, 2, g.kh, g.kw], weight) }],
        );
        const input: SpikeInput = new Map([
          ["in", { dtype: "uint8", shape: [1, ...op.inShape], data: Uint8Array.from(x) }],
        ]);
        expect(data(made, input, "n/out")).toEqual(expected);
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  test("a window sum of 2 x 2 counts the spikes of each window, the rest of the division left out", () => {
    const op = {
      kind: "pool",
      inShape: [1, 3, 4],
      outShape: [1, 1, 2],
      kernel: [2, 2],
      stride: [2, 2],
      padding: [0, 0],
    } as const;
    const target = { ...population("n", 2, neuron({ kind: "sum", spiking: false })), shape: op.outShape };
    const made = network(ports(op.inShape), [target], [{ ...dense("in", "n", [[1]]), op }]);
    const image = Uint8Array.of(1, 1, 0, 1, 1, 0, 0, 0, 1, 1, 1, 1);
    const input: SpikeInput = new Map([["in", { dtype: "uint8", shape: [1, 1, 3, 4], data: image }]]);
    expect(data(made, input, "n/out")).toEqual([3, 1]);
  });
});
