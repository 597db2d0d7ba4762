/** A page of the built site in Chromium, fresh for every test; anything that goes wrong in it fails the test. */
import { mkdir } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { buildSite } from "./build-site.ts";
import { chromiumPath, openBrowser, type Site, serveSite, shotsRoot } from "./site.ts";

/** False where there is no browser, which is an error in strict runs. */
export const hasChromium: boolean = chromiumPath !== undefined;
if (!hasChromium && process.env.NIRKIT_STRICT === "1")
  throw new Error("The live pages need Chromium: install it, or name it in CHROMIUM");

/** What a suite sees of its page. */
export interface LivePage {
  readonly page: Page;
  readonly origin: string;
  /** Pictures of the whole page: light, dark, and as wide as a telephone. */
  shoot(name: string): Promise<void>;
  /** Uploads a file through an input. */
  upload(selector: string, name: string, bytes: Uint8Array): Promise<void>;
}

/** Registers the hooks of a suite whose tests begin on `path`. */
export function useLivePage(path: string): LivePage {
  let site: Site;
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  let page: Page;
  let problems: string[] = [];
  beforeAll(async () => {
    await buildSite();
    await mkdir(shotsRoot, { recursive: true });
    site = await serveSite();
    browser = await openBrowser(chromiumPath ?? "");
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });
  beforeEach(async () => {
    problems = [];
    page = await browser.context.newPage();
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("dialog", (dialog) => {
      problems.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    browser.context.removeAllListeners("request");
    browser.context.on("request", (request) => {
      if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(site.origin))
        problems.push(`request to ${request.url()}`);
    });
    await page.goto(`${site.origin}${path}`, { waitUntil: "networkidle" });
  });
  afterEach(async () => {
    await page.close();
    expect(problems).toEqual([]);
  });
  return {
    get page() {
      return page;
    },
    get origin() {
      return site.origin;
    },
    shoot: async (name) => {
      await page.screenshot({ path: `${shotsRoot}${name}.png`, fullPage: true });
      await page.emulateMedia({ colorScheme: "dark" });
      await page.screenshot({ path: `${shotsRoot}${name}-dark.png`, fullPage: true });
      await page.setViewportSize({ width: 390, height: 800 });
      // The list of pages slides out.
      await page.waitForTimeout(600);
      await page.screenshot({ path: `${shotsRoot}${name}-narrow.png`, fullPage: true });
      // Nothing is wider than the page: what is wide scrolls in its own box.
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
      await page.emulateMedia({ colorScheme: "light" });
      await page.setViewportSize({ width: 1280, height: 900 });
    },
    upload: (selector, name, bytes) =>
      page.setInputFiles(selector, {
        name,
        mimeType: "application/octet-stream",
        buffer: Buffer.from(bytes),
      }),
  };
}
