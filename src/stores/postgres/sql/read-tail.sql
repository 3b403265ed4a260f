-- The tail of one state. What the caller has already comes without its body, as the proof that it is still there.
-- Params: $1 thread, $2 user or null, $3 namespace, $4 known version or null, $5 version to read up to or null.
-- Returns a row a version, in order; one row without a version: a thread without a state; no row: no visible thread.
-- Served by the primary keys of threads and states.
select thread.incarnation, thread.user_id, state.version, state.kind, state.write_id,
  case when state.version = $4::integer then null else state.entry::text end as entry
from {{threads}} as thread
left join {{states}} as state
  on state.thread_id = thread.thread_id and state.namespace = $3::text
  -- Cases, not coalesce(), which under row level security keeps a bound from being used as one of the index.
  and state.version >= case when $4::integer is not null then $4::integer else (
    -- Not max(): a plan that does not know the thread expects few versions, and would read them all.
    select start.version from {{states}} as start
    where start.thread_id = $1::{{thread_id}} and start.namespace = $3::text and start.kind <> 'delta'
      and start.version <= case when $5::integer is null then 2147483647 else $5::integer end
    order by start.version desc limit 1
  ) end
  and state.version <= case when $5::integer is null then 2147483647 else $5::integer end
where {{caller_is_told}} and thread.thread_id = $1::{{thread_id}} and ($2::{{user_id}} is null or thread.user_id = $2::{{user_id}})
order by state.version
