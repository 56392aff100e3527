// The Lua script that decides within Redis, by Redis's own time: what all daemons share.
//
// KEYS[1]: the key, whose form is part of its name (redis_limits.cc).
// ARGV: what to do ("check", "peek" or "add"), requests, window in microseconds, the width of a
// slice in microseconds or 0 for a log, and for "add" how long ago each request came, in
// microseconds.
// Returns {allowed (1 or 0), counted, microseconds until the oldest leaves}.
//
// A log is a sorted set of requests by their time; slices are a sorted set too, of slice numbers by
// how many requests each holds. A slice counts until its last moment has left the window. Both go
// by themselves once the window is over.
#pragma once

namespace mkt {

inline constexpr const char* kLimitScript = R"lua(
local act, limit, window, width = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local key = KEYS[1]
local counted, first = 0, nil

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
    local last = (tonumber(all[i]) + 1) * width - 1
    if now - last >= window then
      if act ~= 'peek' then redis.call('ZREM', key, all[i]) end
    else
      counted = counted + tonumber(all[i + 1])
      if not first or last < first then first = last end
    end
  end
end

local function add(at, n)
  if width > 0 then
    redis.call('ZINCRBY', key, 1, string.format('%d', math.floor(at / width)))
    local last = (math.floor(at / width) + 1) * width - 1
    if not first or last < first then first = last end
  else
    redis.call('ZADD', key, string.format('%d', at), string.format('%d-%d', now, n))
    if not first or at < first then first = at end
  end
  counted = counted + 1
end

if width > 0 then count_slices() else count_log() end
local allowed = counted < limit
if act == 'check' and allowed then add(now, counted) end
if act == 'add' then
  for i = 5, #ARGV do
    local ago = tonumber(ARGV[i])
    if ago < window then add(now - ago, counted) end
  end
end
if act ~= 'peek' and first then redis.call('PEXPIRE', key, math.ceil((window + width) / 1000) + 1000) end
return {allowed and 1 or 0, counted, first and math.max(0, first + window - now) or 0}
)lua";

}  // namespace mkt
