/** A file that is emitted but not yet written: relative POSIX path, text or bytes. */
export interface VirtualFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}
