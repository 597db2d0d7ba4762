/** A lint of Verilog text that needs no tool: the rules that every emitted module keeps. */

/** SystemVerilog words that Verilog-2005 does not have. */
const foreign =
  /\b(logic|always_ff|always_comb|always_latch|interface|endinterface|struct|typedef|enum|import|package|unique|priority|bit|byte|shortint|longint|int)\b/;

const words: ReadonlySet<string> = new Set(
  `module endmodule parameter localparam input output inout wire reg integer genvar generate endgenerate if else for begin
  end always assign initial case endcase default function endfunction posedge negedge signed task endtask or`.split(
    /\s+/,
  ),
);

/** Everything that is wrong with one file; `library` has the ports and parameters of known modules. */
export function lintVerilog(
  path: string,
  text: string,
  library: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const found: string[] = [];
  text.split("\n").forEach((line, k) => {
    if (line.length > 100) found.push(`${path}:${k + 1}: ${line.length} columns`);
    if (/[^\x20-\x7e]/.test(line)) found.push(`${path}:${k + 1}: not ASCII`);
    if (/\s$/.test(line)) found.push(`${path}:${k + 1}: blank at the end`);
  });
  const code = text
    .replace(/\/\/.*$/gm, "")
    .replace(/"[^"]*"/g, '""')
    .replace(/\(\*.*?\*\)/g, "")
    .replace(/\d*'s?[bdh][0-9a-fA-F]+/g, "0");
  const sv = foreign.exec(code);
  if (sv !== null) found.push(`${path}: SystemVerilog word ${sv[0]}`);
  for (const [open, close] of [
    ["begin", "end"],
    ["module", "endmodule"],
    ["generate", "endgenerate"],
    ["case", "endcase"],
    ["function", "endfunction"],
    ["task", "endtask"],
  ] as const)
    if (count(code, open) !== count(code, close)) found.push(`${path}: ${open} and ${close} do not balance`);
  if (count(code, "module") !== 1) found.push(`${path}: not one module`);
  found.push(...instanceErrors(path, code, library), ...undeclared(path, code, library));
  return found;
}

function count(code: string, word: string): number {
  return [...code.matchAll(new RegExp(`\\b${word}\\b`, "g"))].length;
}

/** Ports and parameters of a module. */
export function moduleNames(text: string): ReadonlySet<string> {
  const head = text
    .replace(/\/\/.*$/gm, "")
    .split(");")[0]
    ?.replace(/\[[^\]]*\]/g, "") as string;
  const names = [...head.matchAll(/\b(?:parameter|input|output)\b[^,;=]*?(\w+)\s*(?==|,|$|\n|\))/g)];
  return new Set(names.map((m) => m[1] as string));
}

function instanceErrors(
  path: string,
  code: string,
  library: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const found: string[] = [];
  for (const [, name, body] of code.matchAll(/\b(nk_\w+)\b([^;]*);/g)) {
    const known = library.get(name as string);
    if (known === undefined) found.push(`${path}: unknown module ${name}`);
    else
      for (const [, connected] of (body as string).matchAll(/\.(\w+)\s*\(/g))
        if (!known.has(connected as string)) found.push(`${path}: ${name} has no ${connected}`);
  }
  return found;
}

function undeclared(path: string, code: string, library: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const declared = new Set<string>();
  const flat = code.replace(/\[[^\]]*\]/g, "");
  for (const [, list] of flat.matchAll(
    /\b(?:wire|reg|integer|genvar|parameter|localparam|input|output|function|task)\b([^;)]*)/g,
  ))
    for (const [name] of (list as string).matchAll(/\b[A-Za-z_]\w*\b/g)) declared.add(name);
  for (const [, name] of code.matchAll(/\bmodule\s+(\w+)/g)) declared.add(name as string);
  for (const [, name] of code.matchAll(/\b(?:begin|end)\s*:\s*(\w+)/g)) declared.add(name as string);
  for (const [, name] of code.matchAll(/\)\s*(\w+)\s*\(/g)) declared.add(name as string);
  for (const [, name] of code.matchAll(/\bnk_\w+\s+(\w+)\s*\(/g)) declared.add(name as string);
  const found = new Set<string>();
  const bare = code.replace(/\.\w+\s*\(/g, "(").replace(/\$\w+/g, "");
  for (const [name] of bare.matchAll(/\b[A-Za-z_]\w*\b/g))
    if (!declared.has(name) && !words.has(name) && !library.has(name))
      found.add(`${path}: ${name} is not declared`);
  return [...found];
}
