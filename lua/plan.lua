
-- Planning: the tasks get into the stream.

-- The phase that a stretch from `start` belongs to: the state in which its tasks are appended, the
-- state that follows, and the index behind its last task.
local function phase(maps, total, start)
  if start < maps or maps == total then
    return { from = 'PLANNING', to = 'MAP', finish = maps }
  end
  return { from = 'MAP', to = 'REDUCE', finish = total }
end

-- The reply that refuses what a plan says of itself, or nil.
local function misfit(keys, argv, job)
  local total, maps, start = whole(argv[2]), whole(argv[3]), whole(argv[7])
  if not total or not maps or maps < 1 or maps > total or total > 4294967295 then
    return bad('a plan has 1 to 2^32-1 tasks, and at least one of them is a map task')
  end
  if job and (job.maps ~= maps or job.total ~= total) then
    return bad(keys[META] .. ' holds this plan with other numbers of tasks')
  end
  if not start or start + #argv - 7 > phase(maps, total, start).finish then
    return bad('a stretch of a plan lies within its map tasks or its reduce tasks')
  end
end

-- The job before its first task.
local function fresh(keys, argv)
  for at = TASKS, HELD do
    if redis.call('EXISTS', keys[at]) == 1 then
      return bad(keys[at] .. ' is left of a job without a plan: delete it, or use another job.id')
    end
  end
  return nil, {
    state = 'PLANNING', total = whole(argv[2]), maps = whole(argv[3]), next = 0, gen = 1, fresh = true,
  }
end

-- mr1_plan: appends the tasks from `start`; those below meta.next are there already. Reduce tasks are
-- appended only while all map tasks are done.
-- ARGV    plan total maps spec owner abi start payload...
-- Reply   NEXT next | COMPLETE (nothing to append now) | GAP next | PLAN_MISMATCH plan-found
-- Keeps   no index is appended twice; the state changes only with all tasks of a phase in the stream.
local function plan(keys, argv)
  local refusal, job = open(keys, argv[1])
  if refusal and refusal[1] ~= 'NOPLAN' then
    return refusal
  end
  refusal = misfit(keys, argv, job)
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
    return bad(keys[TASKS] .. ' has come to the end of its entry ids')
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
  tell(keys, 'planned')
  return { 'COMPLETE' }
end

redis.register_function('mr1_plan', plan)
