/** `nirkit` as a process, from the sources: what bin/nirkit.js does with the built files. */
const { main } = await import("../src/index.ts");

process.exitCode = await main(process.argv.slice(2));
