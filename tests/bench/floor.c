/* SPDX-License-Identifier: MIT */
/*
 * The floor: the least that a round trip of 16 bytes over loopback costs. One thread plays both
 * sides of many connections; it never sleeps, polls nothing and counts nothing, so that send and
 * recv themselves are its only cost. The cost of the real programs is given as a ratio to this.
 */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME_SIZE 16
#define NS_PER_US INT64_C(1000)
#define NS_PER_S INT64_C(1000000000)
#define CONNECTIONS_MAX 100000
/* An echo that has not come after this many attempts never will. */
#define ATTEMPTS_MAX 10000000

struct pair {
	int client; /* Owned; -1 while closed. */
	int server; /* Owned; -1 while closed. */
};

struct options {
	size_t connections;
	size_t batch; /* Connections that have a frame in flight at once. */
	int64_t duration_ns;
};

struct cost {
	uint64_t round_trips;
	int64_t cpu_ns;	   /* CPU time of both sides, by the kernel's accounting. */
	int64_t client_ns; /* Elapsed, in the client's send and recv. */
	int64_t server_ns; /* Elapsed, in the server's recv and send. */
};

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int frame_send(int fd, const uint8_t *frame)
{
	ssize_t sent = send(fd, frame, FRAME_SIZE, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent == FRAME_SIZE)
		return 0;
	return sent < 0 ? -errno : -EIO;
}

/* The kernel may deliver the frame slightly after send returns; until then, try again. */
static int frame_receive(int fd, uint8_t *frame)
{
	for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
		ssize_t received = recv(fd, frame, FRAME_SIZE, MSG_DONTWAIT);
		if (received == FRAME_SIZE)
			return 0;
		if (received >= 0)
			return -EIO;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return -ETIMEDOUT;
}

/* One round trip on each of that many connections, in the order of a busy prober. */
static int batch_run(const struct pair *pairs, size_t count, struct cost *cost)
{
	uint8_t frame[FRAME_SIZE] = {1};
	int error = 0;
	int64_t start_ns = clock_ns(CLOCK_MONOTONIC);
	for (size_t i = 0; i < count && error == 0; i++)
		error = frame_send(pairs[i].client, frame);
	int64_t sent_ns = clock_ns(CLOCK_MONOTONIC);
	for (size_t i = 0; i < count && error == 0; i++) {
		error = frame_receive(pairs[i].server, frame);
		if (error == 0)
			error = frame_send(pairs[i].server, frame);
	}
	int64_t echoed_ns = clock_ns(CLOCK_MONOTONIC);
	for (size_t i = 0; i < count && error == 0; i++)
		error = frame_receive(pairs[i].client, frame);
	cost->client_ns += sent_ns - start_ns + clock_ns(CLOCK_MONOTONIC) - echoed_ns;
	cost->server_ns += echoed_ns - sent_ns;
	cost->round_trips += count;
	return error;
}

static int rounds_run(const struct pair *pairs, const struct options *options, struct cost *cost)
{
	int64_t deadline_ns = clock_ns(CLOCK_MONOTONIC) + options->duration_ns;
	int64_t cpu_start_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	int error = 0;
	while (error == 0 && clock_ns(CLOCK_MONOTONIC) < deadline_ns) {
		for (size_t i = 0; i < options->connections && error == 0; i += options->batch) {
			size_t left = options->connections - i;
			size_t count = left < options->batch ? left : options->batch;
			error = batch_run(pairs + i, count, cost);
		}
	}
	cost->cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_start_ns;
	return error;
}

static int listener_open(struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	*address = (struct sockaddr_in){.sin_family = AF_INET};
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	socklen_t length = sizeof(*address);
	if (bind(fd, (struct sockaddr *)address, length) < 0 || listen(fd, 16) < 0 ||
		getsockname(fd, (struct sockaddr *)address, &length) < 0) {
		int error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

static int pair_open(int listener, const struct sockaddr_in *address, struct pair *pair)
{
	const int on = 1;
	pair->client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (pair->client < 0)
		return -errno;
	if (connect(pair->client, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return -errno;
	pair->server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (pair->server < 0)
		return -errno;
	if (setsockopt(pair->client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
		setsockopt(pair->server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0)
		return -errno;
	return 0;
}

static int pairs_open(struct pair *pairs, size_t count)
{
	struct sockaddr_in address;
	int listener = listener_open(&address);
	if (listener < 0)
		return listener;
	int error = 0;
	for (size_t i = 0; i < count && error == 0; i++)
		error = pair_open(listener, &address, &pairs[i]);
	close(listener);
	return error;
}

static void pairs_close(const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (pairs[i].client >= 0)
			close(pairs[i].client);
		if (pairs[i].server >= 0)
			close(pairs[i].server);
	}
}

static int floor_measure(const struct options *options, struct cost *cost)
{
	struct pair *pairs = calloc(options->connections, sizeof(*pairs));
	if (pairs == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < options->connections; i++)
		pairs[i] = (struct pair){.client = -1, .server = -1};
	int error = pairs_open(pairs, options->connections);
	if (error == 0)
		error = rounds_run(pairs, options, cost);
	pairs_close(pairs, options->connections);
	free(pairs);
	return error;
}

/* Two descriptors per connection: the soft limit of many shells is too low for 1,000. */
static void descriptors_raise(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static bool number_parse(const char *text, double max, double *number)
{
	char *end;
	*number = strtod(text, &end);
	return end != text && *end == '\0' && *number > 0 && *number <= max;
}

static int options_parse(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {
		{"connections", required_argument, NULL, 'n'},
		{"batch", required_argument, NULL, 'b'},
		{"seconds", required_argument, NULL, 's'},
		{NULL, 0, NULL, 0},
	};
	*options = (struct options){.connections = 100, .batch = 8, .duration_ns = 2 * NS_PER_S};
	int name;
	/* There is only one thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
		double number;
		double max = name == 's' ? 3600 : CONNECTIONS_MAX;
		if (name == '?' || !number_parse(optarg, max, &number))
			return -EINVAL;
		if (name == 'n')
			options->connections = (size_t)number;
		else if (name == 'b')
			options->batch = (size_t)number;
		else
			options->duration_ns = (int64_t)(number * (double)NS_PER_S);
	}
	bool whole = options->connections > 0 && options->batch > 0;
	return whole && optind == argc ? 0 : -EINVAL;
}

int main(int argc, char **argv)
{
	struct options options;
	if (options_parse(argc, argv, &options) < 0) {
		fprintf(stderr, "usage: floor [--connections N] [--batch N] [--seconds S]\n");
		return 2;
	}
	descriptors_raise();
	struct cost cost = {0};
	int error = floor_measure(&options, &cost);
	if (error < 0) {
		errno = -error;
		fprintf(stderr, "floor: %m\n");
		return EXIT_FAILURE;
	}
	/* CPU time is known for both sides together; the time spent in each gives their shares. */
	double round_trip_us = (double)cost.cpu_ns / (double)cost.round_trips / (double)NS_PER_US;
	double client_share = (double)cost.client_ns / (double)(cost.client_ns + cost.server_ns);
	printf("round_trips %llu\n", (unsigned long long)cost.round_trips);
	printf("round_trip_us %.3f\n", round_trip_us);
	printf("client_us %.3f\n", round_trip_us * client_share);
	printf("server_us %.3f\n", round_trip_us * (1 - client_share));
	return EXIT_SUCCESS;
}
