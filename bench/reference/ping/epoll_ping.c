/*
 * The ping server in C: what `hawser serve ping --model epoll` is measured against.
 *
 *     epoll_ping PORT [LOOPS]      port 0: the system chooses; prints "Listening on 127.0.0.1:PORT"
 *                                  loops: one per core that the process may use
 *
 *     client -> server   "ping" SP client SP n LF     client, n: 1 to 18 decimal digits
 *     server -> client   "pong" SP client SP n LF     the same numbers, or "ERROR: " rule LF and the end
 *
 * Edge-triggered, one epoll and one thread per loop; the first loop accepts and deals the connections out in turn.
 * A pong is its ping with one letter changed, so whole lines are answered in place, as many with one send as have come.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE_LIMIT = 128, DIGITS_LIMIT = 18, BUFFER_BYTES = 4096, EVENTS_PER_WAIT = 256, LOOPS_LIMIT = 256 };

static const char RULE[] = "ERROR: expected 'ping <client> <n>', each number of 1 to 18 digits\n";

struct connection {
    int socket;
    bool readable; /* there may be more to receive */
    bool last;     /* the peer has finished: a short read does not mean an empty socket */
    int sent;      /* buffer[sent, answered) waits to be sent, */
    int answered;  /* buffer[answered, end) is the beginning of a line */
    int end;
    char buffer[BUFFER_BYTES];
};

static int epolls[LOOPS_LIMIT];
static int loops = 1;
static int listener;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* The position behind a number, or NULL if there is none. */
static const char *skip_number(const char *at)
{
    const char *start = at;
    while (*at >= '0' && *at <= '9')
        at++;
    return at > start && at - start <= DIGITS_LIMIT ? at : NULL;
}

/* A line ends with its line feed, which stops every scan. */
static bool is_ping(const char *line)
{
    const char *at;
    return memcmp(line, "ping ", 5) == 0
        && (at = skip_number(line + 5)) != NULL && *at++ == ' '
        && (at = skip_number(at)) != NULL && *at == '\n';
}

/* Turns every whole line into its answer; false when there is a line that is no ping. */
static bool answer(struct connection *c)
{
    char *feed;
    while ((feed = memchr(c->buffer + c->answered, '\n', c->end - c->answered)) != NULL) {
        char *line = c->buffer + c->answered;
        if (feed - line >= LINE_LIMIT || feed - line < 5 || !is_ping(line))
            return false;
        line[1] = 'o';
        c->answered = feed + 1 - c->buffer;
    }
    return c->end - c->answered < LINE_LIMIT;
}

/* Serves until the socket would block; false when the connection is over. */
static bool serve(struct connection *c)
{
    for (;;) {
        while (c->sent < c->answered) {
            ssize_t n = send(c->socket, c->buffer + c->sent, c->answered - c->sent, MSG_NOSIGNAL);
            if (n < 0)
                return errno == EAGAIN;
            c->sent += n;
        }
        if (!c->readable)
            return true;
        memmove(c->buffer, c->buffer + c->answered, c->end - c->answered);
        c->end -= c->answered;
        c->sent = c->answered = 0;

        ssize_t room = BUFFER_BYTES - c->end;
        ssize_t n = recv(c->socket, c->buffer + c->end, room, 0);
        if (n < 0) {
            c->readable = false;
            return errno == EAGAIN;
        }
        if (n == 0)
            return false;
        c->end += n;
        c->readable = n == room || c->last;
        if (!answer(c)) {
            send(c->socket, RULE, sizeof RULE - 1, MSG_NOSIGNAL);
            return false;
        }
    }
}

static void take(int next)
{
    int socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0)
        return;
    int one = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct connection *c = calloc(1, sizeof *c);
    if (c == NULL)
        fail("calloc");
    c->socket = socket;
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c };
    if (epoll_ctl(epolls[next], EPOLL_CTL_ADD, socket, &event) < 0)
        fail("epoll_ctl");
}

__attribute__((noreturn)) static void *run(void *epoll)
{
    struct epoll_event events[EVENTS_PER_WAIT];
    int next = 0;
    for (;;) {
        int ready = epoll_wait(*(int *)epoll, events, EVENTS_PER_WAIT, -1);
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (c == NULL) {
                take(next++ % loops);
                continue;
            }
            c->readable |= (events[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
            c->last |= (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
            if (!serve(c)) {
                close(c->socket);
                free(c);
            }
        }
    }
}

int main(int count, char **arguments)
{
    if (count < 2 || (count > 2 && ((loops = atoi(arguments[2])) < 1 || loops > LOOPS_LIMIT))) {
        fprintf(stderr, "ERROR: usage: epoll_ping PORT [LOOPS]\n");
        return 2;
    }
    cpu_set_t cores;
    if (count == 2 && sched_getaffinity(0, sizeof cores, &cores) == 0)
        loops = CPU_COUNT(&cores) < LOOPS_LIMIT ? CPU_COUNT(&cores) : LOOPS_LIMIT;
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(atoi(arguments[1])),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    int one = 1;
    if ((listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0
        || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0
        || bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1024) < 0
        || getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        fail("listen");
    for (int i = 0; i < loops; i++) {
        if ((epolls[i] = epoll_create1(EPOLL_CLOEXEC)) < 0)
            fail("epoll_create1");
    }
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
    if (epoll_ctl(epolls[0], EPOLL_CTL_ADD, listener, &event) < 0)
        fail("epoll_ctl");
    printf("Listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (int i = 1; i < loops; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, run, &epolls[i]) != 0)
            fail("pthread_create");
    }
    run(&epolls[0]);
}
