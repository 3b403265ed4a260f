-- What the last deletion of a thread of this id left behind. Params: $1 thread. Served by the primary key.
select incarnation, write_id from {{tombstones}} where thread_id = $1::{{thread_id}}
