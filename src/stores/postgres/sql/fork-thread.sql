-- Copies a thread. Params: $1 source, $2 user or null, $3 namespace of the version, $4 target, $5 version or null, $6 owner or null,
--   $7 write id, $8 incarnation of the source or null.
-- Returns 1 or 0 each: whether the source is visible, whether it has the version, whether the copy was made or had been made by this
-- very write. Served by the primary keys and messages_order_idx.
with source as (
  select * from {{threads}} as thread
  where thread.thread_id = $1::{{thread_id}} and ($2::{{user_id}} is null or thread.user_id = $2::{{user_id}})
    and ($8::bigint is null or thread.incarnation = $8::bigint)
), cut as (
  select state.last_seq
  from {{states}} as state
  join source using (thread_id)
  where state.namespace = $3::text and state.version = $5::integer
), copy as (
  insert into {{threads}} (
    thread_id, user_id, thread_name, name_search, metadata, metadata_search, run_id, next_seq, recent_writes,
    updated_at
  )
  select $4::{{thread_id}}, coalesce($6::{{user_id}}, source.user_id), source.thread_name, source.name_search,
    source.metadata, source.metadata_search, source.run_id, source.next_seq, array[$7::uuid], {{now}}
  from source
  where $5::integer is null or exists (select from cut)
  on conflict (thread_id) do nothing
  returning thread_id, user_id
), copied_states as (
  insert into {{states}} (thread_id, namespace, version, kind, entry, write_id, metadata, last_seq, created_at, user_id)
  select copy.thread_id, state.namespace, state.version, state.kind, state.entry, state.write_id, state.metadata,
    state.last_seq, state.created_at, copy.user_id
  from {{states}} as state, copy
  where state.thread_id = $1::{{thread_id}}
    and ($5::integer is null
      or (state.namespace = $3::text and state.version <= $5::integer)
      -- Not by created_at: that is when a turn began, and of two at once the later one may have been committed first.
      or (state.namespace <> $3::text and state.last_seq <= (select cut.last_seq from cut)))
), copied_messages as (
  insert into {{messages}} (
    thread_id, message_id, seq, role, body, search_text, sent_at_ms, write_id, created_at, user_id
  )
  select copy.thread_id, message.message_id, message.seq, message.role, message.body, message.search_text,
    message.sent_at_ms, message.write_id, message.created_at, copy.user_id
  from {{messages}} as message, copy
  where message.thread_id = $1::{{thread_id}}
    and ($5::integer is null or message.seq <= (select cut.last_seq from cut))
)
select
  (select count(*) from source) as sources,
  case when $5::integer is null then 1 else (select count(*) from cut) end as versions,
  (select count(*) from copy) + (
    select count(*) from {{threads}} as made
    where made.thread_id = $4::{{thread_id}} and $7::uuid = any (made.recent_writes)
  ) as copies
where {{caller_is_told}}
