"""What ci/bench-egress measures, in namespaces of its own: usage: egress.py DIR ROUNDS [--gate]"""
import base64, json, os, shutil, statistics, subprocess, sys, time, urllib.parse

top, rounds, gate = sys.argv[1], int(sys.argv[2]), sys.argv[3:] == ["--gate"]
LOAD, PORT = top + "/netload", "9555"
AT_ONCE = (1, 16, 256)
SECONDS = 0.4  # for a bulk transfer
STARTS = 3  # srt gives up at times, when its own processes are late
TICK = os.sysconf("SC_CLK_TCK")
absent, failed = [], []


def stat(pid):
    """The fields of /proc/PID/stat behind the name, or None."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()
    except OSError:
        return None


def processes():
    return [d for d in os.listdir("/proc") if d.isdigit()]


def cpu():
    """Seconds of all processes here, and of those that are gone. (Who is inside is seen from here, too.)"""
    return sum(sum(map(int, s[11:15])) for s in map(stat, processes()) if s) / TICK


def resident(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


class Way:
    """A way to the server. `inside`: a program that starts a shell, in which the clients run."""

    def __init__(self, name, inside=None, proxy="-", host="127.0.0.1", server=None, ready=None):
        self.name, self.proxy, self.host = name, proxy, host
        self.log = open(f"{top}/log-{name}", "w+")
        self.server = subprocess.Popen(server, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log) if server else None
        self.shell = subprocess.Popen((inside or []) + ["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
                                      text=True, cwd=top + "/project")

    def wait(self):
        """Until a connection gets through."""
        end = time.monotonic() + 60
        while self.run("open", "1", quiet=True) is None:
            if time.monotonic() > end or self.shell.poll() is not None or (self.server and self.server.poll() is not None):
                raise RuntimeError(self.said() or "no connection through it")
            time.sleep(0.05)

    def said(self):
        self.log.flush()
        with open(self.log.name) as f:
            return f.read().strip().rsplit("\n", 1)[-1][:300]

    def line(self, command):
        try:
            self.shell.stdin.write(command + "\n")
            self.shell.stdin.flush()
        except BrokenPipeError as e:
            raise RuntimeError(self.said() or "it has ended") from e
        return self.shell.stdout.readline().strip()

    def run(self, what, *words, quiet=False):
        got = self.line(f"{LOAD} {what} {self.proxy} {self.host} {PORT} {' '.join(words)} </dev/null || echo failed")
        if got in ("", "failed"):
            if not quiet:
                failed.append(f"{self.name}: {what} {' '.join(words)}: {self.said()}")
            return None
        return float(got)

    def end(self):
        self.shell.stdin.close()
        self.shell.wait()
        if self.server:
            self.server.kill()
            self.server.wait()


def make_ways():
    allow = ["--allow-host", "bench.test:" + PORT, "--allow-host", "127.0.0.1:" + PORT]  # by name and address
    yield "direct", lambda: Way("direct")
    yield "claude-sandbox", lambda: Way("claude-sandbox", host="bench.test", inside=[
        top + "/bin/claude-sandbox", "--no-config", "--quiet", *allow, "--extra-ro", LOAD, top + "/project", "--"])
    if shutil.which("tinyproxy"):
        with open(top + "/tinyproxy.conf", "w") as f:
            f.write(f"Port 9556\nListen 127.0.0.1\nMaxClients 1024\nConnectPort {PORT}\nLogLevel Error\n")
        yield "tinyproxy", lambda: Way("tinyproxy", host="bench.test", proxy="127.0.0.1:9556",
                                       server=["tinyproxy", "-d", "-c", top + "/tinyproxy.conf"])
    else:
        absent.append("tinyproxy")
    if shutil.which("mitmdump"):
        yield "mitmdump", lambda: Way("mitmdump", host="bench.test", proxy="127.0.0.1:9557", server=[
            "mitmdump", "-q", "--set", f"confdir={top}/mitm", "--listen-host", "127.0.0.1", "-p", "9557", "--ignore-hosts", ".*"])
    else:
        absent.append("mitmdump")
    cli = top + "/node_modules/@anthropic-ai/sandbox-runtime/dist/cli.js"
    missing = [t for t in ("node", "socat", "rg", "bwrap") if not shutil.which(t)]
    if os.path.exists(cli) and not missing:
        with open(top + "/srt.json", "w") as f:
            json.dump({"network": {"allowedDomains": ["bench.test", "127.0.0.1"], "deniedDomains": []},
                       "filesystem": {"denyRead": [], "allowWrite": [top + "/project"], "denyWrite": []}}, f)

        def srt():
            w = Way("srt", host="bench.test", inside=["node", cli, "--settings", top + "/srt.json"])
            # It tells by variables where its proxy is, with a password.
            url = w.line("echo $HTTP_PROXY").split("//", 1)[-1].rstrip("/")
            user, _, w.proxy = url.rpartition("@")
            if user:
                word = base64.b64encode(urllib.parse.unquote(user).encode()).decode()
                w.line(f"export NETLOAD_AUTHORIZATION='Proxy-Authorization: Basic {word}'; echo")
            return w

        yield "srt", srt
    else:
        absent.append("srt" + (f" ({', '.join(missing)} is missing)" if missing else ""))


server = subprocess.Popen([LOAD, "serve", "127.0.0.1", PORT], stdout=subprocess.PIPE)
server.stdout.readline()
load = os.getloadavg()[0]
ways = {}
for name, make in make_ways():
    for left in reversed(range(STARTS)):
        try:
            ways[name] = make()
            ways[name].wait()
            break
        except (RuntimeError, OSError) as e:
            ways.pop(name, None)
            if left == 0:
                absent.append(f"{name} (does not start: {e})")
for name in ("direct", "claude-sandbox"):
    if name not in ways:
        sys.exit(f"bench-egress: not measured: {absent}")

figures = {}  # (what, way): what was measured


def note(what, way, value):
    if value is not None:
        figures.setdefault((what, way), []).append(value)


def figure(what, way):
    v = figures.get((what, way))
    return statistics.median(v) if v else None


size = {}
for name, w in ways.items():
    for n in AT_ONCE:
        speed = w.run("bulk", str(n), str(1 << 25)) or 10
        size[name, n] = max(1 << 25, min(1 << 31, int(speed * 1e6 * SECONDS)))
for _ in range(rounds):
    for n in AT_ONCE:
        for name, w in ways.items():
            before = cpu()
            note(f"bulk {n}", name, w.run("bulk", str(n), str(size[name, n])))
            note(f"cpu {n}", name, (cpu() - before) / size[name, n] * 1e9)
        for name, w in ways.items():
            note(f"echo {n}", name, w.run("echo", str(n), str(max(2000, 20 * n))))
    for name, w in ways.items():
        note("open", name, w.run("open", "1000"))

# What concerns egress alone.
ours = ways["claude-sandbox"]


def egress():
    """The relay: of the two, who is not the other's parent."""
    pids = []
    for p in processes():
        try:
            with open(f"/proc/{p}/cmdline", "rb") as f:
                if f.read().startswith(b"claude-sandbox-egress"):
                    pids.append(int(p))
        except OSError:
            pass
    return max(pids)


