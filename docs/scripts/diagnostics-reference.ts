/**
 * The reference of diagnostic codes, read from the sources: the tables of the packages give the words of most codes,
 * the places that report a code give the rest. A part of a sentence that depends on the case stands as ‹name›.
 */
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import ts from "typescript";

interface Words {
  readonly message: string;
  readonly hint: string;
}

const codePattern = /^[EWH]_[A-Z0-9_]+$/;

/** Name of the value that an expression shows: `d.shape.join(", ")` is shape. */
function placeholder(expression: ts.Expression): string {
  if (ts.isCallExpression(expression)) {
    const [first] = expression.arguments;
    if (
      ts.isPropertyAccessExpression(expression.expression) &&
      !ts.isStringLiteralLike(expression.expression.expression)
    )
      return placeholder(expression.expression.expression);
    return first === undefined ? "…" : placeholder(first);
  }
  if (ts.isPropertyAccessExpression(expression)) return expression.name.text;
  if (ts.isIdentifier(expression)) return expression.text;
  if (ts.isElementAccessExpression(expression)) return placeholder(expression.expression);
  return "…";
}

/** The text of an expression with its variable parts as ‹name›; alternatives are separated by " / ". */
function wordsOf(expression: ts.Expression): string {
  if (ts.isParenthesizedExpression(expression) || ts.isAsExpression(expression))
    return wordsOf(expression.expression);
  if (ts.isStringLiteralLike(expression)) return expression.text;
  if (ts.isTemplateExpression(expression))
    return (
      expression.head.text +
      expression.templateSpans.map((span) => wordsOf(span.expression) + span.literal.text).join("")
    );
  if (ts.isBinaryExpression(expression)) {
    const [left, right] = [wordsOf(expression.left), wordsOf(expression.right)];
    return expression.operatorToken.kind === ts.SyntaxKind.PlusToken ? left + right : right;
  }
  if (ts.isConditionalExpression(expression)) {
    const both = [wordsOf(expression.whenTrue), wordsOf(expression.whenFalse)].filter(
      (words) => words !== "",
    );
    return both.length === 2 ? `[${both.join(" | ")}]` : (both[0] ?? "");
  }
  if (ts.isIdentifier(expression) && expression.text === "undefined") return "";
  return `‹${placeholder(expression)}›`;
}

function field(literal: ts.ObjectLiteralExpression, name: string): string | undefined {
  for (const property of literal.properties)
    if (ts.isPropertyAssignment(property) && property.name.getText() === name)
      return wordsOf(property.initializer);
  return undefined;
}

function wordsOfLiteral(literal: ts.ObjectLiteralExpression): Words | undefined {
  const message = field(literal, "message");
  const [found, expected] = [field(literal, "found"), field(literal, "expected")];
  const said = message ?? (found === undefined ? undefined : `Found ${found}, expected ${expected ?? "…"}`);
  return said === undefined ? undefined : { message: said, hint: field(literal, "hint") ?? "" };
}

/** The object that an arrow function of a table returns, directly or from its last statement. */
function returned(node: ts.Expression): ts.ObjectLiteralExpression | undefined {
  if (!ts.isArrowFunction(node)) return undefined;
  let body: ts.Node = node.body;
  if (ts.isBlock(body)) {
    const last = body.statements.at(-1);
    if (last === undefined || !ts.isReturnStatement(last) || last.expression === undefined) return undefined;
    body = last.expression;
  }
  while (ts.isParenthesizedExpression(body)) body = body.expression;
  return ts.isObjectLiteralExpression(body) ? body : undefined;
}

/**
 * Collects the words of each code in one source file: from the table itself, or, for codes whose table entry takes its
 * words from the caller, from the calls.
 */
function collect(
  source: ts.SourceFile,
  from: "table" | "calls",
  into: Map<string, Words[]>,
  open: ReadonlySet<string>,
): void {
  const add = (code: string, literal: ts.ObjectLiteralExpression | undefined): void => {
    const list = into.get(code) ?? [];
    into.set(code, list);
    const words = literal === undefined ? undefined : wordsOfLiteral(literal);
    if (words !== undefined && !list.some((w) => w.message === words.message)) list.push(words);
  };
  const visit = (node: ts.Node): void => {
    if (from === "table" && ts.isPropertyAssignment(node) && codePattern.test(node.name.getText()))
      add(node.name.getText(), returned(node.initializer));
    if (from === "calls" && ts.isCallExpression(node)) {
      const code = node.arguments.find((a) => ts.isStringLiteralLike(a) && codePattern.test(a.text));
      const literal = node.arguments.find(ts.isObjectLiteralExpression);
      if (code !== undefined && ts.isStringLiteralLike(code) && literal !== undefined && open.has(code.text))
        add(code.text, literal);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}

async function sourceFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .toSorted();
}

async function parse(file: string): Promise<ts.SourceFile> {
  return ts.createSourceFile(file, await readFile(file, "utf8"), ts.ScriptTarget.Latest, true);
}

/** Escapes what Markdown, HTML or Vue would interpret. */
function plain(text: string): string {
  return text
    .replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c] ?? c)
    .replace(/[\\`*_{}[\]|#]/g, "\\$&");
}

function section(code: string, variants: readonly Words[], anchor: string): string {
  const lines = variants.map(
    ({ message, hint }) => `- ${plain(message)}${hint === "" ? "" : `  \n  *Hint:* ${plain(hint)}`}`,
  );
  const body = lines.length === 0 ? "Says in its own words what was found at its place." : lines.join("\n");
  return `### ${plain(code)} {#${anchor}}\n\n${body}\n`;
}

/** Markdown: a heading per package, an anchor per code (`E_DT_MISSING` is `#e-dt-missing`). */
export async function diagnosticsReference(packages: URL): Promise<string> {
  const names = (await readdir(packages)).toSorted();
  const parsed = new Map<string, readonly ts.SourceFile[]>();
  for (const name of names)
    parsed.set(
      name,
      await Promise.all((await sourceFiles(fileURLToPath(new URL(`${name}/src/`, packages)))).map(parse)),
    );
  const anchors = new Set<string>();
  const anchorOf = (code: string, name: string): string => {
    const own = code.toLowerCase().replaceAll("_", "-");
    // Two packages may use the same code for the same thing; the second anchor carries the package.
    const anchor = anchors.has(own) ? `${own}-${name}` : own;
    anchors.add(anchor);
    return anchor;
  };
  const chapters: string[] = [];
  for (const [name, sources] of parsed) {
    const table = sources.find((source) => source.fileName.endsWith("/src/diagnostics.ts"));
    if (table === undefined) continue;
    const codes = new Map<string, Words[]>();
    collect(table, "table", codes, new Set());
    const open = new Set([...codes].filter(([, words]) => words.length === 0).map(([code]) => code));
    for (const source of [...parsed.values()].flat()) collect(source, "calls", codes, open);
    if (codes.size === 0) continue;
    const sections = [...codes]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, words]) => section(code, words, anchorOf(code, name)));
    chapters.push(`## ${name === "cli" ? "nirkit" : `@nirkit/${name}`}\n\n${sections.join("\n")}`);
  }
  return `::: v-pre\n\n${chapters.join("\n")}\n:::\n`;
}
