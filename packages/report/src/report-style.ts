/** Style sheet of a report: one column of readable width, figures on it, paper-friendly. */
import { colorVariables, fonts } from "./theme.ts";

/** CSS of the page; every rule that matters on paper is repeated under `print`. */
export const reportStyle: string = `
${colorVariables(":root")}
:root{color-scheme:light dark}
*{box-sizing:border-box}
body{margin:0;background:var(--nk-paper);color:var(--nk-ink);font:16px/1.55 ${fonts.sans}}
main,header,footer{max-width:62rem;margin:0 auto;padding:0 1.5rem}
header{padding-top:3.5rem}
h1{font-size:2.1rem;line-height:1.15;letter-spacing:-.015em;margin:0;text-wrap:balance;overflow-wrap:anywhere}
.subtitle{color:var(--nk-soft);font-size:1.1rem;margin:.5rem 0 0;max-width:44rem}
h2{font-size:1.3rem;letter-spacing:-.01em;margin:3.2rem 0 1rem;padding-top:1.1rem;border-top:1px solid var(--nk-rule);overflow-wrap:anywhere}
p{max-width:44rem;margin:0 0 1rem;overflow-wrap:anywhere}
nav ol{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;margin:1.6rem 0 0;padding:0;font-size:.92rem}
a{color:var(--nk-accent);text-underline-offset:.2em;text-decoration-thickness:1px}
.facts{display:flex;flex-wrap:wrap;gap:1px;margin:2.2rem 0 0;padding:1px;background:var(--nk-rule);border-radius:6px;overflow:hidden}
.facts>div{flex:1 1 10.5rem;background:var(--nk-paper);padding:.9rem 1.1rem}
.facts dt{font-size:.82rem;color:var(--nk-soft)}
.facts dd{margin:0}
.value{font-size:1.4rem;font-weight:600;line-height:1.3;font-variant-numeric:tabular-nums;letter-spacing:-.01em;overflow-wrap:anywhere}
.note{font-size:.82rem;color:var(--nk-soft)}
.good .value::before{content:"✓ ";color:var(--nk-accent)}
.bad .value::before{content:"✗ ";color:var(--nk-alert)}
figure{margin:1.2rem 0 1.8rem}
figure svg{display:block;max-width:100%;height:auto}
figcaption,caption{font-size:.9rem;color:var(--nk-soft);text-align:left;margin-top:.6rem;max-width:44rem}
caption{margin:0 0 .5rem}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(22rem,1fr));gap:0 2rem}
.scroll{overflow-x:auto;margin:0 0 1.8rem}
table{border-collapse:collapse;font-size:.92rem;min-width:min(100%,28rem)}
th,td{padding:.38rem 1.4rem .38rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--nk-rule);overflow-wrap:break-word}
th{font-weight:600;border-bottom:1.5px solid var(--nk-soft);vertical-align:bottom}
th small{display:block;font-weight:400;color:var(--nk-soft)}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
pre{font:13px/1.5 ${fonts.mono};background:var(--nk-tint);border-radius:6px;padding:.9rem 1.1rem;overflow-x:auto;margin:0 0 1.4rem}
.diagnostics{list-style:none;margin:0 0 1.6rem;padding:0}
.diagnostics li{border-left:3px solid var(--nk-accent);padding:.15rem 0 .15rem .9rem;margin:0 0 .8rem;overflow-wrap:anywhere}
.diagnostics .error{border-color:var(--nk-alert)}
code{font:.88em ${fonts.mono}}
details{margin:0 0 1.4rem}
summary{cursor:pointer;color:var(--nk-accent)}
details[open] summary{margin-bottom:.8rem}
footer{margin-top:4rem;padding-top:1rem;padding-bottom:2.5rem;color:var(--nk-soft);font-size:.85rem;overflow-wrap:anywhere}
@media print{
@page{margin:16mm}
body{font-size:10.5pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}
header{padding-top:0}
main,header,footer{max-width:none;padding-left:0;padding-right:0}
nav{display:none}
h2{break-after:avoid}
figure,.facts,tr,.diagnostics li{break-inside:avoid}
pre{white-space:pre-wrap;overflow-wrap:anywhere}
details::details-content{content-visibility:visible;display:block;height:auto}
}`.trim();
