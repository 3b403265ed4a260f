/**
 * Runs `work` on every item, at most `limit` at a time, and takes no item before there is room for it: so a source that reads a file
 * never reads far ahead. After an error no further item is taken; what is under way is waited for, then the first error is thrown.
 */
export async function eachConcurrently<T>(
  items: AsyncGenerator<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const worker = async (): Promise<void> => {
    try {
      for (let next = await items.next(); next.done !== true; next = await items.next()) await work(next.value);
    } catch (error) {
      await items.return(undefined);
      throw error;
    }
  };
  const results = await Promise.allSettled(Array.from({ length: limit }, worker));
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
