# SPDX-License-Identifier: Apache-2.0
"""A farm, simulated by events: workers, the server that hands out actions, the client's line, and the client's own jobs.

A step that goes to the farm is an action. It is sent (the client's time, then its line, for what the server lacks), queued at the server, and
given to the worker that is free, of those that wait the one with the longest path first. The worker fetches what it lacks, stages, runs, and
stores what came out; it is held from when it gets the action to when it has stored the result."""
import heapq
import itertools

# Steps that the program does itself, quickly: reading one text, writing one.
OWN = {"strip-bodies", "slim", "drop-macros", "proof-keys", "slice", "stub", "trap", "empty-fatbin", "embed-fatbin", "check-id", "register", "audit"}


class Settings:
    """Seconds, and bytes per second. What is measured and what is not: bench/README.md."""
    workers = 100
    slots = 1               # actions at once on a worker
    local = 2               # jobs at home
    ahead = 1.0             # actions sent beyond the slots, as a share of them
    client = 0.006          # of the client, for each action, one at a time
    rate = 5.3              # actions a second that the server takes
    latency = 0.37          # of an action, during which no worker is held
    overhead = 0.35         # during which one is
    warm = 0.05             # staging of what is there; in overhead, where that was measured
    home = 0.02             # a step at home, beside its own seconds
    uplink = 100e6          # of the client
    downlink = 100e6
    egress = 1e9            # of the server's store
    ingress = 1e9
    line = 59e6             # of a worker
    per_file = 0.0          # staging of each file that a worker has not seen
    stored = False          # trees are in the server's store beforehand
    seeded = False          # and on all workers
    remote_from = 1.0       # steps of fewer seconds stay at home
    own = "home"            # where the program's own quick steps run: home, or farm
    links = "home"
    order = "longest"       # longest (path first), kinds (so, by guesses), mixed (longest and shortest by turns), or plan
    eager = False           # lazy steps begin when their inputs are there

    def __init__(self, **given):
        for name, value in given.items():
            if not hasattr(type(self), name):
                raise TypeError(f"no setting {name}")
            setattr(self, name, value)


def users_of(steps):
    users = [[] for _ in steps]
    for i, s in enumerate(steps):
        for j in s.waits_for():
            users[j].append(i)
    return users


def in_order(steps, users):
    """The steps, each behind those that it waits for."""
    left = [len(s.waits_for()) for s in steps]
    order = [i for i, n in enumerate(left) if n == 0]
    for i in order:
        for j in users[i]:
            left[j] -= 1
            if left[j] == 0:
                order.append(j)
    if len(order) != len(steps):
        raise ValueError("steps that wait for each other")
    return order


def paths(steps, users, cost):
    """For each step, the seconds from its start to the end of all that waits for it."""
    path = [0.0] * len(steps)
    for i in reversed(in_order(steps, users)):
        path[i] = cost(i) + max((path[j] for j in users[i]), default=0.0)
    return path


def critical(steps, cost, eager=False):
    """The longest chain of steps: [index]. A lazy step may take the quickest of its wants; eager: as if it waited for none."""
    end, before = [0.0] * len(steps), [None] * len(steps)
    for i in in_order(steps, users_of(steps)):
        waits = {j for j, _ in steps[i].inputs}
        if steps[i].wants and not eager:
            waits |= set(min(steps[i].wants, key=lambda w: max((end[j] for j in w), default=0.0)))
        before[i] = max(waits, key=lambda j: end[j], default=None)
        end[i] = cost(i) + (end[before[i]] if before[i] is not None else 0.0)
    at = max(range(len(steps)), key=lambda i: end[i], default=None)
    chain = []
    while at is not None:
        chain.append(at)
        at = before[at]
    return chain[::-1]


class Line:
    """Something that serves one at a time, first come first served."""

    def __init__(self):
        self.free = self.busy = 0.0

    def take(self, now, seconds):
        self.free = max(self.free, now) + seconds
        self.busy += seconds
        return self.free


class Worker:
    __slots__ = ("has", "line")

    def __init__(self):
        self.has, self.line = {}, Line()  # has: what is there, or will be, and when


