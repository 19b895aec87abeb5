/**
 * The scripts (Lua) that Redis runs, each as one atomic step. Only a script can compare with the
 * clock of Redis, the one clock that all machines share.
 *
 * Scripts that change something begin with `UNLESS_LATE`: a command that was stuck in the socket of
 * a Redis that hung must have no effect once nobody waits for it.
 */

/** The clock of Redis in milliseconds, as `now`. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * Reads a key, as `shortText(key, longest)`; `false`: there is none, or what somebody else has put
 * there is no text or one of more than `longest` bytes, which may be 512 MB.
 */
const SHORT_TEXT = `
local function shortText(key, longest)
  local length = redis.pcall('STRLEN', key)
  local isShort = type(length) == 'number' and length <= tonumber(longest)
  return isShort and redis.call('GET', key)
end
`;

/** Does nothing after the deadline, `ARGV[1]`, and answers 0 then. */
const UNLESS_LATE = `${NOW}
if now > tonumber(ARGV[1]) then return 0 end
`;

/**
 * Makes the index last as long as its newest entry. A longer time stays, whoever gave it one that is
 * too long for PEXPIRE. KEYS: entry, index. ARGV: deadline, entry, time to live.
 */
const KEEP_INDEX = `
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[2], ARGV[3]) end
`;

/**
 * Publishes a record. The index contains the time at which each record expires; each call removes
 * the expired ones, and the whole index expires with the last of them.
 *
 * KEYS: record, index. ARGV: deadline, record as JSON, time to live in milliseconds, id, channel.
 */
export const PUT = `${UNLESS_LATE}
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[4])
${KEEP_INDEX}redis.call('PUBLISH', ARGV[5], ARGV[4])
return 1
`;

/** Removes a record. KEYS: record, index. ARGV: deadline, id, channel. */
export const REMOVE = `${UNLESS_LATE}
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[2])
return 1
`;

/**
 * Removes a record only if it has not changed. KEYS: record, index. ARGV: deadline, id, channel,
 * record.
 */
export const REMOVE_SAME = `${UNLESS_LATE}
if redis.call('GET', KEYS[1]) ~= ARGV[4] then return 1 end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[2])
return 1
`;

/**
 * Lists the records, newest first. It changes nothing, so a replica can answer it too.
 *
 * KEYS: index. ARGV: prefix of the records' keys, how many at most, their longest text in bytes.
 * Answers how many there are, then for each one: id, text, and the milliseconds until it expires, -1
 * if it never does.
 */
export const LIST = `${NOW}${SHORT_TEXT}
local since = '(' .. string.format('%.0f', now)
local found = { redis.call('ZCOUNT', KEYS[1], since, '+inf') }
for _, id in ipairs(redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', since, 'LIMIT', 0, ARGV[2])) do
  local key = ARGV[1] .. id
  local left = redis.call('PTTL', key)
  local text = shortText(key, ARGV[3])
  if text and #id <= tonumber(ARGV[3]) then
    table.insert(found, { id, text, left })
  end
end
return found
`;

/**
 * The time until a key expires, as a script told it, in milliseconds: from 0 to the longest that this
 * tool gives to such a key. Somebody else may have given it one of 292 million years, which no date
 * can hold.
 */
export function timeLeft(told: unknown, mostMs: number): number {
  return typeof told === "number" && told > 0 ? Math.min(told, mostMs) : 0;
}

/**
 * Keeps how a generation ended, for the time of a lease. KEYS: end. ARGV: deadline, end as JSON,
 * lease.
 */
export const TELL_END = `${UNLESS_LATE}
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
`;

/** Finds such an end. KEYS: end. ARGV: its longest text in bytes. */
export const FIND_END = `${SHORT_TEXT}
return shortText(KEYS[1], ARGV[1])
`;

/** The beginning of the command that runs a script; its `ARGV` follow. */
export function script(text: string, keys: readonly string[]): readonly string[] {
  return ["EVAL", text, `${keys.length}`, ...keys];
}

/**
 * Takes a claim, unless one of the server's keys is held.
 *
 * KEYS: claim, index, then the keys of the server. ARGV: deadline, claim as JSON, time to live in
 * milliseconds, id, channel, beginning of the keys of claims, their longest text in bytes. Answers 1
 * if it was taken, else the holder's text (`false`: it cannot be read) and how long it has left.
 */
export const TAKE_CLAIM = `${UNLESS_LATE}${SHORT_TEXT}
for i = 3, #KEYS do
  local holder = redis.call('GET', KEYS[i])
  if holder and holder ~= ARGV[4] then
    local left = redis.call('PTTL', ARGV[6] .. holder)
    if left ~= -2 then return { shortText(ARGV[6] .. holder, ARGV[7]), left } end
  end
end
for i = 3, #KEYS do redis.call('SET', KEYS[i], ARGV[4], 'PX', ARGV[3]) end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[4])
${KEEP_INDEX}redis.call('PUBLISH', ARGV[5], ARGV[4])
return 1
`;

/**
 * Gives a claim back, and the keys of its server, which it names. What somebody else has put into the
 * index or the names of the keys must not leave the claim there, which would hold the server.
 *
 * KEYS: claim, index. ARGV: deadline, id, channel. Answers 1 if it was there, else 2.
 */
export const RELEASE_CLAIM = `${UNLESS_LATE}
local text = redis.call('GET', KEYS[1])
redis.pcall('ZREM', KEYS[2], ARGV[2])
if not text then return 2 end
redis.call('DEL', KEYS[1])
local isRead, claim = pcall(cjson.decode, text)
if isRead and type(claim) == 'table' and type(claim.keys) == 'table' then
  for _, key in ipairs(claim.keys) do
    if type(key) == 'string' and redis.pcall('GET', key) == ARGV[2] then redis.call('DEL', key) end
  end
end
redis.call('PUBLISH', ARGV[3], ARGV[2])
return 1
`;
