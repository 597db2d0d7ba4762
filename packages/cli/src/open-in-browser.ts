/** Opens a file with the desktop's own program. */
import { spawn } from "node:child_process";

/** Starts the opener of the platform and does not wait; false where there is none. */
export async function openInBrowser(path: string): Promise<boolean> {
  const [command, args] =
    process.platform === "darwin"
      ? ["open", [path]]
      : process.platform === "win32"
        ? ["explorer.exe", [path]]
        : ["xdg-open", [path]];
  const child = spawn(command, args, { stdio: "ignore", detached: true });
  return new Promise((resolve) => {
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
