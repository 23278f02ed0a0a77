"""Measures what docs/scale.md counts with: the ledger alone, and uploads through 1 to 3 servers, each figure as often as
asked, interleaved.

    python3 bench/cluster.py HAWSER [ROUNDS]

Needs Debian's postgresql, python3-swift and (for its pgbench) postgresql-contrib, and root or the user postgres. Everything
runs on this machine: servers, database, object store and clients share its cores. PostgreSQL flushes every commit.
"""

import glob
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
SECONDS = 8
CLIENTS = 16
LARGE = 256 << 20


def as_postgres(*command):
    user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    return [*user, *command]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


class Parts:
    """A database and an object store of our own."""

    def __init__(self, folder):
        self.folder = folder
        self.binaries = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        data = folder / "postgres"
        data.mkdir()
        if os.geteuid() == 0:
            subprocess.run(["chown", "postgres", data], check=True)
            folder.chmod(0o755)
        subprocess.run(as_postgres(f"{self.binaries}/initdb", "-D", data / "data", "-U", "hawser", "-A", "trust"),
                       check=True, stdout=subprocess.DEVNULL)
        self.port = free_port()
        self.postgres = subprocess.Popen(
            as_postgres(f"{self.binaries}/postgres", "-D", data / "data", "-p", str(self.port), "-k", data,
                        "-c", "listen_addresses=127.0.0.1"),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while self.run_sql("SELECT 1", check=False).returncode:
            time.sleep(0.1)
        self.swift = subprocess.Popen(
            [REPOSITORY / "tests/Hawser.Tests/Cluster/swift-s3", "--port", "0", "--folder", folder / "swift",
             "--bucket", "uploads"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        _, url, key, secret, bucket = self.swift.stdout.readline().split()
        os.environ.update(AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret)
        self.ledger = f"postgres://hawser@127.0.0.1:{self.port}/postgres"
        self.sink = f"s3://{bucket}/bench?endpoint={url}"

    def run_sql(self, statement, check=True):
        return subprocess.run([f"{self.binaries}/psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "hawser", "-qAtc",
                               statement, "postgres"], check=check, capture_output=True, text=True)

    def bench_sql(self, script, clients):
        """Transactions per second."""
        path = self.folder / "pgbench.sql"
        path.write_text(script)
        done = subprocess.run(
            [f"{self.binaries}/pgbench", "-h", "127.0.0.1", "-p", str(self.port), "-U", "hawser", "-n", "-M", "prepared",
             "-c", str(clients), "-T", str(SECONDS), "-f", path, "postgres"], check=True, capture_output=True, text=True)
        return float(re.search(r"tps = ([\d.]+)", done.stdout)[1])

    def stop(self):
        self.swift.stdin.close()
        self.swift.wait()
        self.postgres.terminate()
        self.postgres.wait()


def statements():
    """The ledger's own: a beginning and an end, with pgbench's variables for parameters."""
    source = (REPOSITORY / "src/Hawser.Cluster/PostgresLedger.cs").read_text()
    begin, store = re.search(r'"""\n(\s+WITH next.*?)"""', source, re.S), re.search(r'"""\n(\s+WITH room.*?)"""', source, re.S)
    server, digest = "'00000000-0000-0000-0000-000000000001'", f"'sha256:{'0' * 64}'"
    values = [["'ledger'", server, "'127.0.0.1:1'", "1000000000", "1000000000000"],
              ["'ledger'", ":number", server, "1000", digest, "1000000000000"]]
    texts = []
    for match, parameters in zip((begin, store), values):
        text = match[1]
        for n, value in enumerate(parameters, 1):
            text = text.replace(f"${n}", value)
        texts.append(" ".join(text.split()))
    return f"{texts[0]} \\gset\n{texts[1]};\n"


class Servers:
    def __init__(self, hawser, folder, count, options):
        self.processes = [
            subprocess.Popen([hawser, "serve", "upload", "0", folder / f"spool-{n}", "--host", "127.0.0.1", "--quiet",
                              "--max-files", "none", "--no-status", *options],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) for n in range(count)]
        self.ports = [int(process.stdout.readline().rsplit(":", 1)[1]) for process in self.processes]

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()


def upload(port, content):
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(content)
        client.shutdown(socket.SHUT_WR)
        receipt = b""
        while piece := client.recv(4096):
            receipt += piece
    if not receipt.startswith(b"OK "):
        sys.exit(f"refused: {receipt}")


def small_per_second(ports):
    """Uploads of 1,000 bytes per second, by clients one after the other on each of some connections at once."""
    end = time.monotonic() + SECONDS
    done = [0] * CLIENTS

    def client(n):
        while time.monotonic() < end:
            upload(ports[n % len(ports)], b"x" * 1000)
            done[n] += 1

    threads = [threading.Thread(target=client, args=[n]) for n in range(CLIENTS)]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.monotonic() - begin)


def large_megabytes_per_second(ports, content):
    begin = time.monotonic()
    threads = [threading.Thread(target=upload, args=[port, content]) for port in ports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(ports) * len(content) / (time.monotonic() - begin) / 1e6


def main():
    hawser, rounds = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    content = os.urandom(LARGE)
    figures = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        parts = Parts(folder)
        shared = ["--ledger", parts.ledger, "--sink", parts.sink]
        try:
            servers = {"a folder": Servers(hawser, folder, 1, []),
                       **{f"{count} on S3": Servers(hawser, folder, count, shared) for count in (1, 3)}}
            parts.run_sql("INSERT INTO hawser.collections (name) VALUES ('ledger')")
            script = statements()
            for _ in range(rounds):
                for clients in (1, 8, 32):
                    figures.setdefault(f"ledger alone, {clients} at once: uploads/s", []).append(
                        parts.bench_sql(script, clients))
                for name, running in servers.items():
                    figures.setdefault(f"{name}: uploads of 1 kB/s", []).append(small_per_second(running.ports))
                    figures.setdefault(f"{name}: MB/s, an upload each", []).append(
                        large_megabytes_per_second(running.ports, content))
            for running in servers.values():
                running.stop()
        finally:
            parts.stop()
    for name, values in figures.items():
        print(f"{name:45} {statistics.median(values):8.0f}  [{min(values):.0f}, {max(values):.0f}]")


main()
