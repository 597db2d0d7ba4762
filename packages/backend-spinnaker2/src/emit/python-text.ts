/** Values as Python source text: whatever a name holds, it stays inside its literal. */

/**
 * A string literal of printable ASCII.
 *
 * @example pythonString('"); import os #') // "\"); import os #"
 */
function pythonString(text: string): string {
  let out = '"';
  for (const letter of text) {
    const code = letter.codePointAt(0) ?? 0;
    if (letter === '"' || letter === "\\") out += `\\${letter}`;
    else if (code >= 0x20 && code < 0x7f) out += letter;
    else if (code < 0x10000) out += `\\u${code.toString(16).padStart(4, "0")}`;
    else out += `\\U${code.toString(16).padStart(8, "0")}`;
  }
  return `${out}"`;
}

/** A comment line: printable ASCII, no line breaks. */
export function pythonComment(text: string): string {
  return `# ${text.replace(/[^\x20-\x7e]/g, "?").slice(0, 96)}`;
}

/** A number, a string, true or false, a list or a record of such. */
export type PythonValue =
  | number
  | string
  | boolean
  | readonly PythonValue[]
  | { readonly [key: string]: PythonValue };

/** Source text of a value on one line; numbers as the shortest decimals that give them back. */
export function pythonValue(value: PythonValue): string {
  if (typeof value === "string") return pythonString(value);
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return Object.is(value, -0) ? "0" : String(value);
  if (isList(value)) return `[${value.map(pythonValue).join(", ")}]`;
  const members = Object.entries(value).map(
    ([key, member]) => `${pythonString(key)}: ${pythonValue(member)}`,
  );
  return `{${members.join(", ")}}`;
}

function isList(value: PythonValue): value is readonly PythonValue[] {
  return Array.isArray(value);
}
