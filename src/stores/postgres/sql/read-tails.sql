-- As read-tail.sql, for many requests at once.
-- Params: $1 threads, $2 users, $3 namespaces, $4 known versions, $5 versions to read up to.
-- Returns the same rows, each with the number of its request (from 1).
select request.n, thread.incarnation, thread.user_id, state.version, state.kind, state.write_id,
  case when state.version = request.known then null else state.entry::text end as entry
from (
  -- The subselects and the limit keep the planner from seeing how many there are: see commit-turns.sql.
  select * from unnest(
    (select $1::{{thread_id}}[]), (select $2::{{user_id}}[]), (select $3::text[]), (select $4::integer[]), (select $5::integer[])
  ) with ordinality as request (thread_id, user_id, namespace, known, upto, n)
  limit (select 1000000)
) as request
join {{threads}} as thread
  on thread.thread_id = request.thread_id and (request.user_id is null or thread.user_id = request.user_id)
left join lateral (
  select item.version, item.kind, item.write_id, item.entry
  from {{states}} as item
  where item.thread_id = request.thread_id and item.namespace = request.namespace
    -- Cases, not coalesce(): see read-tail.sql.
    and item.version >= case when request.known is not null then request.known else (
      select start.version from {{states}} as start
      where start.thread_id = request.thread_id and start.namespace = request.namespace and start.kind <> 'delta'
        and start.version <= case when request.upto is null then 2147483647 else request.upto end
      order by start.version desc limit 1
    ) end
    and item.version <= case when request.upto is null then 2147483647 else request.upto end
) as state on true
where {{caller_is_told}}
order by request.n, state.version
