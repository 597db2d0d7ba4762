/** What the parts of one read share: the open file, the problems found so far, and the groups already visited. */
import type { Diagnostic } from "@nirkit/graph";
import { badLayout } from "./diagnostics.ts";
import type { Hdf5File } from "./hdf5-file.ts";
import type { Report } from "./read-value.ts";

/** Nesting limit of graphs and metadata, and the depth at which a link cycle would be given up. */
const deepestNesting = 64;

export class Reading {
  readonly file: Hdf5File;
  readonly version: string | undefined;
  readonly extensions: ReadonlySet<string>;
  readonly diagnostics: Diagnostic[];
  /** Paths of nodes that are there and could not be read. */
  readonly unread: Set<string> = new Set();
  readonly #visited = new Map<string, string>();

  constructor(
    file: Hdf5File,
    version: string | undefined,
    extensions: ReadonlySet<string>,
    diagnostics: Diagnostic[],
  ) {
    this.file = file;
    this.version = version;
    this.extensions = extensions;
    this.diagnostics = diagnostics;
  }

  readonly report: Report = (diagnostic) => {
    this.diagnostics.push(diagnostic);
    return undefined;
  };

  /** Every group is entered once: a second link to one is a cycle, or a tree that grows without end. */
  enter(path: string, depth: number): boolean {
    const first = this.#visited.get(this.file.address(path));
    if (first !== undefined) {
      const hint = "Every node and every metadata group needs data of its own";
      this.report(badLayout(path, `This is a link to ${first}, which was read already`, hint));
      return false;
    }
    this.#visited.set(this.file.address(path), path);
    if (depth < deepestNesting) return true;
    this.report(badLayout(path, `Groups are nested deeper than ${deepestNesting} levels`));
    return false;
  }
}
