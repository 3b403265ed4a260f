-- The states of a user's threads that were written last, whole. Params: $1 user or null, $2 namespace, $3 at most so many threads.
-- Returns a row a version, thread by thread, in order. Served by threads_user_idx (one user's threads are sorted) and the primary key of states.
select thread.thread_id, thread.user_id, thread.incarnation, state.version, state.kind, state.write_id, state.entry::text as entry
from (
  select recent.thread_id, recent.user_id, recent.incarnation, recent.updated_at
  from {{threads}} as recent
  where $1::{{user_id}} is null or recent.user_id = $1::{{user_id}}
  order by recent.updated_at desc, recent.thread_id desc
  limit $3::bigint
) as thread
join lateral (
  select item.version, item.kind, item.write_id, item.entry
  from {{states}} as item
  where item.thread_id = thread.thread_id and item.namespace = $2::text
    and item.version >= (
      select max(start.version) from {{states}} as start
      where start.thread_id = thread.thread_id and start.namespace = $2::text and start.kind <> 'delta'
    )
) as state on true
where {{caller_is_told}}
order by thread.updated_at desc, thread.thread_id desc, state.version
