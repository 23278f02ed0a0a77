/*
 * A message server in C whose one thread only accepts: what the kernel itself loses of a burst of connections.
 *
 *     accept_burst PORT > received     port 0: the system chooses; standard error: "Listening on 127.0.0.1:PORT"
 *
 * The backlog is 10, as of `hawser serve message`. A second thread reads one connection after the other to its end,
 * writes what it reads to the standard output, and closes.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 10, BUFFER_BYTES = 256 * 1024 };

/* Accepted sockets, from one thread to the other: each is one whole write and one whole read. */
static int accepted[2];

__attribute__((noreturn)) static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void write_all(const char *bytes, ssize_t count)
{
    while (count > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes, count);
        if (n < 0)
            fail("write");
        bytes += n;
        count -= n;
    }
}

__attribute__((noreturn)) static void *read_in_turn(void *unused)
{
    (void)unused;
    static char buffer[BUFFER_BYTES];
    int socket;
    while (read(accepted[0], &socket, sizeof socket) == sizeof socket) {
        ssize_t n;
        while ((n = recv(socket, buffer, sizeof buffer, 0)) > 0)
            write_all(buffer, n);
        close(socket);
    }
    fail("read");
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "ERROR: usage: accept_burst PORT\n");
        return 2;
    }
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(atoi(arguments[1])),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    int one = 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0
        || bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, BACKLOG) < 0
        || getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        fail("listen");
    pthread_t reader;
    if (pipe(accepted) < 0 || pthread_create(&reader, NULL, read_in_turn, NULL) != 0)
        fail("start");
    fprintf(stderr, "Listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    for (;;) {
        int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (socket < 0 && errno != ECONNABORTED && errno != EINTR)
            fail("accept4");
        if (socket >= 0 && write(accepted[1], &socket, sizeof socket) != sizeof socket)
            fail("write");
    }
}
