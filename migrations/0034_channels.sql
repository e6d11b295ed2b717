-- Requests that other channels filed (Open311): found by their channel, which is one of their tags.
create index ticket_channel on ticket using gin (tags jsonb_path_ops) where tags @> '[{"key": "channel"}]';
