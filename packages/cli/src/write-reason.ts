/** Why something could not be written, in words. */

const words: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "nothing can be made in its folder"],
  ["ENOTDIR", "a part of its path is a file"],
  ["EACCES", "permission is denied"],
  ["EPERM", "permission is denied"],
  ["EROFS", "the file system is read-only"],
  ["ENOSPC", "no space is left"],
  ["EDQUOT", "no space is left"],
  ["ENAMETOOLONG", "its name is too long"],
  ["EXDEV", "its folder lies on two file systems"],
  ["EBUSY", "it is in use"],
]);

/** What a failed system call means to the user; its own message names the temporary file. */
export function writeReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return words.get(code ?? "") ?? message;
}
