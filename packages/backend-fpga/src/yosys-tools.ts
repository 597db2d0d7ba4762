/** Yosys as WebAssembly in the place of an installed one: for pages, and for machines without tools. */
import type { ToolResult, ToolRunner, ToolWorkspace, VirtualFile } from "@nirkit/backend";
import { assertSafePaths } from "@nirkit/backend";
import { toolError } from "./compare/synthesize.ts";

/** Files in folders, as `@yowasp/yosys` takes and gives them. */
interface YosysTree {
  [name: string]: YosysTree | string | Uint8Array;
}

/** What is used of the package `@yowasp/yosys`; nirkit does not depend on it. */
export interface YosysModule {
  readonly version: string;
  /** Runs Yosys over a tree of files and gives the tree that it leaves; rejects where it exits with another code than 0. */
  runYosys(
    args?: string[],
    files?: YosysTree,
    options?: {
      stdout?: (bytes: Uint8Array | null) => void;
      stderr?: (bytes: Uint8Array | null) => void;
    },
  ): Promise<YosysTree> | YosysTree | undefined;
}

/**
 * A tool runner whose `yosys` is the given module, and whose other tools are those of `others` (none without). It works
 * in a browser. Yosys sees the files that were written to the workspace and those that it wrote itself; it cannot be
 * stopped, so a page runs it in a worker.
 *
 * @example const area = await synthesizeFpga(plan, yosysTools(await import("@yowasp/yosys")));
 */
export function yosysTools(yosys: YosysModule, others?: ToolRunner): ToolRunner {
  return {
    version: async (command) =>
      command === "yosys" ? `Yosys ${yosys.version} (@yowasp/yosys, WebAssembly)` : others?.version(command),
    workspace: async () => new YosysWorkspace(yosys, await others?.workspace()),
  };
}

class YosysWorkspace implements ToolWorkspace {
  readonly #yosys: YosysModule;
  readonly #inner: ToolWorkspace | undefined;
  readonly #files = new Map<string, Uint8Array>();

  constructor(yosys: YosysModule, inner: ToolWorkspace | undefined) {
    this.#yosys = yosys;
    this.#inner = inner;
  }

  async write(files: readonly VirtualFile[]): Promise<void> {
    assertSafePaths(files);
    for (const { path, content } of files) this.#files.set(path, bytesOf(content));
    await this.#inner?.write(files);
  }

  async read(path: string): Promise<Uint8Array> {
    const own = this.#files.get(path);
    if (own !== undefined) return own;
    if (this.#inner === undefined) throw toolError("yosys", `it left no file ${path}`);
    return this.#inner.read(path);
  }

  async run(
    command: string,
    args: readonly string[],
    options?: { readonly timeoutSeconds?: number },
  ): Promise<ToolResult> {
    if (command === "yosys") return this.#runYosys(args);
    if (this.#inner !== undefined) return this.#inner.run(command, args, options);
    return { exitCode: 127, stdout: "", stderr: `${command} is not there` };
  }

  async dispose(): Promise<void> {
    this.#files.clear();
    await this.#inner?.dispose();
  }

  async #runYosys(args: readonly string[]): Promise<ToolResult> {
    const [stdout, stderr] = [new TextSink(), new TextSink()];
    let exitCode = 0;
    let after: YosysTree | undefined;
    try {
      after = await this.#yosys.runYosys([...args], treeOf(this.#files), {
        stdout: (bytes) => stdout.take(bytes),
        stderr: (bytes) => stderr.take(bytes),
      });
    } catch (error) {
      const exit = error as { readonly code?: unknown; readonly files?: YosysTree };
      if (typeof exit.code !== "number") throw error;
      exitCode = exit.code;
      after = exit.files;
    }
    await this.#keep(after ?? {}, "");
    return { exitCode, stdout: stdout.text, stderr: stderr.text };
  }

  /** Takes over what Yosys wrote; what it was given stays as it was. */
  async #keep(tree: YosysTree, folder: string): Promise<void> {
    for (const [name, entry] of Object.entries(tree)) {
      const path = `${folder}${name}`;
      if (typeof entry === "object" && !(entry instanceof Uint8Array)) await this.#keep(entry, `${path}/`);
      else {
        const content = bytesOf(entry);
        if (sameBytes(content, this.#files.get(path))) continue;
        this.#files.set(path, content);
        await this.#inner?.write([{ path, content }]);
      }
    }
  }
}

/** Text of a stream of bytes, characters cut between two of them included. */
class TextSink {
  readonly #decoder = new TextDecoder();
  text = "";

  take(bytes: Uint8Array | null): void {
    this.text += bytes === null ? this.#decoder.decode() : this.#decoder.decode(bytes, { stream: true });
  }
}

function treeOf(files: ReadonlyMap<string, Uint8Array>): YosysTree {
  const root: YosysTree = {};
  for (const [path, content] of files) {
    const segments = path.split("/");
    const name = segments.pop() as string;
    let folder = root;
    for (const segment of segments) {
      const known = folder[segment] as YosysTree | undefined;
      folder[segment] = known ?? {};
      folder = folder[segment] as YosysTree;
    }
    folder[name] = content;
  }
  return root;
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}

function sameBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i]);
}
