/*
 * The floor of the lab: what this machine and the load cost with a server that does nothing but send back.
 *
 *     floor PORT
 *
 * One level-triggered epoll and one thread per core that the process may use; all of them accept.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_BYTES = 64 * 1024, EVENTS_PER_WAIT = 256 };

static int listener;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* False when the connection is over. */
static bool send_all(int socket, const char *data, ssize_t length)
{
    while (length > 0) {
        ssize_t sent = send(socket, data, length, MSG_NOSIGNAL);
        if (sent < 0) {
            struct pollfd room = { .fd = socket, .events = POLLOUT };
            if (errno != EAGAIN || poll(&room, 1, -1) < 0)
                return false;
            continue;
        }
        data += sent;
        length -= sent;
    }
    return true;
}

static void watch(int epoll, int socket, unsigned events)
{
    struct epoll_event event = { .events = events, .data.fd = socket };
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) < 0)
        fail("epoll_ctl");
}

static void take(int epoll)
{
    int socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0)
        return;
    int one = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    watch(epoll, socket, EPOLLIN);
}

static void *run(void *unused)
{
    (void)unused;
    char *buffer = malloc(BUFFER_BYTES);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (buffer == NULL || epoll < 0)
        fail("epoll_create1");
    watch(epoll, listener, EPOLLIN | EPOLLEXCLUSIVE);
    struct epoll_event events[EVENTS_PER_WAIT];
    for (;;) {
        int ready = epoll_wait(epoll, events, EVENTS_PER_WAIT, -1);
        for (int i = 0; i < ready; i++) {
            int socket = events[i].data.fd;
            if (socket == listener) {
                take(epoll);
                continue;
            }
            ssize_t received = recv(socket, buffer, BUFFER_BYTES, 0);
            if (received == 0 || (received < 0 && errno != EAGAIN)
                || (received > 0 && !send_all(socket, buffer, received)))
                close(socket);
        }
    }
    return NULL;
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "ERROR: usage: floor PORT\n");
        return 2;
    }
    struct rlimit descriptors;
    if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
        descriptors.rlim_cur = descriptors.rlim_max;
        setrlimit(RLIMIT_NOFILE, &descriptors);
    }
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(atoi(arguments[1])),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int one = 1;
    if ((listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0
        || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0
        || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 65535) < 0)
        fail("listen");
    cpu_set_t cores;
    int threads = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
    for (int i = 1; i < threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, run, NULL) != 0)
            fail("pthread_create");
    }
    run(NULL);
}
