import { graph } from "@nirkit/graph";
import { expect, test } from "vitest";
import { graphSvg, rasterSvg, renderReport } from "../src/index.ts";
import { hostileNames } from "./xml.ts";

const evil = hostileNames[0] ?? "";

test("figures are well-formed SVG for a browser's own parser, and nothing in them is active", () => {
  const net = graph()
    .input(evil, [2])
    .lif(hostileNames[1] ?? "", { tau: 0.01, r: 1, vLeak: 0, vThreshold: 1, vReset: 0 })
    .build();
  const spikes = { dtype: "uint8", shape: [2, 2], data: Uint8Array.of(1, 0, 0, 1) } as const;
  for (const svg of [
    graphSvg(net),
    rasterSvg({ title: evil, spikes, reference: spikes, names: { spikes: evil, reference: evil } }),
  ]) {
    const parsed = new DOMParser().parseFromString(svg, "image/svg+xml");
    expect(parsed.querySelector("parsererror")).toBeNull();
    expect(parsed.querySelectorAll("script, img, [onerror], [onload]")).toHaveLength(0);
  }
});

test("a report shows hostile text as text and its policy stops a script that is put into it", async () => {
  const html = renderReport({
    title: evil,
    sections: [{ title: evil, blocks: [{ kind: "text", text: evil }] }],
  });
  const planted = html.replace("</main>", `<script>parent.nirkitScriptRan = true</script></main>`);
  const frame = document.createElement("iframe");
  frame.srcdoc = planted;
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
  document.body.append(frame);
  await loaded;
  expect(frame.contentDocument?.querySelector("h2")?.textContent).toBe(evil);
  expect(frame.contentDocument?.querySelectorAll("img")).toHaveLength(0);
  expect("nirkitScriptRan" in globalThis).toBe(false);
  frame.remove();
});
