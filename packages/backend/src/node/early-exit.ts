/** What has to be undone when the process ends before its work does. */

const undos = new Set<() => void>();

/**
 * Runs `undo` when the process ends before the returned function is called, Ctrl-C (SIGINT) and SIGTERM included.
 * `undo` has to be synchronous. While nothing is registered the process handles its signals as if this did not exist.
 *
 * @example const done = onEarlyExit(() => rmSync(folder, { recursive: true, force: true }));
 */
export function onEarlyExit(undo: () => void): () => void {
  if (undos.size === 0) {
    process.on("exit", undoAll);
    process.on("SIGINT", interrupted);
    process.on("SIGTERM", terminated);
  }
  // One function registered twice is two registrations.
  const own = (): void => undo();
  undos.add(own);
  return () => {
    if (!undos.delete(own) || undos.size > 0) return;
    process.off("exit", undoAll);
    process.off("SIGINT", interrupted);
    process.off("SIGTERM", terminated);
  };
}

// 128 + the number of the signal, as shells report it.
const interrupted = (): never => process.exit(130);
const terminated = (): never => process.exit(143);

function undoAll(): void {
  // Newest first: a program is stopped before the folder that it writes to is removed.
  for (const undo of [...undos].reverse()) undo();
}
