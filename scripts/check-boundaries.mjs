// Checks who imports whom: every file under src/ lies in one room, and a room imports from the rooms it may know and no others.
// Usage: node scripts/check-boundaries.mjs [root of a repository]
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const composition = [
  "src/pg-checkpointer.ts",
  "src/in-memory-checkpointer.ts",
  "src/checkpointer-options.ts",
  "src/environment.ts",
];
const storeFoundations = ["model", "log", "cold-store"];
const hotFoundations = ["model", "log", "hot-log"];
const hotLogs = ["hot-log", "hot-memory", "hot-redis"];
const library = [...storeFoundations, "memory", "postgres", ...hotLogs, "generated", "engine", "composition"];

/** What lies in each room, and which rooms it may import. A room may always import itself. */
const rooms = {
  model: { holds: ["src/model/"], imports: [] },
  log: { holds: ["src/log/"], imports: ["model"] },
  "cold-store": { holds: ["src/stores/cold-store.ts"], imports: ["model", "log"] },
  memory: { holds: ["src/stores/memory/"], imports: storeFoundations },
  postgres: { holds: ["src/stores/postgres/"], imports: [...storeFoundations, "generated"] },
  "hot-log": { holds: ["src/hot/hot-log.ts", "src/hot/damaged-hot-log-error.ts"], imports: ["model", "log"] },
  "hot-memory": { holds: ["src/hot/memory/"], imports: hotFoundations },
  "hot-redis": { holds: ["src/hot/redis/"], imports: [...hotFoundations, "generated"] },
  generated: { holds: ["src/generated/"], imports: [] },
  engine: { holds: ["src/engine/"], imports: [...storeFoundations, "hot-log"] },
  composition: { holds: composition, imports: library },
  index: { holds: ["src/index.ts"], imports: library },
  // Whoever writes a store of his own, and whoever runs the program, knows the package by its public face only.
  conformance: { holds: ["src/conformance/"], imports: ["index", "hot-log"] },
  cli: { holds: ["src/cli/"], imports: ["index"] },
};

/**
 * Packages that not every room may import. Drivers are optional: an import of their values that runs when a module is loaded would fail
 * for everybody who did not install them.
 */
const guardedPackages = {
  pg: { rooms: ["postgres", "composition"], lazily: true },
  "@electric-sql/pglite": { rooms: ["postgres", "composition"], lazily: true },
  ioredis: { rooms: ["hot-redis", "composition"], lazily: true },
  "cli-progress": { rooms: ["cli"], lazily: false },
  commander: { rooms: ["cli"], lazily: false },
};

const root = resolve(process.argv[2] ?? fileURLToPath(new URL("..", import.meta.url)));
const files = sourceFiles();
const faults =
  files.length === 0 ? [`there are no TypeScript files under ${join(root, "src")}`] : files.flatMap(faultsOf);
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
else console.log(`${files.length} files keep to their rooms`);

function sourceFiles() {
  const folder = join(root, "src");
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && /\.[cm]?tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"));
  return paths.toSorted();
}

function faultsOf(file) {
  const room = roomOf(file);
  if (room === undefined) return [`${file} lies in no room; see the table in scripts/check-boundaries.mjs`];
  return importsOf(file).flatMap((found) => {
    const fault = found.specifier.startsWith(".") ? crossing(file, room, found) : packageFault(room, found);
    return fault === undefined ? [] : [`${file}:${found.line} imports "${found.specifier}": ${fault}`];
  });
}

function roomOf(path) {
  const holds = (place) => (place.endsWith("/") ? path.startsWith(place) : path === place);
  return Object.keys(rooms).find((name) => rooms[name].holds.some(holds));
}

function crossing(file, room, { specifier }) {
  const target = posix.join(dirname(file), specifier);
  if (!existsSync(join(root, target))) return "there is no such file";
  const other = roomOf(target);
  if (other === undefined) return "it lies in no room";
  if (other === room || rooms[room].imports.includes(other)) return undefined;
  return `${room} may not import ${other}`;
}

function packageFault(room, { specifier, kind }) {
  const name = packageName(specifier);
  if (name === "agenity") return "the package does not import itself by name";
  const guard = guardedPackages[name];
  if (guard === undefined) return undefined;
  if (!guard.rooms.includes(room)) return `only ${guard.rooms.join(" and ")} may import it`;
  if (guard.lazily && kind === "value") return "it may not be installed: use `import type` or `await import()`";
  return undefined;
}

function packageName(specifier) {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** All that a file imports or exports from elsewhere: a type, a value when it is loaded ("value"), or a value later ("lazy"). */
function importsOf(file) {
  const text = readFileSync(join(root, file), "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
  const found = [];
  const visit = (node) => {
    const from = importIn(node);
    if (from !== undefined) {
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      found.push({ specifier: textOf(from.specifier), kind: from.kind, line });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function importIn(node) {
  if (ts.isImportDeclaration(node)) {
    // verbatimModuleSyntax keeps `import { type A } from "x"` as an import that runs, so only `import type` counts as one of types.
    const isType = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
    return { specifier: node.moduleSpecifier, kind: isType ? "type" : "value" };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return { specifier: node.moduleSpecifier, kind: node.isTypeOnly ? "type" : "value" };
  }
  if (ts.isImportTypeNode(node)) return { specifier: node.argument.literal, kind: "type" };
  return ts.isCallExpression(node) ? importByCall(node) : undefined;
}

/** `import(…)` and `require(…)`. */
function importByCall({ expression, arguments: [specifier] }) {
  if (expression.kind === ts.SyntaxKind.ImportKeyword) return { specifier, kind: "lazy" };
  if (ts.isIdentifier(expression) && expression.text === "require") return { specifier, kind: "value" };
  return undefined;
}

/** A name that is computed cannot be checked, and so counts as a file that is not there. */
function textOf(specifier) {
  return specifier !== undefined && ts.isStringLiteralLike(specifier) ? specifier.text : "./(computed)";
}