class Farm:
    def __init__(self, graph, settings):
        self.graph, self.set, self.steps = graph, settings, graph.steps
        self.users = users_of(self.steps)
        self.events, self.number, self.now = [], itertools.count(), 0.0
        self.client, self.server, self.up, self.down = Line(), Line(), Line(), Line()
        self.out, self.into = Line(), Line()
        self.at_home, self.at_server = {}, {}  # what is there, and when: mounts ("m", i), outputs (step, output)
        self.workers = [Worker() for _ in range(settings.workers)]
        self.free = [w for w in range(settings.workers) for _ in range(settings.slots)]
        self.free_jobs, self.in_flight, self.holds = settings.local, 0, []
        self.room = int(settings.workers * settings.slots * (1 + settings.ahead))
        self.ready, self.here, self.queue = [], [], []  # for the farm, for home, at the server
        self.short, self.sent, self.turn = [], set(), 0
        self.ended = [None] * len(self.steps)
        self.since = [None] * len(self.steps)  # ready
        self.begun = [None] * len(self.steps)  # on its worker, or at home
        self.actions = 0
        guess = self.guess_by_kind() if settings.order == "kinds" else None
        self.path = paths(self.steps, self.users, lambda i: self.cost(i) if guess is None else guess[self.steps[i].kind])
        if settings.stored or settings.seeded:
            self.at_server = {("m", m): 0.0 for m in range(len(graph.mounts))}
        if settings.seeded:
            for w in self.workers:
                w.has = {("m", m): 0.0 for m in range(len(graph.mounts))}

    def guess_by_kind(self):
        total = {}
        for s in self.steps:
            n, t = total.get(s.kind, (0, 0.0))
            total[s.kind] = (n + 1, t + s.seconds)
        return {k: t / n for k, (n, t) in total.items()}

    def is_home(self, i):
        s = self.steps[i]
        if not self.workers:
            return True
        return ((s.kind in OWN and self.set.own == "home") or (s.kind == "link" and self.set.links == "home")
                or s.seconds < self.set.remote_from) and self.set.local > 0

    def cost(self, i):
        """Of a step, wherever it runs, when nobody is in its way."""
        if self.is_home(i):
            return self.set.home + self.steps[i].seconds
        return self.set.client + 1 / self.set.rate + self.set.latency + self.set.overhead + self.set.warm + self.steps[i].seconds

    def size(self, thing):
        return self.graph.mounts[thing[1]][1] if thing[0] == "m" else self.steps[thing[0]].outputs[thing[1]]

    def files(self, thing):
        return self.graph.mounts[thing[1]][2] if thing[0] == "m" else 1

    def at(self, when, what, *of):
        heapq.heappush(self.events, (when, next(self.number), what, of))

    # ---- what may begin ----

    def may_begin(self, i):
        s = self.steps[i]
        if self.since[i] is not None or any(self.ended[j] is None for j, _ in s.inputs):
            return False
        return self.set.eager or not s.wants or any(all(self.ended[j] is not None for j in w) for w in s.wants)

    def offer(self, i):
        if self.may_begin(i):
            self.since[i] = self.now
            first = i if self.set.order == "plan" else -self.path[i]
            heapq.heappush(self.here if self.is_home(i) else self.ready, (first, i))
            if self.set.order == "mixed" and not self.is_home(i):
                heapq.heappush(self.short, (-first, i))

    def fill(self):
        while self.here and self.free_jobs:
            self.free_jobs -= 1
            self.start_home(heapq.heappop(self.here)[1])
        while self.in_flight < self.room and (i := self.next_ready()) is not None:
            self.in_flight += 1
            self.send(i)
        while self.queue and self.free:
            self.lease(heapq.heappop(self.queue)[1])

    def next_ready(self):
        """The action to send next."""
        self.turn += 1
        heap = self.short if self.set.order == "mixed" and self.turn % 2 else self.ready
        while heap:
            i = heapq.heappop(heap)[1]
            if i not in self.sent:
                self.sent.add(i)
                return i
        return None

    # ---- at home ----

    def start_home(self, i):
        """It needs the bytes of what was made on the farm."""
        when = self.now
        for thing in self.steps[i].inputs:
            if thing not in self.at_home:
                self.at_home[thing] = self.down.take(self.now, self.size(thing) / self.set.downlink)
            when = max(when, self.at_home[thing])
        self.begun[i] = when
        self.at(when + self.set.home + self.steps[i].seconds, self.end_home, i)

    def end_home(self, i):
        self.free_jobs += 1
        for o in range(len(self.steps[i].outputs)):
            self.at_home[i, o] = self.now
        self.end(i)

    # ---- on the farm ----

    def needs(self, i):
        return [("m", m) for m in self.steps[i].mounts] + self.steps[i].inputs

    def send(self, i):
        when = self.client.take(self.now, self.set.client)
        self.at(when, self.upload, i)

    def upload(self, i):
        when = self.now
        for thing in self.needs(i):
            if thing not in self.at_server:
                self.at_server[thing] = self.up.take(self.now, self.size(thing) / self.set.uplink)
            when = max(when, self.at_server[thing])
        self.at(when, self.register, i)

    def register(self, i):
        self.actions += 1
        self.at(self.server.take(self.now, 1 / self.set.rate) + self.set.latency / 2, self.enqueue, i)

    def enqueue(self, i):
        first = {"plan": i, "mixed": next(self.number)}.get(self.set.order, -self.path[i])
        heapq.heappush(self.queue, (first, i))

    def lease(self, i):
        """To the worker that lacks the fewest bytes, of the first few that are free."""
        few = self.free[-8:]
        w = min(few, key=lambda w: sum(self.size(t) for t in self.needs(i) if t not in self.workers[w].has))
        self.free.remove(w)
        self.begun[i] = self.now
        self.at(self.stage(i, self.workers[w]) + self.set.overhead + self.set.warm, self.run, i, w)

    def stage(self, i, worker):
        """When all that it needs is there."""
        when = self.now
        for thing in self.needs(i):
            if thing not in worker.has:
                n = self.size(thing)
                there = max(self.out.take(self.now, n / self.set.egress), worker.line.take(self.now, n / self.set.line))
                worker.has[thing] = there + self.files(thing) * self.set.per_file
            when = max(when, worker.has[thing])
        return when

    def run(self, i, w):
        self.at(self.now + self.steps[i].seconds, self.store, i, w)

    def store(self, i, w):
        when, worker = self.now, self.workers[w]
        for o, n in enumerate(self.steps[i].outputs):
            when = max(when, self.into.take(self.now, n / self.set.ingress), worker.line.take(self.now, n / self.set.line))
            worker.has[i, o] = self.now
        self.at(when, self.release, i, w)

    def release(self, i, w):
        self.free.append(w)
        self.holds.append((self.begun[i], self.now))
        for o in range(len(self.steps[i].outputs)):
            self.at_server[i, o] = self.now
        self.at(self.now + self.set.latency / 2, self.hear, i)

    def hear(self, i):
        self.in_flight -= 1
        self.end(i)

    # ---- the whole ----

    def end(self, i):
        self.ended[i] = self.now
        for j in self.users[i]:
            self.offer(j)

    def simulate(self):
        """Seconds until the client has all results that no step waits for."""
        for i in range(len(self.steps)):
            self.offer(i)
        self.fill()
        while self.events:
            self.now, _, what, of = heapq.heappop(self.events)
            what(*of)
            self.fill()
        if any(e is None for e in self.ended):
            raise RuntimeError("a step never ran")
        last = self.now
        for i, s in enumerate(self.steps):
            for o, n in enumerate(s.outputs):
                if not self.users[i] and (i, o) not in self.at_home:
                    last = max(last, self.down.take(self.ended[i], n / self.set.downlink))
        self.last = last
        return last

    # ---- what became of it ----

    def remote_seconds(self):
        return sum(s.seconds for i, s in enumerate(self.steps) if not self.is_home(i))

    def limits(self):
        """Seconds that each of the farm's parts alone would take; the makespan can be no less than any of them."""
        chain = critical(self.steps, self.cost, self.set.eager)
        home = sum(self.cost(i) for i in range(len(self.steps)) if self.is_home(i))
        held, slots = sum(end - begin for begin, end in self.holds), self.set.workers * self.set.slots
        found = {"critical path": sum(self.cost(i) for i in chain), "client": self.client.busy, "server rate": self.server.busy,
                 "uplink": self.up.busy, "downlink": self.down.busy, "store's egress": self.out.busy, "store's ingress": self.into.busy,
                 "jobs at home": home / self.set.local if self.set.local else 0.0, "workers": held / slots if slots else 0.0}
        return found, chain

    def in_use(self, parts=10):
        """The share of the workers' time that actions held, in each of so many equal parts of the makespan."""
        width, used = self.last / parts, [0.0] * parts
        for begin, end in self.holds:
            for k in range(int(begin / width), min(int(end / width), parts - 1) + 1):
                used[k] += min(end, (k + 1) * width) - max(begin, k * width)
        return [u / (width * len(self.workers) * self.set.slots) for u in used]
