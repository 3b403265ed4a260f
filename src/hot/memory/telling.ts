import { compareStamps, sameStamp } from "../../model/stamp.ts";
import { DELETED, type HotEntry, type HotInstant, type HotNews } from "../hot-log.ts";
import { contains, hasDrafts, type MemoryRecord, NEVER, sameEnd, unmark } from "./memory-record.ts";

/** What the teller learns. */
type Told = "told" | "gap" | "drafts" | "old";

/** Brings a record up to date; see `HotLog.tell`. */
export function tell(record: MemoryRecord, news: HotNews): Told {
  const { stamp: stored } = record;
  const isSame = sameStamp(stored, news.stamp);
  const isNewer = stored === null || compareStamps(news.stamp, stored) > 0;
  const fell = !isSame && !isNewer;
  if (fell && !sameStamp(stored, news.seen)) return refuse(record, news);
  const hadDrafts = hasDrafts(record);
  record.known = isSame ? risen(record.known, news.since) : (news.since ?? NEVER);
  record.stamp = news.stamp;
  record.owner = news.owner;
  unmark(record, news.stamp.writeId);
  return follow(record, news, { hadDrafts, fell });
}

/** Of two histories with the same number, nobody can say which is lost; neither is kept. The mark stays: its commit is still under way. */
function refuse(record: MemoryRecord, news: HotNews): "old" {
  const isFork = record.stamp !== null && compareStamps(news.stamp, record.stamp) === 0;
  if (isFork && !hasDrafts(record)) Object.assign(record, { stamp: null, owner: null, known: NEVER, log: [] });
  return "old";
}

function risen(known: HotInstant, since: HotInstant | null): HotInstant {
  if (since === null) return known;
  return known.by === since.by && known.atMs >= since.atMs ? known : since;
}

/** Leads the log to the stamp. */
function follow(record: MemoryRecord, news: HotNews, was: { hadDrafts: boolean; fell: boolean }): Told {
  const { log } = record;
  const { stamp, entries } = news;
  if (stamp.version === DELETED) {
    record.log = [];
    return "told";
  }
  const isWhole = news.after === null && entries[0] !== undefined && entries[0].kind !== "delta" && leadsTo(news);
  if (isWhole && !was.hadDrafts) {
    record.log = [...entries];
    return "told";
  }
  // Where the stamp fell, what stands behind it in the log is lost, and would be taken for drafts.
  if (was.fell ? sameEnd(log.at(-1), stamp) : contains(log, stamp)) return "told";
  const rest = restBehind(log.at(-1), news);
  if (rest !== null) {
    record.log = [...log, ...rest];
    return "told";
  }
  if (was.hadDrafts) return "drafts";
  record.log = [];
  return stamp.version === 0 ? "told" : "gap";
}

/** Whether the entries end with the stamp, and their versions rise. */
function leadsTo({ entries, stamp }: HotNews): boolean {
  const rises = entries.every((entry, index) => index === 0 || entry.version > (entries[index - 1]?.version ?? 0));
  return rises && sameEnd(entries.at(-1), stamp);
}

/** The entries that follow on a log's last one; null: none do. */
function restBehind(last: HotEntry | undefined, news: HotNews): readonly HotEntry[] | null {
  if (last === undefined || !leadsTo(news)) return null;
  const { entries, after } = news;
  const first = entries[0];
  if (last.writeId === after && first !== undefined && first.version > last.version) return entries;
  const place = entries.findIndex((entry) => sameEnd(entry, last));
  return place < 0 ? null : entries.slice(place + 1);
}
