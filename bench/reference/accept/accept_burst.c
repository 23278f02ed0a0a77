/*
 * An echo server in C whose one thread only accepts: what the kernel itself loses of a burst of connections.
 *
 *     accept_burst PORT
 *
 * The backlog is 10. A second thread sends back what the connections receive.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 10, BUFFER_BYTES = 64 * 1024, EVENTS_PER_WAIT = 256 };

static int accepted;

__attribute__((noreturn)) static void fail(const char *what)
{
    perror(what);
    exit(1);
}

__attribute__((noreturn)) static void *send_back(void *unused)
{
    (void)unused;
    static char buffer[BUFFER_BYTES];
    struct epoll_event events[EVENTS_PER_WAIT];
    for (;;) {
        int ready = epoll_wait(accepted, events, EVENTS_PER_WAIT, -1);
        for (int i = 0; i < ready; i++) {
            ssize_t n = recv(events[i].data.fd, buffer, sizeof buffer, 0);
            if (n <= 0 || send(events[i].data.fd, buffer, n, MSG_NOSIGNAL) != n)
                close(events[i].data.fd);
        }
    }
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "ERROR: usage: accept_burst PORT\n");
        return 2;
    }
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(atoi(arguments[1])),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int one = 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pthread_t sender;
    if ((accepted = epoll_create1(EPOLL_CLOEXEC)) < 0 || pthread_create(&sender, NULL, send_back, NULL) != 0)
        fail("start");
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0
        || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, BACKLOG) < 0)
        fail("listen");
    for (;;) {
        int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        struct epoll_event event = { .events = EPOLLIN, .data.fd = socket };
        if (socket < 0 && errno != ECONNABORTED && errno != EINTR)
            fail("accept4");
        if (socket >= 0 && epoll_ctl(accepted, EPOLL_CTL_ADD, socket, &event) < 0)
            fail("epoll_ctl");
    }
}
