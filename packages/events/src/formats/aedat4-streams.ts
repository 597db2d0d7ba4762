/** The streams that the XML description of an AEDAT 4 file declares. */

/** One stream; a size of 0 is none. */
export interface Aedat4Stream {
  readonly id: number;
  readonly type: string;
  readonly width: number;
  readonly height: number;
}

const tag = /<node\s+name="([^"]*)"[^>]*?(\/?)>|<\/node>|<attr\s+key="([^"]*)"[^>]*>([^<]*)<\/attr>/g;
// dv nests four deep; a deeper file is not followed.
const maxDepth = 64;

/** Reads `outInfo/<id>` with its `typeIdentifier`, and `info` with `sizeX` and `sizeY` below it. */
export function readStreams(description: string): readonly Aedat4Stream[] {
  const values = new Map<string, string>();
  const path: string[] = [];
  for (const [, node, closed, key, value] of description.matchAll(tag)) {
    if (key !== undefined) values.set(`${path.join("/")}:${key}`, value ?? "");
    else if (node === undefined) path.pop();
    else if (closed === "" && path.length < maxDepth) path.push(node);
  }
  const streams: Aedat4Stream[] = [];
  for (const [place, type] of values) {
    const id = /(?:^|\/)outInfo\/(\d{1,9}):typeIdentifier$/.exec(place)?.[1];
    if (id === undefined) continue;
    const info = place.replace(/:typeIdentifier$/, "/info:");
    const side = (key: string): number => {
      const size = Number(values.get(info + key) ?? 0);
      return Number.isInteger(size) && size > 0 && size <= 65536 ? size : 0;
    };
    streams.push({ id: Number(id), type, width: side("sizeX"), height: side("sizeY") });
  }
  return streams;
}
