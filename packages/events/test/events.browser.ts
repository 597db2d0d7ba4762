import {
  binEvents,
  eventsToTensor,
  nmnistDataset,
  openFiles,
  readEvents,
  streamEvents,
  synthesizeGesture,
  writeEvents,
  zipFiles,
} from "@nirkit/events";
import { NirkitError } from "@nirkit/graph";
import { zipSync } from "fflate";
import { expect, test } from "vitest";

const hash = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> => {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};

test("200 ms of class 3 of user 1 are the same bytes in the browser", async () => {
  const { t, x, y, p } = synthesizeGesture({ seed: 2024, user: 1, label: 3, steps: 200 });
  const rows = new Int32Array(t.length * 4);
  for (let i = 0; i < t.length; i++) rows.set([t[i] ?? 0, x[i] ?? 0, y[i] ?? 0, p[i] ?? 0], i * 4);
  expect(await hash(new Uint8Array(rows.buffer))).toBe(
    "9172dc577a906ca54b50a76f26e6261f0a71b1e6334528e8545d3f1cf96eb799",
  );
});

test("a recording is written, read whole and in pieces, and binned in the browser", async () => {
  const stream = synthesizeGesture({ seed: 1, user: 1, label: 0, steps: 30 });
  const bytes = writeEvents(stream, "aedat3");
  expect(readEvents(bytes).stream).toEqual(stream);
  let events = 0;
  for await (const part of streamEvents(
    new Response(bytes.slice().buffer).body as unknown as AsyncIterable<Uint8Array>,
  ))
    events += part.t.length;
  expect(events).toBe(stream.t.length);
  const binned = binEvents(stream, { by: { us: 10_000 }, downsample: { factor: 4 } });
  expect(eventsToTensor(binned).shape).toEqual([3, 2, 32, 32]);
});

test("an archive dropped on a page is a data set; a damaged one is refused", async () => {
  const { t, x, y, p } = synthesizeGesture({ seed: 1, user: 1, label: 0, steps: 20 });
  const small = { width: 34, height: 34, t, x: x.map((v) => v >> 2), y: y.map((v) => v >> 2), p };
  const archive = zipSync({ "Test/4/00001.bin": writeEvents(small, "nmnist") });
  expect((await nmnistDataset(zipFiles(archive))).length).toBe(1);
  expect((await (await openFiles("nmnist", zipFiles(archive), { steps: 20 })).get(0)).label).toBe(4);
  expect(() => zipFiles(archive.subarray(0, 40))).toThrow(NirkitError);
});
