/** Where a command's words go and where its relative paths start; handed in, so that a test can be the terminal. */

/** One output stream. */
export interface TextSink {
  /** Writes text as it is. */
  write(text: string): void;
  /** True for a person's terminal: colors and a progress line that rewrites itself. */
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The surroundings of one run of the command line. */
export interface Terminal {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths and plugin names are resolved from. */
  readonly cwd: string;
}

/**
 * The terminal of this process. A reader that goes away (`nirkit inspect x.nir | head -1`) ends the writing,
 * not the program: exit codes keep their meaning.
 */
export function processTerminal(): Terminal {
  return {
    stdout: sinkOf(process.stdout),
    stderr: sinkOf(process.stderr),
    env: process.env,
    cwd: process.cwd(),
  };
}

function sinkOf(stream: NodeJS.WriteStream): TextSink {
  let closed = false;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    closed = true;
  });
  return {
    write(text) {
      if (!closed) stream.write(text);
    },
    isTTY: stream.isTTY === true,
    columns: stream.columns ?? 80,
  };
}
