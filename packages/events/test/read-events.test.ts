import { detectFormat, type EventStream, readEvents, streamEvents } from "@nirkit/events";
import { describe, expect, test } from "vitest";
import { rowsHash, sumOf as sum } from "./rows-hash.ts";
import { hasSampleFiles, sampleFile } from "./sample-files.ts";

const event = (s: EventStream, i: number): readonly (number | undefined)[] => {
  const at = i < 0 ? s.t.length + i : i;
  return [s.t[at], s.x[at], s.y[at], s.p[at]];
};
/** Expected of each sample file, from an independent reader. */
const expected = [
  {
    file: "nmnist_sample.bin",
    format: "nmnist",
    size: [34, 34],
    events: 4325,
    on: 2145,
    first: [
      [654, 7, 15, 1],
      [2999, 19, 18, 0],
      [3017, 21, 17, 0],
      [3893, 10, 18, 0],
      [4023, 12, 9, 1],
    ],
    last: [311175, 21, 14, 1],
    sums: [74457, 71931],
  },
  {
    file: "davis240c_imu_boxes_aedat2.aedat",
    format: "aedat2",
    size: [240, 180],
    events: 162771,
    on: 82944,
    first: [
      [294976755, 156, 36, 0],
      [294976892, 205, 128, 0],
      [294976940, 169, 46, 1],
      [294976963, 94, 117, 0],
      [294977020, 159, 64, 1],
    ],
    last: [297049406, 233, 40, 0],
    sums: [14600358, 11961336],
  },
  {
    file: "dvxplorer_lite_320x240.aedat4",
    format: "aedat4",
    size: [320, 240],
    events: 111954,
    on: 55023,
    first: [
      [1605537493718345, 154, 204, 0],
      [1605537493718348, 149, 206, 0],
      [1605537493718349, 148, 199, 1],
      [1605537493718354, 139, 30, 0],
      [1605537493718360, 130, 181, 1],
    ],
    last: [1605537494308262, 88, 237, 1],
    sums: [18342405, 15105898],
  },
  {
    file: "dvs128_quiet.aedat4",
    format: "aedat4",
    size: [128, 128],
    events: 18342,
    on: 8297,
    first: [[1718320899149165, 123, 117, 1]],
    last: [1718320904608663],
    sums: [912567, 1098973],
  },
  {
    file: "dvs128_wave.aedat4",
    format: "aedat4",
    size: [128, 128],
    events: 149629,
    on: 66767,
    first: [
      [1718925184590631, 23, 51, 1],
      [1718925184590832, 23, 50, 1],
      [1718925184590833, 26, 74, 1],
      [1718925184590837, 29, 46, 1],
      [1718925184590839, 25, 73, 1],
    ],
    last: [1718925190610468, 24, 46, 1],
    sums: [4502842, 9820440],
  },
  {
    file: "ncars_sample.dat",
    format: "dat",
    size: [78, 42],
    events: 2009,
    on: 1350,
    first: [
      [0, 25, 8, 0],
      [35, 67, 35, 0],
      [152, 56, 27, 1],
      [202, 74, 39, 1],
      [244, 49, 28, 1],
    ],
    last: [99952, 75, 28, 1],
    sums: [93457, 40463],
  },
  {
    file: "gen3_evt2.raw",
    format: "evt2",
    size: [640, 480],
    events: 539481,
    on: 367855,
    first: [
      [1317888, 237, 121, 1],
      [1317888, 246, 121, 1],
      [1317888, 248, 132, 1],
      [1317888, 239, 133, 1],
      [1317888, 256, 134, 1],
    ],
    last: [1367888, 210, 142, 1],
    sums: [171811022, 110162026],
  },
  {
    file: "gen41_evt3.raw",
    format: "evt3",
    size: [1280, 720],
    events: 132142,
    on: 69871,
    first: [
      [11718656, 874, 200, 0],
      [11718656, 806, 200, 1],
      [11718656, 882, 201, 0],
      [11718656, 1085, 201, 1],
      [11718656, 1235, 201, 1],
    ],
    last: [11723863, 1111, 57, 0],
    sums: [93644062, 50987608],
  },
] as const;

