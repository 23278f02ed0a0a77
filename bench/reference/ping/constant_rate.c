/*
 * Pings at a constant rate: an independent check of `hawser load --rate`.
 *
 *     constant_rate PORT CONNECTIONS RATE SECONDS
 *
 * Ping n is due at n / RATE and goes to connection n modulo CONNECTIONS, whether or not earlier ones have been
 * answered. Its latency counts from the moment it was due. Prints a line: pings, p50, p90, p99 and the maximum in ns.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 64, LINE_BYTES = 64 };

static long connections, pings, *latencies, answered;
static double rate;
static long answers[MOST_CONNECTIONS];

__attribute__((noreturn)) static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

static long due(long begin, long ping)
{
    return begin + (long)(ping * 1e9 / rate);
}

static int open_connection(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int one = 1, connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) < 0
        || setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0)
        fail("connect");
    return connection;
}

static void receive(int connection, long index, long begin)
{
    char buffer[4096];
    ssize_t received = recv(connection, buffer, sizeof buffer, MSG_DONTWAIT);
    if (received <= 0)
        fail("recv");
    long moment = now();
    for (ssize_t i = 0; i < received; i++)
        if (buffer[i] == '\n')
            latencies[answered++] = moment - due(begin, index + connections * answers[index]++);
}

static int compare(const void *left, const void *right)
{
    long a = *(const long *)left, b = *(const long *)right;
    return (a > b) - (a < b);
}

static long percentile(double percent)
{
    long rank = (long)(percent / 100 * pings + 0.999999);
    return latencies[rank < 1 ? 0 : rank - 1];
}

int main(int count, char **arguments)
{
    if (count != 5 || (connections = atol(arguments[2])) < 1 || connections > MOST_CONNECTIONS
        || (rate = atof(arguments[3])) <= 0 || (pings = (long)(rate * atof(arguments[4]))) < 1) {
        fprintf(stderr, "ERROR: usage: constant_rate PORT CONNECTIONS RATE SECONDS\n");
        return 2;
    }
    struct pollfd polled[MOST_CONNECTIONS];
    for (long i = 0; i < connections; i++)
        polled[i] = (struct pollfd) { .fd = open_connection(atoi(arguments[1])), .events = POLLIN };
    if ((latencies = calloc(pings, sizeof *latencies)) == NULL)
        fail("calloc");
    long begin = now(), sent = 0;
    while (answered < pings) {
        for (; sent < pings && due(begin, sent) <= now(); sent++) {
            char line[LINE_BYTES];
            int length = snprintf(line, sizeof line, "ping %ld %ld\n", sent % connections, sent / connections + 1);
            if (send(polled[sent % connections].fd, line, length, MSG_NOSIGNAL) != length)
                fail("send");
        }
        long wait = sent < pings ? due(begin, sent) - now() : 1000000000L;
        wait = wait < 0 ? 0 : wait;
        struct timespec timeout = { .tv_sec = wait / 1000000000L, .tv_nsec = wait % 1000000000L };
        if (ppoll(polled, connections, &timeout, NULL) < 0)
            fail("ppoll");
        for (long i = 0; i < connections; i++)
            if (polled[i].revents)
                receive(polled[i].fd, i, begin);
    }
    qsort(latencies, pings, sizeof *latencies, compare);
    printf("%ld %ld %ld %ld %ld\n", pings, percentile(50), percentile(90), percentile(99), latencies[pings - 1]);
    return 0;
}
