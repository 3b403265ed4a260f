import { expect, test } from "vitest";
import { InvalidConfigError } from "../../../src/index.ts";
import { rejected } from "../../rejected.ts";
import { Database } from "./database.ts";

const database = new Database(import.meta.url);

test("tables of another type of ids are told by the first call, also where this process did not run setup()", async () => {
  await database.open().setup();
  const options: object = { userIdType: "int" };
  const checkpointer = database.open(options);
  const error = await rejected(checkpointer.listThreads(), InvalidConfigError);
  expect(error.message).toBe('options.userIdType: is "int", but the tables were made with "string"');
});
