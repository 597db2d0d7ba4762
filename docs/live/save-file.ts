/** Hands bytes that were made in the page to the person who looks at it. */

/** Starts a download under the given name. */
export function saveFile(name: string, bytes: Uint8Array): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
