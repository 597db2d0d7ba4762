/** Text from files made safe for XML and HTML: visible first, then escaped. */

// Controls, lone surrogates and non-characters are not allowed in XML; bidirectional marks reorder what a
// reader sees. Both are shown as \uXXXX. With `u`, \p{Cs} matches lone surrogates only.
const unprintable: RegExp = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;
const unprintableButLines: RegExp =
  /(?![\n\t])[\p{Cc}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;

const entities: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&#39;"],
]);

/** Shows control characters, lone surrogates and bidirectional marks as `\uXXXX`; leaves all other text. */
export function visible(text: string, lines: "escape" | "keep" = "escape"): string {
  return text.replace(
    lines === "keep" ? unprintableButLines : unprintable,
    (c) => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * Escapes text for element content and quoted attribute values of XML and HTML alike.
 *
 * @param lines whether line feeds and tabs stay (preformatted text) or are shown
 * @example escapeMarkup("</script><b>") // "&lt;/script&gt;&lt;b&gt;"
 */
export function escapeMarkup(text: string, lines: "escape" | "keep" = "escape"): string {
  return visible(text, lines).replace(/[&<>"']/g, (c) => entities.get(c) ?? c);
}

/** At most `limit` characters, the middle replaced by an ellipsis; surrogate pairs stay whole. */
export function shorten(text: string, limit: number): string {
  const letters = [...visible(text)];
  if (letters.length <= limit) return letters.join("");
  const head = Math.ceil((limit - 1) * 0.6);
  return `${letters.slice(0, head).join("")}…${letters.slice(letters.length - (limit - 1 - head)).join("")}`;
}
