
-- Planning: appends tasks to the stream.

-- Returns the phase of the tasks from `start` on: the state in which they are appended, the state that follows, and the
-- index after its last task.
local function phase(maps, total, start)
  if start < maps or maps == total then
    return { from = 'PLANNING', to = 'MAP', finish = maps }
  end
  return { from = 'MAP', to = 'REDUCE', finish = total }
end

-- Returns the reply that refuses the numbers of a plan call, or nil.
local function refuse_numbers(keys, argv, job)
  local total, maps, start = whole(argv[2]), whole(argv[3]), whole(argv[7])
  if not total or not maps or maps < 1 or maps > total or total > 4294967295 then
    return bad('a plan must have 1 to 2^32-1 tasks, at least one of which is a map task')
  end
  if job and (job.maps ~= maps or job.total ~= total) then
    return bad(keys[META] .. ' has this plan with other numbers of tasks')
  end
  if not start or start + #argv - 7 > phase(maps, total, start).finish then
    return bad('one call must append either map tasks or reduce tasks of the plan')
  end
end

-- Returns a new job without tasks, or a refusal if keys of an earlier job exist.
local function fresh(keys, argv)
  for at = TASKS, HELD do
    if redis.call('EXISTS', keys[at]) == 1 then
      return bad(keys[at] .. ' remains from a job without a plan: delete it, or use another job.id')
    end
  end
  return nil, {
    state = 'PLANNING', total = whole(argv[2]), maps = whole(argv[3]), next = 0, gen = 1, fresh = true,
  }
end

-- mr1_plan: appends the tasks from `start` on. Tasks below meta.next are already there.
-- KEYS        the keys of a job
-- ARGV        plan total maps spec owner abi start payload...
-- Returns     NEXT next | COMPLETE (nothing to append now) | GAP next | PLAN_MISMATCH plan-found
-- Invariants  No task is appended twice. The state changes only when all tasks of a phase are in the stream. Reduce
--             tasks are appended only while all map tasks are done.
local function plan(keys, argv)
  local refusal, job = open(keys, argv[1])
  if refusal and refusal[1] ~= 'NOPLAN' then
    return refusal
  end
  refusal = refuse_numbers(keys, argv, job)
  if not refusal and not job then
    refusal, job = fresh(keys, argv)
  end
  if refusal then
    return refusal
  end
  local start = whole(argv[7])
  if OVER[job.state] then
    return { 'COMPLETE' }
  end
  local ours = phase(job.maps, job.total, start)
  if start > job.next then
    return { 'GAP', digits(job.next) }
  end
  local gen = generation(keys, job.gen, job.next)
  if not gen then
    return bad(keys[TASKS] .. ' has used up its entry ids')
  end

  if job.fresh then
    redis.call('HSET', keys[META], 'plan', argv[1], 'state', 'PLANNING', 'total', argv[2],
      'maps', argv[3], 'next', '0', 'spec', argv[4], 'owner', argv[5], 'abi', argv[6], 'gen', '1',
      'sum', '0', 'beats', '0', 'created', digits(now()))
  end
  if not group(keys) then
    redis.call('XGROUP', 'CREATE', keys[TASKS], GROUP, '0', 'MKSTREAM')
  end
  if job.state ~= ours.from then
    return { 'COMPLETE' }
  end
  if job.state == 'MAP' and redis.call('HLEN', keys[DONE]) < job.maps then
    return { 'COMPLETE' }
  end
  for at = 8 + job.next - start, #argv do
    add(keys, gen, job.next, argv[at])
    job.next = job.next + 1
  end
  redis.call('HSET', keys[META], 'next', digits(job.next), 'gen', digits(gen))
  if job.next < ours.finish then
    return { 'NEXT', digits(job.next) }
  end
  redis.call('HSET', keys[META], 'state', ours.to)
  notify(keys, 'planned')
  return { 'COMPLETE' }
end

redis.register_function('mr1_plan', plan)
