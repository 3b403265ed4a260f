#!/usr/bin/env node
import { run } from "./program.ts";

// A reader that has seen enough (`agenity threads | head`) closes the pipe: that ends the program, but it is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}

process.exitCode = await run(process.argv.slice(2));
