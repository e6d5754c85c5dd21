-- A key belongs to the address that it was given for: tasks go on being polled where they were submitted, with the key they were
-- submitted with, and no key is ever sent to an address that its channel was moved to later.
alter table channel_credentials add column base_url text;
update channel_credentials k set base_url = c.base_url from channels c where c.id = k.channel_id;
alter table channel_credentials alter column base_url set not null;
