/** `nirkit dialects`: what the dialects of the float simulator mean. */
import { describeDialect, dialects as known, parseDialect } from "@nirkit/simulate";
import type { Invocation } from "../invocation.ts";
import { table } from "../table.ts";
import { wrapWords } from "../wrap.ts";

/** What may follow a name in a label. */
const modifiers: readonly (readonly [word: string, meaning: string])[] = [
  ["@dt=X", "time step X, in the unit of tau"],
  ["+subtract", "a spike takes the threshold off the membrane, instead of resetting it to a value"],
  ["+old", "the membrane of a CubaLIF sees the current of the step before"],
  ["+zero_signal", "loops start at 0, instead of at what silent neurons give"],
];

/** Lists all dialects, or every option of one. */
export async function dialects(invocation: Invocation, label: string | undefined): Promise<number> {
  if (label === undefined) listAll(invocation);
  else explain(invocation, label);
  return 0;
}

function listAll(invocation: Invocation): void {
  const all = [...known.values()];
  invocation.document({
    ok: true,
    dialects: all.map(({ name, summary, usualDt }) => ({ name, summary, usualDt })),
    modifiers: modifiers.map(([modifier, meaning]) => ({ modifier, meaning })),
  });
  const column = Math.max(...all.map(({ name }) => name.length)) + 2;
  const width = invocation.width() - column;
  const entry = (name: string, text: string): string =>
    wrapWords(text, width)
      .map((line, k) => (k === 0 ? name : "").padEnd(column) + line)
      .join("\n");
  invocation.print(all.map(({ name, summary }) => entry(name, summary)).join("\n"));
  invocation.print("\nA label is a name with any of these behind it:");
  invocation.print(modifiers.map(([word, meaning]) => entry(word, meaning)).join("\n"));
  invocation.print("\nEvery option of one: nirkit dialects NAME");
}

function explain(invocation: Invocation, label: string): void {
  const dialect = parseDialect(label);
  const options = describeDialect(dialect);
  const { name, summary, usualDt } = dialect;
  invocation.document({ ok: true, name, summary, usualDt, options });
  invocation.print(`${name}: ${summary}\nusual dt ${usualDt}\n`);
  const left = table(
    ["option", "value"],
    options.map(({ option, value }) => [option, value]),
  ).split("\n");
  const column = Math.max(...left.map((line) => line.length)) + 2;
  const right = ["meaning", "-------", ...options.map((line) => `${line.summary}: ${line.meaning}`)];
  const lines = left.flatMap((line, k) =>
    wrapWords(right[k] ?? "", invocation.width() - column).map(
      (text, n) => (n === 0 ? line : "").padEnd(column) + text,
    ),
  );
  invocation.print(lines.join("\n"));
}
