-- What wrk sends: students who watch videos, play, heartbeats and pause, every event with an id of its own.
-- Students take turns, and the time of each moves on by 10 seconds from event to event.
-- Arguments: name=value, as `bench.load` writes them.

local ffi = require("ffi")
ffi.cdef [[ typedef struct { long s; long ns; } bench_time; int clock_gettime(int clock, bench_time *t); ]]

local EVENT_SECONDS = 10 -- between two events of a student
local VISIT_EVENTS = 50  -- from a play to its pause
local MONOTONIC = 1

local clock = ffi.new("bench_time")
local heads, count, prefix, first, per_request, videos, session = {}, 0, "", 0, 1, 1, ""
local turn_times, turn, skipped = {}, -1, 0
local thread_of_wrk
records = 0 -- global, because `done` runs in another Lua state and asks for it by name

local function milliseconds()
    ffi.C.clock_gettime(MONOTONIC, clock)
    return tonumber(clock.s) * 1000 + tonumber(clock.ns) / 1e6
end

local function uuid_prefix()
    local random = assert(io.open("/dev/urandom", "rb"))
    local bytes = { random:read(8):byte(1, 8) }
    random:close()
    return string.format("%02x%02x%02x%02x-%02x%02x-4%x%02x-8000-", bytes[1], bytes[2], bytes[3], bytes[4],
        bytes[5], bytes[6], bytes[7] % 16, bytes[8])
end

-- Every connection waits for the next moment of a fixed schedule; what comes after `seconds` never sends.
local function paced(rate, seconds)
    local began, sent = nil, 0
    return function()
        local now = milliseconds()
        began = began or now
        local at = began + sent * 1000 / rate
        if at > began + seconds * 1000 then return 3600 * 1000 end
        sent = sent + 1
        return math.max(0, at - now)
    end
end

function setup(thread)
    thread_of_wrk = thread
end

function init(args)
    local options = {}
    for _, argument in ipairs(args) do
        local name, value = argument:match("^(%w+)=(.*)$")
        if name then options[name] = value end
    end
    per_request, videos = tonumber(options.events), tonumber(options.videos)
    skipped = tonumber(options.skip)
    first, session, prefix = tonumber(options.first), options.session, uuid_prefix()
    for token in io.lines(options.tokens) do
        heads[#heads + 1] = "POST " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port
            .. "\r\nAuthorization: Bearer " .. token .. "\r\nContent-Type: application/json\r\n"
            .. (options.prefer ~= "" and "Prefer: " .. options.prefer .. "\r\n" or "") .. "Content-Length: "
    end
    if options.prefer == "" then
        response = function(status) if status == 201 then records = records + 1 end end
    end
    if tonumber(options.rate) > 0 then delay = paced(tonumber(options.rate), tonumber(options.seconds)) end
end

local function event(number, place, occurred_at)
    local nth = place % VISIT_EVENTS
    local kind = nth == 0 and '"play"' or nth == VISIT_EVENTS - 1 and '"pause"' or '"heartbeat"'
    local video = 1 + math.floor(place / VISIT_EVENTS) % videos
    return string.format(
        '{"video_id":%d,"kind":%s,"occurred_at":"%s","event_id":"%s%012x","session_id":"%s","position_seconds":%d}',
        video, kind, occurred_at, prefix, number, session, nth * EVENT_SECONDS)
end

local function begin_turn(next_turn)
    turn = next_turn
    for i = 0, per_request - 1 do
        turn_times[i] = os.date("!%Y-%m-%dT%H:%M:%SZ", first + (turn * per_request + i) * EVENT_SECONDS)
    end
end

function request()
    local student = (count + skipped) % #heads
    local my_turn = (count + skipped - student) / #heads
    if my_turn ~= turn then begin_turn(my_turn) end
    local body
    if per_request == 1 then
        body = event(count, turn, turn_times[0])
    else
        local events = {}
        for i = 0, per_request - 1 do
            events[i + 1] = event(count * per_request + i, turn * per_request + i, turn_times[i])
        end
        body = '{"events":[' .. table.concat(events, ",") .. "]}"
    end
    count = count + 1
    return heads[student + 1] .. #body .. "\r\n\r\n" .. body
end

function done(summary, latency, _)
    local errors = summary.errors
    io.write(string.format(
        '\nRESULT {"answers":%d,"refused":%d,"broken":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f,"records":%d}\n',
        summary.requests, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
        summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3, thread_of_wrk:get("records")))
end
