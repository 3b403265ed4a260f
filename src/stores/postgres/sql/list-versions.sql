-- The versions of a state, newest first.
-- Params: $1 thread, $2 user or null, $3 namespace, $4 below this version or null, $5 limit or null, $6 metadata to contain or null,
-- $7 path that must hold beside $6 or null.
-- Served by the primary key of states, backwards.
select state.version, state.kind, state.metadata::text as metadata,
  extract(epoch from state.created_at) * 1000 as created_at_ms
from {{states}} as state
join {{threads}} as thread on thread.thread_id = state.thread_id
where {{caller_is_told}} and state.thread_id = $1::{{thread_id}} and state.namespace = $3::text
  and ($2::{{user_id}} is null or thread.user_id = $2::{{user_id}})
  and ($4::integer is null or state.version < $4::integer)
  and ($6::jsonb is null or state.metadata @> $6::jsonb)
  and ($7::jsonpath is null or state.metadata @? $7::jsonpath)
order by state.version desc
limit $5::bigint