describe.skipIf(!hasSampleFiles())("sample files", () => {
  test.each(expected)("$file: $events events, $on ON, sums $sums", (row) => {
    const bytes = sampleFile(`events/formats/${row.file}`);
    expect(detectFormat(bytes)).toBe(row.format);
    const { stream } = readEvents(bytes);
    expect([stream.width, stream.height]).toEqual(row.size);
    expect(stream.t.length).toBe(row.events);
    expect(sum(stream.p)).toBe(row.on);
    row.first.forEach((value, i) => {
      expect(event(stream, i)).toEqual(value);
    });
    expect(event(stream, -1).slice(0, row.last.length)).toEqual(row.last);
    expect([sum(stream.x), sum(stream.y)]).toEqual(row.sums);
  });

  test("AEDAT 2: 196608 records behind byte 175268 are 162771 events and 33837 inertial words, 42, -4129, -111 first", () => {
    const bytes = sampleFile("events/formats/davis240c_imu_boxes_aedat2.aedat");
    const { header, report, imu } = readEvents(bytes, { imu: true });
    expect(header).toEqual({ version: "2.0", lines: 2104, bytes: 175268, chip: "DAVIS240C" });
    expect(report).toMatchObject({ monotonic: true, trailingBytes: 0, outsideEvents: 0 });
    expect([...report.counts]).toEqual([["imu", 33837]]);
    expect(imu?.t.length).toBe(33837);
    expect(imu?.t[0]).toBe(294976899);
    expect([...(imu?.type.subarray(0, 3) ?? [])]).toEqual([0, 1, 2]);
    expect([...(imu?.value.subarray(0, 3) ?? [])]).toEqual([42, -4129, -111]);
  });

  test.each([
    ["synth_bar_x_aedat2.aedat", 10000, 100000, 10000000, 1385000, 505000],
    ["synth_bar_rot_aedat2.aedat", 45000, 100000, 90000000, 5400000, 4004950],
  ])(
    "AEDAT 2 without a camera, %s: refused, and with chip davis240 %i events, all ON",
    (file, n, first, last, x, y) => {
      const bytes = sampleFile(`events/formats/${file}`);
      expect(() => readEvents(bytes, { path: file })).toThrow(`E_EVENTS_CHIP ${file}@185`);
      const { stream, header } = readEvents(bytes, { chip: "davis240" });
      expect(header.bytes).toBe(185);
      expect([stream.t.length, sum(stream.p), stream.t[0], stream.t.at(-1)]).toEqual([n, n, first, last]);
      expect([sum(stream.x), sum(stream.y)]).toEqual([x, y]);
    },
  );

  test("AEDAT 2 of 12 header lines and no events: chip Davis346red, made at 1695355587880 ms, 346 x 260", () => {
    const { header, stream } = readEvents(sampleFile("events/formats/aedat2_header_only.aedat"));
    expect(header).toEqual({
      version: "2.0",
      lines: 12,
      bytes: 599,
      chip: "Davis346red",
      creationTimeMs: 1695355587880,
    });
    expect([stream.t.length, stream.width, stream.height]).toEqual([0, 346, 260]);
  });

  test.each([
    [
      "user01_fluorescent",
      58,
      112525,
      12,
      54576,
      [3000466, 64, 43, 1],
      [10788863, 0, 117, 0],
      7491251,
      6108212,
      "d4c9cc6ee0373d56f1f509c1e97dcd1afbf5937c9ab4807aa427ad4c10cdea30",
    ],
    [
      "user24_natural",
      99,
      193067,
      20,
      91839,
      [3000067, 111, 65, 1],
      [10136292, 66, 77, 1],
      11108659,
      11254083,
      "16d38adcd8e85640f944c0612d7a176e228a23b91510811105ee8568cf50f210",
    ],
  ] as const)(
    "AEDAT 3.1 %s: %i packets, %i events, %i invalid",
    (name, packets, n, invalid, on, first, last, x, y, hash) => {
      const { stream, header, report } = readEvents(sampleFile(`events/gesture-aedat31/${name}.aedat`));
      expect(header).toMatchObject({ version: "3.1", bytes: 105 });
      expect([stream.width, stream.height, stream.t.length, sum(stream.p)]).toEqual([128, 128, n, on]);
      expect(report.counts.get("polarity")).toBe(packets);
      expect(report.invalidEvents).toBe(invalid);
      expect([event(stream, 0), event(stream, -1)]).toEqual([first, last]);
      expect([sum(stream.x), sum(stream.y)]).toEqual([x, y]);
      expect(rowsHash(stream)).toBe(hash);
    },
  );

  test("AEDAT 4: 59 event and 59 inertial packets of streams 0, 2, 3; 546 and 602 packets of the DVS128", () => {
    const read = (name: string) => readEvents(sampleFile(`events/formats/${name}.aedat4`));
    const { header, report } = read("dvxplorer_lite_320x240");
    expect(header.bytes).toBe(2316 + 18);
    expect([...(header.streams?.keys() ?? [])]).toEqual([0, 2, 3]);
    expect([report.counts.get("EVTS"), report.counts.get("IMUS")]).toEqual([59, 59]);
    expect(read("dvs128_quiet").report.counts.get("EVTS")).toBe(546);
    expect(read("dvs128_wave").report.counts.get("EVTS")).toBe(602);
  });

  test("EVT 2 and 3: words by type as in the recordings", () => {
    const evt2 = readEvents(sampleFile("events/formats/gen3_evt2.raw"));
    expect(evt2.header).toMatchObject({ bytes: 164, version: "2.0" });
    expect(Object.fromEntries(evt2.report.counts)).toEqual({ off: 171626, on: 367855, "time-high": 3126 });
    const evt3 = readEvents(sampleFile("events/formats/gen41_evt3.raw"));
    expect(evt3.header).toMatchObject({ bytes: 166, version: "3.0" });
    expect(Object.fromEntries(evt3.report.counts)).toEqual({
      "time-high": 326,
      "time-low": 5213,
      "addr-y": 35266,
      "addr-x": 118678,
      "vect-base-x": 6427,
      "vect-12": 12970,
      "vect-8": 6485,
    });
  });

  test("DAT without a sensor size: version 2, 93 bytes of header, a warning names 78 x 42", () => {
    const { header, diagnostics } = readEvents(sampleFile("events/formats/ncars_sample.dat"));
    expect(header).toMatchObject({ version: "2", bytes: 93 });
    expect(diagnostics.map((d) => d.code)).toEqual(["W_EVENTS_SIZE"]);
  });

  test.each([
    ["events/formats/nmnist_sample.bin", 7],
    ["events/formats/davis240c_imu_boxes_aedat2.aedat", 4099],
    ["events/gesture-aedat31/user01_fluorescent.aedat", 1021],
    ["events/formats/dvxplorer_lite_320x240.aedat4", 3001],
    ["events/formats/gen3_evt2.raw", 65537],
    ["events/formats/gen41_evt3.raw", 333],
  ])("%s in pieces of %i bytes gives the stream of the whole", async (file, size) => {
    const bytes = sampleFile(file);
    const whole = readEvents(bytes);
    const pieces = (function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    })();
    const parts = streamEvents(pieces);
    let [at, step] = [0, await parts.next()];
    while (!step.done) {
      const { t, x, y, p } = step.value;
      expect(t).toEqual(whole.stream.t.subarray(at, at + t.length));
      expect(x).toEqual(whole.stream.x.subarray(at, at + t.length));
      expect(y).toEqual(whole.stream.y.subarray(at, at + t.length));
      expect(p).toEqual(whole.stream.p.subarray(at, at + t.length));
      at += t.length;
      step = await parts.next();
    }
    expect(at).toBe(whole.stream.t.length);
    expect(step.value.report).toEqual(whole.report);
    expect(step.value.header).toEqual(whole.header);
  });
});
