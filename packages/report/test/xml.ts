/** A strict reader of the XML that figures are written in: tags balance, attributes are quoted, entities are known. */

/** One start tag as read back. */
export interface ReadTag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

const entity: ReadonlyMap<string, string> = new Map([
  ["&amp;", "&"],
  ["&lt;", "<"],
  ["&gt;", ">"],
  ["&quot;", '"'],
  ["&#39;", "'"],
]);

function decode(text: string): string {
  return text.replace(/&[^;]*;?/g, (found) => {
    const letter = entity.get(found);
    if (letter === undefined) throw new Error(`bad entity ${found}`);
    return letter;
  });
}

/** Start tags in order and the character data, or an exception where the text is not well-formed. */
export function readXml(source: string): { readonly tags: readonly ReadTag[]; readonly text: string } {
  const tags: ReadTag[] = [];
  const open: string[] = [];
  let text = "";
  let rest = source;
  while (rest !== "") {
    const start = /^<([a-z]\w*)((?: [\w:-]+="[^"<]*")*)(\/?)>/i.exec(rest);
    const end = /^<\/(\w+)>/.exec(rest);
    const data = /^[^<]+/.exec(rest);
    if (start !== null) {
      const pairs = [...(start[2] ?? "").matchAll(/ ([\w:-]+)="([^"]*)"/g)];
      tags.push({
        name: start[1] ?? "",
        attributes: new Map(pairs.map(([, key, value]) => [key ?? "", decode(value ?? "")])),
      });
      if (start[3] === "") open.push(start[1] ?? "");
      rest = rest.slice(start[0].length);
    } else if (end !== null) {
      if (open.pop() !== end[1]) throw new Error(`</${end[1]}> does not match`);
      rest = rest.slice(end[0].length);
    } else if (data !== null) {
      if (data[0].includes(">") && open.at(-1) !== "style") throw new Error(`bare > in ${data[0]}`);
      text += decode(data[0]);
      rest = rest.slice(data[0].length);
    } else throw new Error(`not well-formed at ${rest.slice(0, 60)}`);
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)}> is never closed`);
  return { tags, text };
}

/** Attributes or elements that would run code or load something; empty for every figure. */
export function activeContent(source: string): readonly string[] {
  return readXml(source).tags.flatMap(({ name, attributes }) => [
    ...(/^(script|foreignObject|iframe|image|use|a|animate|set)$/i.test(name) ? [name] : []),
    ...[...attributes]
      .filter(([key, value]) => /^on|href|^src$/i.test(key) || /url\(|javascript:/i.test(value))
      .map(([key]) => key),
  ]);
}

/** Names that a hostile file would use. */
export const hostileNames: readonly string[] = [
  "</script><img src=x onerror=alert(1)>",
  '"><svg onload=alert(1)>',
  "' onmouseover='alert(1)",
  "]]><script>alert(1)</script>",
  "__proto__",
  "constructor",
  "a\u0000b\u202ec\ud800",
  "x); $finish; //",
  "",
  "&lt;b&gt;",
];
