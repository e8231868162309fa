/* SPDX-License-Identifier: MIT */
/*
 * A path between two network devices that delays or loses the packets of each direction: makes two tun
 * devices, and carries packets from one to the other. What holds from now on comes as lines on standard
 * input: microseconds of delay and tenths of a percent lost, first from the first device to the second, then
 * back. Ends with standard input.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)
#define PACKET_MAX 2048U
/* A second of 10,000 packets. */
#define QUEUE_SIZE 16384U
#define PER_MILLE 1000U

struct packet {
	int64_t due_ns;
	size_t length;
	uint8_t bytes[PACKET_MAX];
};

/* One direction. */
struct lane {
	int from;
	int to;
	int64_t delay_ns;
	unsigned lost;	 /* Per mille. */
	uint32_t random; /* Not 0. */
	size_t first;
	size_t count;
	struct packet *packets; /* A ring. */
};

static int64_t now_ns(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

/* Returns the descriptor, or -1. */
static int open_device(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd >= 0 && ioctl(fd, TUNSETIFF, &request) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Evenly spread: xorshift (G. Marsaglia, "Xorshift RNGs", 2003). */
static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* What has come is to be handed on later. */
static void take(struct lane *lane)
{
	while (lane->count < QUEUE_SIZE) {
		struct packet *packet = &lane->packets[(lane->first + lane->count) % QUEUE_SIZE];
		ssize_t length = read(lane->from, packet->bytes, sizeof(packet->bytes));
		if (length <= 0)
			return;
		if (next_random(&lane->random) % PER_MILLE < lane->lost)
			continue;
		packet->length = (size_t)length;
		packet->due_ns = now_ns() + lane->delay_ns;
		lane->count++;
	}
}

/* Hands on what is due. Returns when the next is; INT64_MAX for never. */
static int64_t give(struct lane *lane)
{
	while (lane->count > 0) {
		struct packet *packet = &lane->packets[lane->first];
		if (packet->due_ns > now_ns())
			return packet->due_ns;
		/* A device that is not up accepts nothing. */
		ssize_t written = write(lane->to, packet->bytes, packet->length);
		(void)written;
		lane->first = (lane->first + 1) % QUEUE_SIZE;
		lane->count--;
	}
	return INT64_MAX;
}

/* Takes over what holds from now on. Returns false at the end. */
static bool read_command(struct lane lanes[2])
{
	char line[256];
	ssize_t length = read(STDIN_FILENO, line, sizeof(line) - 1);
	if (length <= 0)
		return false;
	line[length] = '\0';
	char *at = line;
	for (int i = 0; i < 2; i++) {
		lanes[i].delay_ns = strtoll(at, &at, 10) * 1000;
		lanes[i].lost = (unsigned)strtoul(at, &at, 10);
	}
	printf("ok\n");
	return fflush(stdout) == 0;
}

static void carry(struct lane lanes[2])
{
	struct pollfd waiting[] = {
		{.fd = lanes[0].from, .events = POLLIN},
		{.fd = lanes[1].from, .events = POLLIN},
		{.fd = STDIN_FILENO, .events = POLLIN},
	};
	for (;;) {
		int64_t due_ns = give(&lanes[0]);
		int64_t other_ns = give(&lanes[1]);
		if (other_ns < due_ns)
			due_ns = other_ns;
		int64_t left_ns = due_ns == INT64_MAX ? NS_PER_S : due_ns - now_ns();
		if (left_ns < 0)
			left_ns = 0;
		const struct timespec patience = {left_ns / NS_PER_S, left_ns % NS_PER_S};
		if (ppoll(waiting, 3, &patience, NULL) < 0 && errno != EINTR)
			return;
		take(&lanes[0]);
		take(&lanes[1]);
		if (waiting[2].revents && !read_command(lanes))
			return;
	}
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: relay DEVICE DEVICE\n");
		return 2;
	}
	int fds[] = {open_device(argv[1]), open_device(argv[2])};
	if (fds[0] < 0 || fds[1] < 0) {
		fprintf(stderr, "relay: cannot make tun devices: %m\n");
		return 1;
	}
	static struct packet packets[2][QUEUE_SIZE];
	struct lane lanes[2] = {
		{.from = fds[0], .to = fds[1], .random = 1, .packets = packets[0]},
		{.from = fds[1], .to = fds[0], .random = 2, .packets = packets[1]},
	};
	prctl(PR_SET_TIMERSLACK, 1000UL, 0, 0, 0);
	printf("ok\n");
	if (fflush(stdout) == 0)
		carry(lanes);
	return 0;
}
