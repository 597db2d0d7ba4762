/** Serves the built site on loopback and opens it in Chromium with nothing remembered and nothing else requested. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type BrowserContext, chromium } from "playwright-core";

/** Where `vitepress build` writes. */
export const siteRoot: string = fileURLToPath(new URL("../.vitepress/dist/", import.meta.url));
/** Where pictures go; git does not keep them. */
export const shotsRoot: string = fileURLToPath(new URL("../.vitepress/shots/", import.meta.url));

/** The browser of this machine: $CHROMIUM, or the first on PATH; undefined where there is none. */
export const chromiumPath: string | undefined = [
  process.env.CHROMIUM ?? "",
  ...(process.env.PATH ?? "")
    .split(delimiter)
    .flatMap((dir) => ["chromium", "chromium-browser", "google-chrome"].map((name) => join(dir, name))),
].find((path) => path !== "" && existsSync(path));

const mediaTypes: ReadonlyMap<string, string> = new Map([
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript"],
  [".css", "text/css"],
  [".json", "application/json"],
  [".svg", "image/svg+xml"],
  [".wasm", "application/wasm"],
  [".woff2", "font/woff2"],
]);

/** A running server. */
export interface Site {
  readonly origin: string;
  close(): Promise<void>;
}

async function fileOf(path: string): Promise<{ readonly type: string; readonly body: Buffer } | undefined> {
  for (const candidate of [path, `${path}.html`, `${path}/index.html`]) {
    const file = normalize(join(siteRoot, candidate));
    if (!file.startsWith(siteRoot.endsWith(sep) ? siteRoot : siteRoot + sep)) return undefined;
    const body = await readFile(file).catch(() => undefined);
    if (body !== undefined)
      return { type: mediaTypes.get(extname(file)) ?? "application/octet-stream", body };
  }
  return undefined;
}

/** Serves the built site with clean URLs, on a free loopback port. */
export async function serveSite(): Promise<Site> {
  const server = createServer(async (request, response) => {
    const found = await fileOf(decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname));
    if (found === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": found.type }).end(found.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections();
        server.close((error) => (error === undefined ? resolve() : reject(error)));
      }),
  };
}

/** A browser with an empty profile that is removed with it. */
export async function openBrowser(
  executablePath: string,
): Promise<{ context: BrowserContext; close(): Promise<void> }> {
  const profile = await mkdtemp(join(tmpdir(), "nirkit-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    viewport: { width: 1280, height: 900 },
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--disable-background-networking",
      "--no-first-run",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  return {
    context,
    close: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
