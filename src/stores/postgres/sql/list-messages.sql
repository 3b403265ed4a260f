-- Messages in order of their places; {{direction}} is asc or desc.
-- Params: $1 thread, $2 user or null, $3 search or null, $4 roles or null, $5 since, $6 until, $7 after, $8 before, $9 limit, $10 offset.
-- Served by messages_order_idx: a page costs the same wherever its cursor stands.
select message.body::text as body
from {{messages}} as message
join {{threads}} as thread on thread.thread_id = message.thread_id
where {{caller_is_told}} and message.thread_id = $1::{{thread_id}}
  and ($2::{{user_id}} is null or thread.user_id = $2::{{user_id}})
  and ($3::text is null or strpos(message.search_text, $3::text) > 0)
  and ($4::text[] is null or message.role = any ($4::text[]))
  and ($5::double precision is null
    or coalesce(message.sent_at_ms, extract(epoch from message.created_at) * 1000) >= $5::double precision)
  and ($6::double precision is null
    or coalesce(message.sent_at_ms, extract(epoch from message.created_at) * 1000) < $6::double precision)
  and ($7::text is null or message.seq > (
    select cursor.seq from {{messages}} as cursor where cursor.thread_id = $1::{{thread_id}} and cursor.message_id = $7::text
  ))
  and ($8::text is null or message.seq < (
    select cursor.seq from {{messages}} as cursor where cursor.thread_id = $1::{{thread_id}} and cursor.message_id = $8::text
  ))
order by message.seq {{direction}}
limit $9::bigint offset $10::bigint