relay = egress()
idle = resident(relay)
held = ours.line(f"{LOAD} hold - bench.test {PORT} 1000 || echo 0")
full = resident(relay)
ours.line("\necho")  # the end of its line is the byte that hold waits for
many = ours.run("open", "10000")
dns = [ours.line(f"{LOAD} dns 198.18.0.1 bench.test 2000 || echo nan") for _ in range(rounds)]
for w in ways.values():
    w.end()
server.kill()

# --- the table
order = ["direct", "claude-sandbox", "tinyproxy", "mitmdump", "srt"]
print(f"medians of {rounds} rounds, load {load:.1f} at the beginning, {os.getloadavg()[0]:.1f} at the end, "
      f"{os.cpu_count()} processors\n")
print(f"{'':44}" + "".join(f"{n:>16}" for n in order))


def show(label, what, digits):
    cells = []
    for way in order:
        v = figure(what, way)
        cells.append("absent" if way not in ways else "failed" if v is None else f"{v:.{digits}f}")
    print(f"{label:44}" + "".join(f"{c:>16}" for c in cells))


for n in AT_ONCE:
    show(f"bulk, {n} at once, MB/s", f"bulk {n}", 0)
for n in AT_ONCE:
    for way in ways:
        base = figure(f"cpu {n}", "direct")
        figures[f"extra {n}", way] = [max(0.0, figure(f"cpu {n}", way) - base)]
    show(f"processor seconds for each GB, {n} at once", f"extra {n}", 2)
for n in AT_ONCE:
    show(f"64 bytes there and back, {n} at once, us", f"echo {n}", 0)
show("new connections in turn, each second", "open", 0)
for a in absent:
    print("absent:", a)
for f in failed:
    print("failed:", f)

rows = []


def goal(what, value, limit, gated, at_least=False):
    def good(edge):
        return value is not None and (value >= edge if at_least else value <= edge)

    text = "not measured" if value is None else f"{value:.2f}"
    word = "ok" if good(limit) else "missed" if good(gated) else "OVER THE GATE"
    print(f"{what:60} {text:>10}  goal {'>=' if at_least else '<='} {limit:g}, gate {gated:g}: {word}")
    rows.append(good(gated))


def ratio(a, b):
    return a / b if a is not None and b else None


def less(a, b):
    return a - b if a is not None and b is not None else None


print()
for n in AT_ONCE:
    goal(f"bulk, {n} at once, of a direct connection", ratio(figure(f"bulk {n}", "claude-sandbox"), figure(f"bulk {n}", "direct")),
         0.5, 0.35, True)
if "srt" in ways:
    for n in AT_ONCE:
        if figure(f"bulk {n}", "srt"):
            goal(f"bulk, {n} at once, of srt's", ratio(figure(f"bulk {n}", "claude-sandbox"), figure(f"bulk {n}", "srt")), 8, 4, True)
goal("64 bytes there and back, added, us", less(figure("echo 1", "claude-sandbox"), figure("echo 1", "direct")), 60, 120)
goal("new connections each second", figure("open", "claude-sandbox"), 5000, 2500, True)
goal("10,000 connections in turn, each second", many, 5000, 2500, True)
goal("a name's answer, us", statistics.median(map(float, dns)), 100, 200)
goal("memory of egress, idle, MB", idle / 1024, 4, 4)
goal(f"memory for each of {held} connections, KB", (full - idle) / int(held) if int(held) else None, 64, 64)
sys.exit(gate and not all(rows))
