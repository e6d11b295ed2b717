-- What a desk telephone registers with. The password itself is nowhere: MD5(extension:liandong:password), RFC 8760 calls it H(A1).
create table phone (
  extension text primary key check (extension ~ '^[0-9]{2,8}$'),
  a1_hash   text not null check (a1_hash ~ '^[0-9a-f]{32}$'),
  set_at    timestamptz not null default now()
);
