import { existsSync, readdirSync } from "node:fs";
import { type DefaultTheme, defineConfig } from "vitepress";

const api = new URL("../api/@nirkit/", import.meta.url);
const single = new URL("../api/nirkit/", import.meta.url);

/** One entry per package that typedoc has written; none before the first run. */
function apiPages(): DefaultTheme.SidebarItem[] {
  const scoped = existsSync(api) ? readdirSync(api).toSorted() : [];
  return [
    ...scoped.map((name) => ({ text: `@nirkit/${name}`, link: `/api/@nirkit/${name}/` })),
    ...(existsSync(single) ? [{ text: "nirkit", link: "/api/nirkit/" }] : []),
  ];
}

const guide: DefaultTheme.SidebarItem[] = [
  {
    text: "Guide",
    items: [
      { text: "First light", link: "/guide/first-light" },
      { text: "Simulate", link: "/guide/simulate" },
      { text: "Event data", link: "/guide/events" },
      { text: "Quantize a network", link: "/guide/quantize" },
      { text: "Quantizers", link: "/guide/quantizers" },
      { text: "The integer network", link: "/guide/integer-network" },
      { text: "Train", link: "/guide/train" },
      { text: "What training reaches", link: "/guide/training-results" },
      { text: "FPGA", link: "/guide/fpga" },
      { text: "FPGA on a board", link: "/guide/fpga-board" },
      { text: "SpiNNaker2", link: "/guide/spinnaker2" },
      { text: "In the browser", link: "/guide/browser" },
      { text: "Live: look into a file", link: "/live/inspect" },
      { text: "Live: from a file to an FPGA", link: "/live/fpga" },
      { text: "Live: train digits", link: "/live/train" },
      { text: "Architecture", link: "/architecture" },
    ],
  },
  {
    text: "Reference",
    items: [
      { text: "Commands", link: "/reference/commands" },
      { text: "Diagnostics", link: "/reference/diagnostics" },
      { text: "Exactness", link: "/reference/exactness" },
      { text: "Schemes on tasks", link: "/reference/schemes-on-tasks" },
      { text: "Benchmarks", link: "/benchmarks" },
      { text: "API", link: "/api/" },
    ],
  },
  {
    text: "Rationale",
    items: [
      { text: "Exact integers", link: "/rationale/exact-integers" },
      { text: "The annotated graph", link: "/rationale/annotated-graph" },
      { text: "Proof by three engines", link: "/rationale/proof" },
      { text: "Figures without a document", link: "/rationale/figures" },
      { text: "Neighbors in two maps", link: "/rationale/graph-adjacency" },
      { text: "Where the weights stay", link: "/rationale/lazy-tensors" },
    ],
  },
];

export default defineConfig({
  title: "nirkit",
  description: "From a spiking network in a .nir file to verified hardware",
  lang: "en",
  cleanUrls: true,
  lastUpdated: false,
  srcExclude: ["README.md", "generated/**", "test/**"],
  head: [["link", { rel: "icon", href: "/icon.svg", type: "image/svg+xml" }]],
  markdown: { theme: { light: "github-light", dark: "github-dark" } },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Guide", link: "/guide/first-light", activeMatch: "^/guide/" },
      { text: "Live", link: "/live/inspect", activeMatch: "^/live/" },
      { text: "Commands", link: "/reference/commands" },
      { text: "API", link: "/api/", activeMatch: "^/api/" },
    ],
    sidebar: {
      "/api/": [{ text: "API", items: [{ text: "Packages", link: "/api/" }, ...apiPages()] }],
      "/": guide,
    },
  },
  vite: {
    // The packages come from their sources, as in the tests: the site needs no build before its own.
    resolve: { conditions: ["@nirkit/source"] },
    // The threads of the live pages load what they need when they need it, as the pages do.
    worker: { format: "es" },
    // h5wasm is megabytes of WebAssembly in one module; it is a chunk of its own, loaded on first use.
    build: { chunkSizeWarningLimit: 6000 },
  },
});
