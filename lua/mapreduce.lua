#!lua name=mapreduce1

-- Coordination of a MapReduce job: every step that must happen completely or not at all.
--
-- The library consists of this file, which contains the shared code, and of the other files in its folder.
--
-- Tasks share one index space: map tasks are 0 .. maps-1, reduce tasks are maps .. total-1. Jobs that count in Redis
-- have no reduce tasks. The states of a job:
--   PLANNING -> MAP (all map tasks are in the stream)
--            -> REDUCE (all reduce tasks are in the stream; skipped without reduce tasks)
--            -> DONE | FAILED | CANCELLED
--
-- KEYS of every function of a job J, all of the form `mr:{J}:...`:
--   1 meta      hash    plan state maps total next spec owner abi gen sum beats created
--                           [backups] [reason] [retired]
--   2 tasks     stream  entry <gen>-<idx+1> with the fields idx, payload; consumer group `workers`
--   3 done      hash    idx -> manifest; the only record of which tasks are done:
--                           {worker attempt entry parts counters:{name:value} [blob]}
--                           parts is the number of commit batches
--                           blob {attempt bytes records sum} describes the stored output
--   4 failed    hash    idx -> number of failed attempts
--   5 dead      hash    idx -> reason
--   6 counters  hash    name -> sum over the done tasks
--   7 counts    zset    key -> count
--   8 workers   hash    worker -> time of its last sign of life, in ms
--   9 events    stream  capped; wakes the watchers of the job
--  10 parts     hash    gates of incomplete commits in several batches
--  11 held      hash    entry -> start of the hold in ms, and the holder; from the first renewal on
--                           map, reduce -> number of done tasks, and their total hold time in ms
--
-- Replies are arrays that start with a word. In addition to the words in its header, a function of a job may return
--   WRONGTYPE text | NOPLAN | PLAN_MISMATCH plan-found | NOGROUP | BAD text
--
-- A function that fails midway keeps what it wrote. Each function therefore checks everything that can fail before its
-- first write. Sums are computed here and stored with HSET. Counts go to ZINCRBY as the text in which they arrived,
-- since a Lua number would become a float on its way.

-- The loader replaces this by a hash of the library. Another hash in the server means another version.
local VERSION = '@VERSION@'

local META, TASKS, DONE, FAILED, DEAD = 1, 2, 3, 4, 5
local COUNTERS, COUNTS, WORKERS, EVENTS, PARTS, HELD = 6, 7, 8, 9, 10, 11
local SHAPES = {
  'hash', 'stream', 'hash', 'hash', 'hash', 'hash', 'zset', 'hash', 'stream', 'hash',
  'hash',
}
local GROUP = 'workers'
local OVER = { DONE = true, FAILED = true, CANCELLED = true }
-- Largest exact number: doubles, and so scores of sorted sets, hold whole numbers exactly up to 2^53.
local LIMIT, LIMIT_TEXT = 9007199254740992, '9007199254740992'
-- Entries per XPENDING, XRANGE and XACK. It is below the limit of `unpack` (7,998) and small in memory.
local PAGE = 1000
-- In ms: a worker is alive for ALIVE after its last sign of life, and may be forgotten after FORGET.
local ALIVE, FORGET = 60000, 3600000

-- Returns `text` as a number if it is a decimal number up to 2^53 without leading zeros, or nil.
local function whole(text)
  if type(text) ~= 'string' or not (text == '0' or string.find(text, '^[1-9]%d*$')) then
    return nil
  end
  if #text > 16 or (#text == 16 and text > LIMIT_TEXT) then
    return nil
  end
  return tonumber(text)
end

-- Returns a number in plain decimal digits.
local function digits(number)
  return string.format('%.0f', number)
end

-- Returns the refusal of an invalid call.
local function bad(text)
  return { 'BAD', text }
end

-- Returns the server's time in ms.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Converts a flat list of names and values to a table.
local function named(flat)
  local fields = {}
  for at = 1, #flat, 2 do
    fields[flat[at]] = flat[at + 1]
  end
  return fields
end

-- Returns a refusal if a key has a wrong type, or nil.
local function wrong_type(keys)
  for at, shape in ipairs(SHAPES) do
    local found = redis.call('TYPE', keys[at]).ok
    if found ~= 'none' and found ~= shape then
      return { 'WRONGTYPE', keys[at] .. ' is a ' .. found .. ', but must be a ' .. shape }
    end
  end
end

-- Checks the types of the keys and the plan. Returns a refusal, or nil and the job.
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
      return bad(keys[META] .. ' has an invalid number in ' .. name)
    end
  end
  -- Number of generations that are backup attempts. The field exists from the first one on.
  job.backups = whole(meta[9] or '0') or 0
  return nil, job
end

-- Returns the consumer group as shown by XINFO, or nil if it does not exist.
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

-- Returns the generation and the number of a stream entry id, or nil if it is not an id of this library.
local function parse(entry)
  local gen, seq = string.match(entry, '^(%d+)-(%d+)$')
  if gen and #gen <= 16 and #seq <= 16 then
    return tonumber(gen), tonumber(seq)
  end
end

-- Returns the first entry of the task in the pages that `read` returns from an id on, or nil.
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

-- Returns the id of the last entry that was added to the task stream.
local function last_id(keys)
  if redis.call('EXISTS', keys[TASKS]) == 0 then
    return '0-0'
  end
  return named(redis.call('XINFO', 'STREAM', keys[TASKS]))['last-generated-id']
end

-- Returns the lowest generation, not below `gen`, in which XADD accepts an entry for `index`: ids must grow. Returns
-- nil if another client has used up the ids of the stream.
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

-- Adds an entry of a task to the task stream.
local function add(keys, gen, index, payload)
  redis.call('XADD', keys[TASKS], digits(gen) .. '-' .. digits(index + 1),
    'idx', digits(index), 'payload', payload)
end

-- Acknowledges an entry and removes its hold time.
local function ack(keys, entry)
  redis.call('HDEL', keys[HELD], entry)
  return redis.call('XACK', keys[TASKS], GROUP, entry)
end

-- Returns the lease of the entry as { entry, holder, idle, deliveries }, or nil if no worker holds it or the group does
-- not exist.
local function lease_of(keys, entry)
  return redis.pcall('XPENDING', keys[TASKS], GROUP, entry, entry, 1)[1]
end

-- Returns whether the task is done or dead.
local function settled(keys, index)
  return redis.call('HEXISTS', keys[DONE], index) == 1 or redis.call('HEXISTS', keys[DEAD], index) == 1
end

-- Adds an event, which wakes the watchers of the job and carries no data. Always the last write, so it may fail.
local function notify(keys, event)
  redis.pcall('XADD', keys[EVENTS], 'MAXLEN', '~', '1000', '*', 'event', event)
end
