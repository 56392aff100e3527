// The Lua script that decides inside Redis, by Redis's own clock, for all daemons together.
//
// KEYS[1]: the key; its form is part of its name (redis_limits.cc). KEYS[2], for slices: how much
// of it each daemon counted. ARGV: the action ("check", "peek" or "merge"), the requests of the
// limit, its window in microseconds, the width of a slice in microseconds or 0 for a log, the
// daemon's name, the request's number, and how often the other daemons are told the count: 0 never,
// 1 each time, 10 every tenth time. For "merge" follow the parts that the daemon counted
// (counted_ledger.h), three words each: number, count, and the age of its last request in
// microseconds. Returns {allowed (1 or 0), counted, microseconds until the oldest leaves, Redis's
// time}.
//
// A log is a sorted set of requests, by their time. A request is named by its daemon and its
// number, so it counts once even if it is sent twice. Slices are a sorted set of slice numbers. The
// score of a slice holds how many requests it counts, and when the last of them came, in
// milliseconds since the slice began. A slice counts until its last request has left the window.
// KEYS[2] is a hash of what each daemon counted in each slice; a merge adds only what is missing
// there. All keys expire after the window.
#pragma once

namespace mkt {

// The channel where daemons tell each other the count, "<requests> <window> <counted> <KEYS[1]>",
// and a reset, "reset <KEYS[1]>".
inline constexpr const char* kLimitChannel = "mkt:limit";

inline constexpr const char* kLimitScript = R"lua(
local act, limit, window, width = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local daemon, number, every = ARGV[5], ARGV[6], tonumber(ARGV[7])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local key, shares = KEYS[1], KEYS[2]
local counted, first = 0, nil
local SCALE = 16777216
local leaves = {}

local function oldest() return tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]) end

local function count_log()
  first = oldest()
  if not first then return end
  if first > now - window then
    counted = redis.call('ZCARD', key)
  elseif act == 'peek' then
    local since = string.format('(%d', now - window)
    counted = redis.call('ZCOUNT', key, since, '+inf')
    first = tonumber(redis.call('ZRANGEBYSCORE', key, since, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2])
  else
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
    counted, first = redis.call('ZCARD', key), oldest()
  end
end

local function count_slices()
  local all = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  for i = 1, #all, 2 do
    local score = tonumber(all[i + 1])
    local last = tonumber(all[i]) * width + (score % SCALE) * 1000
    if now - last >= window then
      if act ~= 'peek' then redis.call('ZREM', key, all[i]) end
    else
      counted = counted + math.floor(score / SCALE)
      leaves[all[i]] = last
    end
  end
end

local function add_to_log(name, at)
  if redis.call('ZADD', key, 'NX', string.format('%d', at), name) == 0 then return end
  counted = counted + 1
  if not first or at < first then first = at end
end

local function drop_old_shares()
  local since = math.floor((now - window) / width) - 1
  for _, field in ipairs(redis.call('HKEYS', shares)) do
    if tonumber(string.match(field, '%d+$')) < since then redis.call('HDEL', shares, field) end
  end
end

local function add_to_slice(slice, n, last)
  local field = daemon .. ':' .. string.format('%d', slice)
  if redis.call('HINCRBY', shares, field, n) == n then drop_old_shares() end
  slice = math.min(slice, math.floor(now / width))
  local name = string.format('%d', slice)
  local score = tonumber(redis.call('ZSCORE', key, name)) or 0
  local after = math.max(score % SCALE, math.ceil((last - slice * width) / 1000), 0)
  after = math.min(after, math.ceil(width / 1000))
  redis.call('ZADD', key, string.format('%d', (math.floor(score / SCALE) + n) * SCALE + after), name)
  leaves[name] = slice * width + after * 1000
  counted = counted + n
end

local function merge(part, count, last)
  if now - last >= window then return end
  if width == 0 then return add_to_log(daemon .. '-' .. part, last) end
  local slice = tonumber(part)
  local known = tonumber(redis.call('HGET', shares, daemon .. ':' .. string.format('%d', slice))) or 0
  if count > known then add_to_slice(slice, count - known, last) end
end

if width > 0 then count_slices() else count_log() end
local allowed = counted < limit
if act == 'check' and allowed then
  if width > 0 then
    add_to_slice(math.floor(now / width), 1, now)
  else
    add_to_log(daemon .. '-' .. number, now)
  end
elseif act == 'merge' then
  for i = 8, #ARGV, 3 do merge(ARGV[i], tonumber(ARGV[i + 1]), now - tonumber(ARGV[i + 2])) end
end
for _, last in pairs(leaves) do
  if not first or last < first then first = last end
end
if act ~= 'peek' and first then
  local ttl = math.ceil((window + width) / 1000) + 1000
  redis.call('PEXPIRE', key, ttl)
  if width > 0 then redis.call('PEXPIRE', shares, ttl) end
  if every > 0 and (act == 'merge' or allowed and counted % every == 0) then
    redis.pcall('PUBLISH', 'mkt:limit', string.format('%d %d %d %s', limit, window, counted, key))
  end
end
return {allowed and 1 or 0, counted, first and math.max(0, first + window - now) or 0, now}
)lua";

}  // namespace mkt
