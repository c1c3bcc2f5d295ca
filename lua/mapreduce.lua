#!lua name=mapreduce1

-- Coordination of a MapReduce job: every step that must happen whole or not at all.
--
-- The text of the library is this file, which has what all functions share, and the others beside it.
--
-- Tasks have one index space: map tasks 0 .. maps-1, reduce tasks maps .. total-1; jobs that count in
-- Redis have no reduce tasks. State: PLANNING -> MAP (all map tasks are in the stream)
--   -> REDUCE (all reduce tasks are, too; skipped where there are none) -> DONE | FAILED | CANCELLED.
--
-- KEYS, the same eleven for every function of a job J, all `mr:{J}:...`:
--   1 meta      hash    plan state maps total next spec owner abi gen sum beats created
--                           [backups] [reason] [retired]
--   2 tasks     stream  entry <gen>-<idx+1> with the fields idx, payload; consumer group `workers`
--   3 done      hash    idx -> manifest, the truth about what is complete:
--                           {worker attempt entry parts counters:{name:value} [blob]}
--                           where blob {attempt bytes records sum} names the output that was stored
--   4 failed    hash    idx -> failed attempts
--   5 dead      hash    idx -> reason
--   6 counters  hash    name -> sum over the tasks that are done
--   7 counts    zset    key -> count
--   8 workers   hash    worker -> time of its last sign of life, in ms
--   9 events    stream  capped; wakes whoever watches the job
--  10 parts     hash    gates of commits in several parts, while they are incomplete
--  11 held      hash    entry -> since when, in ms, and by whom it is held, from its first renewal on;
--                           map, reduce -> tasks done, and for how many ms they were held in all
--
-- Replies are arrays that start with a word. Every function may also reply
--   WRONGTYPE text | NOPLAN | PLAN_MISMATCH plan-found | NOGROUP | BAD text
--
-- A function that fails midway keeps what it wrote. Therefore all that can fail is looked at before the
-- first write, sums are computed here and stored with HSET, and pairs go to ZINCRBY as the text they
-- came as: a Lua number would become a float on its way.

-- The loader puts a hash of this text here; another one in the server means another library.
local VERSION = '@VERSION@'

local META, TASKS, DONE, FAILED, DEAD = 1, 2, 3, 4, 5
local COUNTERS, COUNTS, WORKERS, EVENTS, PARTS, HELD = 6, 7, 8, 9, 10, 11
local SHAPES = {
  'hash', 'stream', 'hash', 'hash', 'hash', 'hash', 'zset', 'hash', 'stream', 'hash',
  'hash',
}
local GROUP = 'workers'
local OVER = { DONE = true, FAILED = true, CANCELLED = true }
-- Doubles, and so scores of sorted sets, are exact up to here: 2^53.
local LIMIT, LIMIT_TEXT = 9007199254740992, '9007199254740992'
-- Entries per XPENDING, XRANGE and XACK: below what `unpack` takes (7,998), small in memory.
local PAGE = 1000
-- A worker that was heard of within this time is alive; after an hour it may be forgotten. In ms.
local ALIVE, FORGET = 60000, 3600000

-- The number that `text` is in plain digits, if it is at most 2^53; otherwise nil.
local function whole(text)
  if type(text) ~= 'string' or not (text == '0' or string.find(text, '^[1-9]%d*$')) then
    return nil
  end
  if #text > 16 or (#text == 16 and text > LIMIT_TEXT) then
    return nil
  end
  return tonumber(text)
end

local function digits(number)
  return string.format('%.0f', number)
end

local function bad(text)
  return { 'BAD', text }
end

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- A flat list of names and values as a table.
local function named(flat)
  local fields = {}
  for at = 1, #flat, 2 do
    fields[flat[at]] = flat[at + 1]
  end
  return fields
end

local function wrong_type(keys)
  for at, shape in ipairs(SHAPES) do
    local found = redis.call('TYPE', keys[at]).ok
    if found ~= 'none' and found ~= shape then
      return { 'WRONGTYPE', keys[at] .. ' is a ' .. found .. ', it must be a ' .. shape }
    end
  end
end

-- The reply that refuses, or nil and the job under `plan`.
local function open(keys, plan)
  local refusal = wrong_type(keys)
  if refusal then
    return refusal
  end
  local meta = redis.call('HMGET', keys[META],
    'plan', 'state', 'maps', 'total', 'next', 'gen', 'sum', 'beats', 'backups')
  if not meta[1] then
    return { 'NOPLAN' }
  end
  if meta[1] ~= plan then
    return { 'PLAN_MISMATCH', meta[1] }
  end
  local job = { state = meta[2] }
  for at, name in ipairs({ 'maps', 'total', 'next', 'gen', 'sum', 'beats' }) do
    job[name] = whole(meta[at + 2])
    if not job[name] then
      return bad(keys[META] .. ' holds no whole number in ' .. name)
    end
  end
  -- Generations that are backup attempts; there from the first one on.
  job.backups = whole(meta[9] or '0') or 0
  return nil, job
end

-- The consumer group as XINFO shows it; nil if it is gone.
local function group(keys)
  if redis.call('EXISTS', keys[TASKS]) == 0 then
    return nil
  end
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', keys[TASKS])) do
    local found = named(flat)
    if found.name == GROUP then
      return found
    end
  end
end

-- Generation and number of a stream entry id; nil if it is none of ours.
local function parse(entry)
  local gen, seq = string.match(entry, '^(%d+)-(%d+)$')
  if gen and #gen <= 16 and #seq <= 16 then
    return tonumber(gen), tonumber(seq)
  end
end

-- The first entry of the task in the pages that `read` gives from an id on; nil if there is none.
local function find(index, read)
  local from = '-'
  while from do
    local page = read(from)
    for _, row in ipairs(page) do
      local _, seq = parse(row[1])
      if seq == index + 1 then
        return row
      end
    end
    from = #page == PAGE and '(' .. page[PAGE][1]
  end
end

local function last_id(keys)
  if redis.call('EXISTS', keys[TASKS]) == 0 then
    return '0-0'
  end
  return named(redis.call('XINFO', 'STREAM', keys[TASKS]))['last-generated-id']
end

-- The lowest generation, from `gen` on, in which an entry for `index` may still be added: XADD refuses
-- ids that are not above the last one. nil if somebody pushed the stream to its end.
local function generation(keys, gen, index)
  local last_gen, last_seq = parse(last_id(keys))
  if not last_gen or last_gen >= LIMIT or gen >= LIMIT then
    return nil
  end
  if gen > last_gen or (gen == last_gen and index + 1 > last_seq) then
    return gen
  end
  return last_gen + 1
end

local function add(keys, gen, index, payload)
  redis.call('XADD', keys[TASKS], digits(gen) .. '-' .. digits(index + 1),
    'idx', digits(index), 'payload', payload)
end

local function ack(keys, entry)
  redis.call('HDEL', keys[HELD], entry)
  return redis.call('XACK', keys[TASKS], GROUP, entry)
end

-- The lease of the entry: {entry holder idle deliveries}; nil if nobody holds it, or there is no group.
local function lease_of(keys, entry)
  return redis.pcall('XPENDING', keys[TASKS], GROUP, entry, entry, 1)[1]
end

-- Whether the task is done or given up.
local function settled(keys, index)
  return redis.call('HEXISTS', keys[DONE], index) == 1 or redis.call('HEXISTS', keys[DEAD], index) == 1
end

-- Always the last write, and allowed to fail: an event only wakes, it carries nothing.
local function tell(keys, event)
  redis.pcall('XADD', keys[EVENTS], 'MAXLEN', '~', '1000', '*', 'event', event)
end
