-- One message. Params: $1 thread, $2 user or null, $3 message. Served by the primary keys.
select message.body::text as body
from {{messages}} as message
join {{threads}} as thread on thread.thread_id = message.thread_id
where {{caller_is_told}} and message.thread_id = $1::{{thread_id}} and message.message_id = $3::text
  and ($2::{{user_id}} is null or thread.user_id = $2::{{user_id}})
