/** Names for added nodes. */

/** `wanted`, or with `_0`, `_1`, … where it is taken; the result is taken from then on. */
export function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let i = 0; taken.has(name); i++) name = `${wanted}_${i}`;
  taken.add(name);
  return name;
}
