"""Serves ping with everything on that shows a server's inside, and looks at all of it: the log of connections, the
metrics scraped every second, and the dashboard's stream.

    python3 bench/observed.py HAWSER PORT
"""

import http.client
import re
import subprocess
import sys
import threading
import time

BETWEEN_SCRAPES = 1.0


def open_port(where):
    return http.client.HTTPConnection(where, timeout=10)


def watch(where):
    connection = open_port(where)
    connection.request("GET", "/events")
    stream = connection.getresponse()
    while stream.read1():
        pass


def scrape(where):
    connection = open_port(where)
    while True:
        connection.request("GET", "/metrics")
        connection.getresponse().read()
        time.sleep(BETWEEN_SCRAPES)


def main():
    hawser, port = sys.argv[1:]
    server = subprocess.Popen(
        [hawser, "serve", "ping", "--host", "127.0.0.1", "--port", port, "--model", "epoll",
         "--first-byte-timeout", "never", "--idle-timeout", "never",
         "--log", "json", "--metrics", "0", "--dashboard", "0"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for line in server.stderr:
        if match := re.search(r"(metrics|dashboard) at http://([^/]+)", line):
            look = {"metrics": scrape, "dashboard": watch}[match[1]]
            threading.Thread(target=look, args=[match[2]], daemon=True).start()
    sys.exit(server.wait())


main()
