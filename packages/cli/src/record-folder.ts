/** The folder of `simulate --stream`: one folder of `.npy` files and an `index.json` per sample. */
import type { FolderManifest } from "./output-folder.ts";

/** How such a folder is known as nirkit's own. */
export const recordFolder: FolderManifest = {
  name: "nirkit-records.json",
  scratch: [],
  listed(text) {
    const list = JSON.parse(text) as { readonly schema?: unknown; readonly files?: unknown };
    const known = list.schema === "nirkit-records/1" && Array.isArray(list.files);
    return known ? (list.files as readonly string[]) : [];
  },
  list: (files) => `${JSON.stringify({ schema: "nirkit-records/1", files }, null, 2)}\n`,
};
