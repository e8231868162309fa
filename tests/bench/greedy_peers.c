/* SPDX-License-Identifier: MIT */
/*
 * Greedy peers of an echo server: connections that send frames as fast as they are taken, and read
 * what comes back. Prints how many MiB came back; runs until its standard input ends.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK 65536
#define EVENTS_MAX 64

static unsigned char chunk[CHUNK];
static unsigned long long received;

static int fail(const char *what)
{
	fprintf(stderr, "greedy: %s: %m\n", what);
	return EXIT_FAILURE;
}

/* Returns a non-blocking socket, or -1 with errno. */
static int dial(unsigned short port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
		fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
		return -1;
	return fd;
}

/*
 * All of chunk is zero, which is whole frames wherever it is cut off. Returns false if the
 * connection is lost.
 */
static bool use(int fd, unsigned events)
{
	if (events & EPOLLIN) {
		ssize_t length = recv(fd, chunk, sizeof(chunk), 0);
		if (length > 0)
			received += (unsigned long long)length;
		memset(chunk, 0, sizeof(chunk));
	}
	return !(events & EPOLLOUT) || send(fd, chunk, sizeof(chunk), MSG_NOSIGNAL) >= 0 ||
	       errno == EAGAIN;
}

static int watch(int poll, int fd, unsigned events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};
	return epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
}

int main(int argc, char *argv[])
{
	if (argc != 3) {
		fprintf(stderr, "usage: greedy PORT CONNECTIONS\n");
		return EXIT_FAILURE;
	}
	int poll = epoll_create1(0);
	if (poll < 0 || watch(poll, STDIN_FILENO, EPOLLIN) != 0)
		return fail("epoll");
	for (int i = atoi(argv[2]); i > 0; i--) {
		int fd = dial((unsigned short)atoi(argv[1]));
		if (fd < 0 || watch(poll, fd, EPOLLIN | EPOLLOUT) != 0)
			return fail("connect");
	}
	for (;;) {
		struct epoll_event events[EVENTS_MAX];
		int count = epoll_wait(poll, events, EVENTS_MAX, -1);
		for (int i = 0; i < count; i++) {
			if (events[i].data.fd == STDIN_FILENO) {
				printf("%llu\n", received >> 20);
				return EXIT_SUCCESS;
			}
			if (!use(events[i].data.fd, events[i].events))
				return fail("send");
		}
	}
}
