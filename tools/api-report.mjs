// Writes packages/<name>/api.md: the public declarations of every entry, so that a change of the API shows in review.
// `--write` updates the reports; without it the script fails when one is out of date.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const root = new URL("../", import.meta.url).pathname;
const write = process.argv.includes("--write");

/** The entries of a package: the title of each and its declaration file. */
function entriesOf(name) {
  const folder = join(root, "packages", name);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return Object.entries(manifest.exports).flatMap(([entry, target]) => {
    if (typeof target === "string") return [];
    const index = join(folder, target.types);
    if (!existsSync(index)) throw new Error(`${name}: ${target.types} is missing; build first`);
    return [{ title: entry === "." ? manifest.name : `${manifest.name}${entry.slice(1)}`, index }];
  });
}

const packages = readdirSync(join(root, "packages"))
  .sort()
  .map((name) => ({ name, entries: entriesOf(name) }));
const program = ts.createProgram(
  packages.flatMap(({ entries }) => entries.map(({ index }) => index)),
  { module: ts.ModuleKind.NodeNext, noLib: true, types: [], skipLibCheck: true },
);
const checker = program.getTypeChecker();
const printer = ts.createPrinter({ removeComments: true });

const meant = (symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);

/** The statement that declares a symbol: of a variable the whole `const`. */
const statementOf = (declaration) =>
  ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;

const isHidden = (member) =>
  (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private) !== 0 ||
  (member.name !== undefined && ts.isPrivateIdentifier(member.name));

/** A declaration without comments and, of a class, without its private members. */
function textOf(statement) {
  const shown = ts.isClassDeclaration(statement)
    ? ts.factory.updateClassDeclaration(
        statement,
        statement.modifiers,
        statement.name,
        statement.typeParameters,
        statement.heritageClauses,
        statement.members.filter((member) => !isHidden(member)),
      )
    : statement;
  return printer.printNode(ts.EmitHint.Unspecified, shown, statement.getSourceFile());
}

/** The symbols that a declaration names, itself excluded. */
function namedIn(statement, found = new Set()) {
  const visit = (node) => {
    if (isHidden(node)) return;
    if (ts.isIdentifier(node)) {
      const symbol = checker.getSymbolAtLocation(node);
      if (symbol !== undefined) found.add(meant(symbol));
    }
    ts.forEachChild(node, visit);
  };
  visit(statement);
  return found;
}

/** The statements of a package at the top of its files that declare a symbol. */
const declared = (symbol, dist) =>
  (symbol.declarations ?? [])
    .map(statementOf)
    .filter(
      (node) =>
        node.parent?.kind === ts.SyntaxKind.SourceFile && node.getSourceFile().fileName.startsWith(dist),
    );

/** The exports of an entry in the order of their names, then what their types need and the entry does not export. */
function section({ title, index }, dist) {
  const entry = checker.getSymbolAtLocation(program.getSourceFile(index));
  const exported = checker.getExportsOfModule(entry).sort((a, b) => (a.name < b.name ? -1 : 1));
  const seen = new Set(exported.map(meant));
  const lines = exported.map((symbol) => {
    const statements = declared(meant(symbol), dist);
    if (statements.length === 0) return `export { ${symbol.name} };`;
    const renamed = meant(symbol).name === symbol.name ? "" : `// as ${symbol.name}\n`;
    return renamed + statements.map(textOf).join("\n");
  });
  const needed = [];
  for (const symbol of seen)
    for (const statement of declared(symbol, dist))
      for (const other of namedIn(statement))
        if (!seen.has(other) && declared(other, dist).length > 0) {
          seen.add(other);
          needed.push(...declared(other, dist).map(textOf));
        }
  const rest = needed.length === 0 ? [] : ["// Not exported, seen in the types above", ...needed.sort()];
  return `## ${title}\n\n\`\`\`ts\n${[...lines, ...rest].join("\n\n")}\n\`\`\`\n`;
}

function report({ name, entries }) {
  const dist = join(root, "packages", name, "dist");
  const sections = entries.map((entry) => section(entry, dist));
  return `# API of ${name === "cli" ? "nirkit" : `@nirkit/${name}`}\n\nGenerated from the declarations; run \`pnpm api\` after a change.\n\n${sections.join("\n")}`;
}

let stale = 0;
for (const { name, entries } of packages) {
  const path = join(root, "packages", name, "api.md");
  const text = report({ name, entries });
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  if (write) writeFileSync(path, text);
  else {
    stale += 1;
    process.stderr.write(
      `packages/${name}/api.md is out of date: run \`pnpm api\` and review the difference\n`,
    );
  }
}
process.exitCode = stale > 0 ? 1 : 0;
