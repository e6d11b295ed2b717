/** $1 the hash of the token, hex */
export const END_SESSION = `update session set revoked_at = now() where token_hash = decode($1, 'hex') and revoked_at is null`
