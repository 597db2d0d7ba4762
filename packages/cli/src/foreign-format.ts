/** What people give in place of a network, told in the words of the command line. */
import type { Diagnostic } from "@nirkit/graph";

const arrays = "Networks are .nir or .nir.json; arrays are given with --data or --input";
const checkpoint =
  "Rebuild the model in Python, export it (nirtorch, snntorch.export_nir, norse.torch.to_nir), and write it with nir.write";

/** The refusal of the HDF5 reader, which knows no flags, with what such a file is usually meant for. */
export function explainForeign(diagnostics: readonly Diagnostic[], bytes: Uint8Array): readonly Diagnostic[] {
  return diagnostics.map((d) => {
    const found = d.code === "E_NOT_HDF5" ? foreign(bytes) : undefined;
    return found === undefined ? d : { ...d, ...found };
  });
}

function foreign(bytes: Uint8Array): { readonly message: string; readonly hint: string } | undefined {
  const begins = (...magic: readonly number[]): boolean => magic.every((byte, k) => bytes[k] === byte);
  if (begins(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59))
    return { message: "This is an .npy array, not a network", hint: arrays };
  // Pickle protocols 2 to 5, as older torch.save and joblib write them.
  if (begins(0x80) && (bytes[1] ?? 0) >= 2 && (bytes[1] ?? 0) <= 5)
    return { message: "This is a Python pickle, not a network", hint: checkpoint };
  if (!begins(0x50, 0x4b, 3, 4)) return undefined;
  // The names of the first members stand in clear text near the start.
  const text = new TextDecoder().decode(bytes.subarray(0, 4096));
  if (text.slice(0, 300).includes(".npy"))
    return { message: "This is an .npz archive of arrays, not a network", hint: arrays };
  if (text.includes("data.pkl"))
    return { message: "This is a PyTorch checkpoint, not a network", hint: checkpoint };
  return undefined;
}
