// Runs the built command line in the folder from which the script was called, not in the root of the repository.
process.chdir(process.env.NIRKIT_CALLED_FROM ?? ".");
await import("../packages/cli/bin/nirkit.js");
