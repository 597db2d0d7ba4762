/** Identifiers for programs and files, from names that may hold anything. */

/**
 * `p3_fc1`: a prefix with a number, which makes it unique, and what is readable of the name.
 *
 * @example identifier("p", 3, "x'); import os #") // "p3_x_import_os"
 */
export function identifier(prefix: string, index: number, name: string): string {
  const readable = name
    .replace(/[^A-Za-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 32);
  return readable === "" ? `${prefix}${index}` : `${prefix}${index}_${readable}`;
}
