/** Small pieces of SVG text. */

/** Text for element content and attribute values. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd]/gu, "?")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** A drawing of a size, with a title for readers that see none. */
export function svg(width: number, height: number, title: string, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" font-family="sans-serif" font-size="9" role="img">
<title>${escapeXml(title)}</title>
<rect width="100%" height="100%" fill="#ffffff"/>
${parts.join("\n")}
</svg>
`;
}

/** A filled rectangle with a tool tip. */
export function box(
  place: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  fill: string,
  tip?: string,
): string {
  const size = `x="${round(place.x)}" y="${round(place.y)}" width="${round(place.width)}" height="${round(place.height)}"`;
  const title = tip === undefined ? "" : `<title>${escapeXml(tip)}</title>`;
  return `<rect ${size} fill="${fill}">${title}</rect>`;
}

/** A line of text. */
export function label(x: number, y: number, text: string, extra: string = ""): string {
  return `<text x="${round(x)}" y="${round(y)}" fill="#1f2328"${extra === "" ? "" : ` ${extra}`}>${escapeXml(text)}</text>`;
}

/** Two decimals, the same on every machine. */
export function round(value: number): number {
  return Number(value.toFixed(2));
}

/** Pale to dark blue for 0 … 1. */
export function heat(share: number): string {
  const part = Math.max(0, Math.min(1, share));
  const channel = (from: number, to: number): string =>
    Math.floor(from + (to - from) * part)
      .toString(16)
      .padStart(2, "0");
  return `#${channel(0xdd, 0x0b)}${channel(0xee, 0x3d)}${channel(0xff, 0x91)}`;
}
