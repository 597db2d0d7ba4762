/** The help of every command as the program prints it, one heading per command. */
import { main } from "nirkit";

/** Flags that make a command show the options of a plugin as well. */
const pluginFlags: ReadonlyMap<string, readonly string[]> = new Map([
  ["quantize", ["--scheme", "uniform"]],
  ["compile", ["--target", "fpga"]],
]);

async function help(words: readonly string[]): Promise<string> {
  let printed = "";
  const stdout = {
    columns: 96,
    write: (text: string): void => {
      printed += text;
    },
  };
  const stderr = {
    write: (text: string): void => {
      process.stderr.write(text);
    },
  };
  const exitCode = await main([...words, "--help"], {
    stdout,
    stderr,
    env: { NO_COLOR: "1" },
    cwd: process.cwd(),
  });
  if (exitCode !== 0) throw new Error(`nirkit ${words.join(" ")} --help ended with ${exitCode}`);
  return printed.trimEnd();
}

/** Markdown with the real `--help` of each command that the program lists. */
export async function commandsReference(): Promise<string> {
  const overview = await help([]);
  const listed = /Commands:\n([\s\S]*?)\n\n/.exec(overview)?.[1] ?? "";
  const commands = [...listed.matchAll(/^ {2}(\w+)/gm)]
    .map((found) => found[1] ?? "")
    .filter((name) => name !== "help");
  const parts: string[] = [];
  for (const command of commands)
    parts.push(
      `## ${command}\n\n\`\`\`text\n${await help([command, ...(pluginFlags.get(command) ?? [])])}\n\`\`\`\n`,
    );
  return parts.join("\n");
}
