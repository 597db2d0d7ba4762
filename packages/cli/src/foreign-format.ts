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
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, 4096));
  if (text.startsWith("\u0093NUMPY"))
    return { message: "This is an .npy array, not a network", hint: arrays };
  // A Python pickle, as older torch.save and joblib write it.
  if (text.startsWith("\u0080"))
    return { message: "This is a Python pickle, not a network", hint: checkpoint };
  if (!text.startsWith("PK\u0003\u0004")) return undefined;
  if (/^.{26,300}\.npy/s.test(text))
    return { message: "This is an .npz archive of arrays, not a network", hint: arrays };
  if (text.includes("data.pkl"))
    return { message: "This is a PyTorch checkpoint, not a network", hint: checkpoint };
  return undefined;
}
