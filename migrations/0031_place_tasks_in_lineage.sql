-- Where a video made from another stands in its tree: a page of the tree is a range of an index then, not a walk from its root.
-- Null for what was made from nothing: such a task is its own root. The parent's place is known when a child is written, and never changes.
alter table tasks add column root_id text, add column depth integer;

create function place_task_in_lineage () returns trigger language plpgsql as $$
begin
  select coalesce(parent.root_id, parent.id), coalesce(parent.depth, 0) + 1
  into new.root_id, new.depth
  from tasks parent
  where parent.id = new.metadata ->> 'remix_from' and parent.user_id = new.user_id;
  return new;
end
$$;

create trigger tasks_place_in_lineage before insert on tasks
for each row when (new.metadata ? 'remix_from') execute function place_task_in_lineage();

-- What is there already, once down each tree: a step and a write for each video that was made from another.
with recursive tree as (
  select t.id, t.user_id, t.id as root_id, 0 as depth
  from tasks t
  where not exists (select from tasks parent where parent.id = t.remix_from and parent.user_id = t.user_id)
  union all
  select child.id, child.user_id, tree.root_id, tree.depth + 1
  from tree
  join tasks child on child.remix_from = tree.id and child.user_id = tree.user_id
)
update tasks t
set root_id = tree.root_id, depth = tree.depth
from tree
where t.id = tree.id and tree.depth > 0;

-- Lineage: a page of a whole tree, by depth.
create index tasks_root_id_user_id_depth_id_idx on tasks (root_id, user_id, depth, id) where root_id is not null;
