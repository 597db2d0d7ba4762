/**
 * Colors and type of every figure and report. One accent (blue) and one alert (vermilion) hue, which people with
 * any of the three color vision deficiencies can tell apart; series differ in lightness, not in hue. A page may
 * override each `--nk-*` variable on `.nk`.
 */
const light: string =
  "--nk-ink:#1b2129;--nk-soft:#5a6572;--nk-rule:#d3d9e0;--nk-paper:#ffffff;--nk-tint:#eaf1f9;" +
  "--nk-accent:#1c5fa8;--nk-series-1:#86aed8;--nk-series-2:#b9c2cc;--nk-series-3:#3d4854;--nk-alert:#c2410c";
const dark: string =
  "--nk-ink:#e4e8ed;--nk-soft:#9aa6b3;--nk-rule:#39424d;--nk-paper:#15191e;--nk-tint:#1c2a3a;" +
  "--nk-accent:#74b0ee;--nk-series-1:#3a6796;--nk-series-2:#5d6873;--nk-series-3:#c9d1d9;--nk-alert:#ff8f57";

/** Font stacks; no font is loaded. */
export const fonts: Readonly<Record<"sans" | "mono", string>> = {
  sans: 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif',
  mono: 'ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace',
};

/** Sets the color variables on a selector; dark on dark screens, light on paper. */
export function colorVariables(selector: string): string {
  return `${selector}{${light}}@media screen and (prefers-color-scheme:dark){${selector}{${dark}}}`;
}

/** Style sheet that each figure carries, so that it looks the same alone and inside a page. */
export const figureStyle: string = [
  colorVariables(":where(.nk)"),
  `.nk{font:12px/1.3 ${fonts.sans};font-variant-numeric:tabular-nums}`,
  ".nk text{fill:var(--nk-ink)}.nk .soft{fill:var(--nk-soft)}.nk .strong{font-weight:600}",
  ".nk .end{text-anchor:end}.nk .middle{text-anchor:middle}",
  ".nk .paper{fill:var(--nk-paper)}.nk .tint{fill:var(--nk-tint)}",
  ".nk .rule{stroke:var(--nk-rule);fill:none}.nk .line{stroke:var(--nk-soft);fill:none}",
  ".nk .frame{stroke:var(--nk-soft);fill:var(--nk-paper)}.nk .frame-accent{stroke:var(--nk-accent);fill:var(--nk-tint)}",
  ".nk .s0{fill:var(--nk-accent)}.nk .s1{fill:var(--nk-series-1)}.nk .s2{fill:var(--nk-series-2)}.nk .s3{fill:var(--nk-series-3)}",
  ".nk .l0{stroke:var(--nk-accent)}.nk .l1{stroke:var(--nk-series-3)}.nk .l2{stroke:var(--nk-series-1)}.nk .l3{stroke:var(--nk-alert)}",
  ".nk .alert{fill:var(--nk-alert)}.nk .alert-line{stroke:var(--nk-alert);fill:none}.nk .ink-line{stroke:var(--nk-ink);fill:none}",
].join("");
