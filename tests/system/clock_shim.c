/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into a program under test, makes its real-time clock step while the machine's does not.
 * What the program reads from it, and the kernel's timestamps on what it receives, are what a real
 * step at that moment would make of them: a timestamp is of the clock in force when bytes arrived.
 *
 * The monotonic clock can be put ahead for the HTTP thread alone, which measures nothing: there leases
 * of minutes end at once.
 *
 * TCP_ECHO_CLOCK_SHIM names the file that lists the steps; the test writes it while the program
 * runs. tests/system/lib/stepped_clock.py knows its layout too.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)
#define STEPS_MAX 4096

/* The program may be built with hidden visibility. */
#define EXPORTED __attribute__((visibility("default")))

struct step {
	int64_t at_ns; /* Of the machine's real-time clock. */
	int64_t by_ns;
};

struct shim {
	_Atomic uint64_t steps_count; /* Written after the step that it counts. */
	_Atomic uint64_t drops_stamps;
	_Atomic int64_t
		poll_lag_ns;	   /* How long the program is held up before it looks for events. */
	_Atomic int64_t drift_ppb; /* It runs that much faster, in 1e-9, since: */
	_Atomic int64_t drift_since_ns;
	/* In us: the most that the clock is off, being synchronised; below 0: it is not. 0: as it is. */
	_Atomic int64_t max_error_us;
	_Atomic int64_t http_ahead_ns; /* The monotonic clock of the HTTP thread. */
	struct step steps[STEPS_MAX];
};

static const struct shim no_shim;
static _Atomic(const struct shim *) shared;

static const struct shim *map_shim(void)
{
	const char *path = getenv("TCP_ECHO_CLOCK_SHIM"); /* NOLINT(concurrency-mt-unsafe) */
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return &no_shim;
	void *map = mmap(NULL, sizeof(struct shim), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	return map == MAP_FAILED ? &no_shim : map;
}

/* Constructors of others may read the clock before one of ours would run. */
static const struct shim *shim(void)
{
	const struct shim *found = atomic_load_explicit(&shared, memory_order_acquire);
	if (!found) {
		found = map_shim();
		atomic_store_explicit(&shared, found, memory_order_release);
	}
	return found;
}

/* What the stepping clock shows when the machine's shows true_ns. */
static int64_t stepped_ns(int64_t true_ns)
{
	const struct shim *now = shim();
	uint64_t count = atomic_load_explicit(&now->steps_count, memory_order_acquire);
	int64_t by_ns = 0;
	for (uint64_t i = 0; i < count && i < STEPS_MAX; i++)
		if (now->steps[i].at_ns <= true_ns)
			by_ns += now->steps[i].by_ns;
	int64_t since_ns = true_ns - atomic_load(&now->drift_since_ns);
	double drift_ns = (double)since_ns * (double)atomic_load(&now->drift_ppb) / 1e9;
	return true_ns + by_ns + (int64_t)drift_ns;
}

static int64_t ns_of(struct timespec time)
{
	return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

static struct timespec time_of(int64_t ns)
{
	int64_t part_ns = ns % NS_PER_S;
	if (part_ns < 0)
		part_ns += NS_PER_S;
	return (struct timespec){
		.tv_sec = (time_t)((ns - part_ns) / NS_PER_S), .tv_nsec = (long)part_ns};
}

static struct timespec stepped_time(struct timespec time)
{
	return time_of(stepped_ns(ns_of(time)));
}

static int is_http_thread(void)
{
	char name[16] = "";
	return prctl(PR_GET_NAME, name) == 0 && strcmp(name, "http") == 0;
}

/* The function of that name that would be called without this library. */
static void *next(_Atomic(void *) *known, const char *name)
{
	void *found = atomic_load_explicit(known, memory_order_relaxed);
	if (!found) {
		found = dlsym(RTLD_NEXT, name);
		atomic_store_explicit(known, found, memory_order_relaxed);
	}
	return found;
}

EXPORTED int clock_gettime(clockid_t clock, struct timespec *time)
{
	static _Atomic(void *) known;
	int (*read)(clockid_t, struct timespec *);
	read = (int (*)(clockid_t, struct timespec *))next(&known, "clock_gettime");
	int status = read(clock, time);
	if (status == 0 && clock == CLOCK_REALTIME)
		*time = stepped_time(*time);
	int64_t ahead_ns = atomic_load(&shim()->http_ahead_ns);
	if (status == 0 && clock == CLOCK_MONOTONIC && ahead_ns != 0 && is_http_thread())
		*time = time_of(ns_of(*time) + ahead_ns);
	return status;
}

EXPORTED int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
	(void)zone;
	struct timespec now;
	int status = clock_gettime(CLOCK_REALTIME, &now);
	if (status == 0)
		*time = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
	return status;
}

EXPORTED time_t time(time_t *seconds)
{
	struct timespec now;
	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return (time_t)-1;
	if (seconds)
		*seconds = now.tv_sec;
	return now.tv_sec;
}

/* Either kind begins with the time. */
static void step_stamp(struct cmsghdr *part)
{
	struct timespec stamp;
	memcpy(&stamp, CMSG_DATA(part), sizeof(stamp));
	stamp = stepped_time(stamp);
	memcpy(CMSG_DATA(part), &stamp, sizeof(stamp));
}

EXPORTED ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	static _Atomic(void *) known;
	ssize_t (*receive)(int, struct msghdr *, int);
	receive = (ssize_t(*)(int, struct msghdr *, int))next(&known, "recvmsg");
	ssize_t length = receive(fd, message, flags);
	if (length < 0)
		return length;
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part))
		if (part->cmsg_level == SOL_SOCKET &&
			(part->cmsg_type == SCM_TIMESTAMPNS || part->cmsg_type == SCM_TIMESTAMPING))
			step_stamp(part);
	if (atomic_load(&shim()->drops_stamps))
		message->msg_controllen = 0;
	return length;
}

EXPORTED int adjtimex(struct timex *state)
{
	static _Atomic(void *) known;
	int (*ask)(struct timex *);
	ask = (int (*)(struct timex *))next(&known, "adjtimex");
	int status = ask(state);
	int64_t max_error_us = atomic_load(&shim()->max_error_us);
	if (status < 0 || max_error_us == 0)
		return status;
	state->status = max_error_us < 0 ? STA_UNSYNC : STA_PLL;
	state->maxerror = max_error_us < 0 ? 16000000 : (long)max_error_us;
	return max_error_us < 0 ? TIME_ERROR : TIME_OK;
}

/* The program has read its clocks by now, so a step that comes meanwhile takes it by surprise. */
EXPORTED int epoll_wait(int fd, struct epoll_event *events, int events_max, int timeout_ms)
{
	static _Atomic(void *) known;
	int (*wait)(int, struct epoll_event *, int, int);
	wait = (int (*)(int, struct epoll_event *, int, int))next(&known, "epoll_wait");
	struct timespec lag = {.tv_nsec = (long)atomic_load(&shim()->poll_lag_ns)};
	if (lag.tv_nsec > 0)
		nanosleep(&lag, NULL);
	return wait(fd, events, events_max, timeout_ms);
}
