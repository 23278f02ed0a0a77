"""Serves ping with metrics that are scraped every second, a dashboard whose stream is read, and a line of JSON in the log
for the end of each connection.

    python3 bench/observed.py HAWSER PORT

The process becomes the server. A child looks; the figures of both are added.
"""

import http.client
import os
import re
import signal
import sys
import threading
import time

BETWEEN_SCRAPES = 1.0


def require_ok(answer):
    """Kills a server that nobody can look at: it would seem cheap."""
    if answer.status != http.client.OK:
        os.kill(os.getppid(), signal.SIGKILL)


def watch(where):
    connection = http.client.HTTPConnection(where, timeout=10)
    connection.request("GET", "/events")
    stream = connection.getresponse()
    require_ok(stream)
    while stream.read1():
        pass


def scrape(where):
    connection = http.client.HTTPConnection(where, timeout=10)
    while True:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        answer.read()
        require_ok(answer)
        time.sleep(BETWEEN_SCRAPES)


def look(messages):
    """Ends with the server."""
    for line in messages:
        if match := re.search(r"(metrics|dashboard) at http://([^/]+)", line):
            target = {"metrics": scrape, "dashboard": watch}[match[1]]
            threading.Thread(target=target, args=[match[2]], daemon=True).start()


def main():
    hawser, port = sys.argv[1:]
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(writing)
        look(os.fdopen(reading))
        return
    os.dup2(writing, sys.stderr.fileno())
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    os.execv(hawser, [
        hawser, "serve", "ping", "--host", "127.0.0.1", "--port", port, "--model", "epoll",
        "--first-byte-timeout", "never", "--idle-timeout", "never",
        "--log", "json", "--metrics", "0", "--dashboard", "0"])


main()
