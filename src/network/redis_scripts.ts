/**
 * What Redis is told to do, each in one step. They are its own scripts (Lua), for only so can a change
 * go by the clock of Redis, which is the one that all machines share.
 *
 * What changes anything begins with `UNLESS_LATE`: a command that lay in the socket of a Redis that
 * hung must not be done when nobody waits for it any more.
 */

/** The clock of Redis in milliseconds, as `now`. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** Does nothing after the deadline, `ARGV[1]`, and answers 0 then. */
const UNLESS_LATE = `${NOW}
if now > tonumber(ARGV[1]) then return 0 end
`;

/**
 * Publishes a record: its key and its place in the index live for a lease. The index holds, for each
 * record, when it runs out; what has run out is dropped from it by whoever publishes next, and all of
 * it goes a lease after the last one did.
 *
 * KEYS: record, index. ARGV: deadline, record as JSON, lease in milliseconds, id, channel.
 */
export const PUT = `${UNLESS_LATE}
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('PUBLISH', ARGV[5], ARGV[4])
return 1
`;

/** Takes a record back. KEYS: record, index. ARGV: deadline, id, channel. */
export const REMOVE = `${UNLESS_LATE}
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[2])
return 1
`;

/** The same if it is still what it was. KEYS: record, index. ARGV: deadline, id, channel, record. */
export const REMOVE_SAME = `${UNLESS_LATE}
if redis.call('GET', KEYS[1]) ~= ARGV[4] then return 1 end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[2])
return 1
`;

/**
 * Lists the records, the newest first. Changes nothing, so that a replica answers too.
 *
 * KEYS: index. ARGV: beginning of the keys of records, how many at most, their longest text in bytes.
 * Answers how many there are, then for each that is there: id, text, milliseconds that it is left.
 */
export const LIST = `${NOW}
local since = '(' .. string.format('%.0f', now)
local found = { redis.call('ZCOUNT', KEYS[1], since, '+inf') }
for _, id in ipairs(redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', since, 'LIMIT', 0, ARGV[2])) do
  local key = ARGV[1] .. id
  local left = redis.call('PTTL', key)
  local length = redis.pcall('STRLEN', key)
  if left > 0 and type(length) == 'number' and length <= tonumber(ARGV[3]) then
    table.insert(found, { id, redis.call('GET', key), left })
  end
end
return found
`;

/** Keeps how a generation ended, for a lease. KEYS: end. ARGV: deadline, end as JSON, lease. */
export const TELL_END = `${UNLESS_LATE}
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
`;

/** The beginning of the command that runs a script; its `ARGV` are to follow. */
export function script(text: string, keys: readonly string[]): readonly string[] {
  return ["EVAL", text, `${keys.length}`, ...keys];
}
