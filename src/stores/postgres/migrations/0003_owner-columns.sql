-- Whose a row is, beside the row: policies for row level security then look at nothing but the row itself. Null: the thread's owner is nobody, or
-- the row is older than this column. Adding columns without a default touches no row; setup() fills them where it makes the policies.

alter table {{states}} add column user_id {{user_id_column}};

alter table {{messages}} add column user_id {{user_id_column}};
