import { describe, test } from "vitest";
import { hotLogConformance } from "../../src/conformance/hot-log-conformance.ts";
import { MemoryHotLog } from "../../src/hot/memory/memory-hot-log.ts";

const hotLog = new MemoryHotLog();

hotLogConformance({ test, describe, make: async () => hotLog });
