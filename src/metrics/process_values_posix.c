/* SPDX-License-Identifier: MIT */
#include "metrics/process_values.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/files.h"

/* Fields of /proc/self/stat, counted as proc(5) does, from 1. */
#define STAT_STATE 3
#define STAT_STARTTIME 22

/* The fields used here. */
struct stat_fields {
	uint64_t start_ticks; /* After the machine's start. */
	uint64_t virtual_bytes;
	uint64_t resident_pages;
};

/* Reads a small file as NUL-terminated text. */
static bool read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t length = read(fd, text, size - 1);
	close(fd);
	if (length <= 0)
		return false;
	text[length] = '\0';
	return true;
}

static bool read_stat(struct stat_fields *fields)
{
	char text[1024];
	if (!read_file("/proc/self/stat", text, sizeof(text)))
		return false;
	/* The program's name, in parentheses, may contain spaces and parentheses itself. */
	char *at = strrchr(text, ')');
	for (int field = STAT_STATE; at && field <= STAT_STARTTIME; field++)
		at = strchr(at + 1, ' ');
	return at && sscanf(at, "%" SCNu64 " %" SCNu64 " %" SCNu64, &fields->start_ticks,
			     &fields->virtual_bytes, &fields->resident_pages) == 3;
}

static int64_t read_clock_ns(clockid_t clock)
{
	struct timespec time;
	if (clock_gettime(clock, &time) != 0)
		return -1;
	return clock_from_timespec(&time);
}

/* When the process started, by the real-time clock as it is now; -1 if unknown. */
static int64_t find_start_time_ns(const struct stat_fields *fields)
{
#ifdef CLOCK_BOOTTIME
	int64_t ticks_per_s = sysconf(_SC_CLK_TCK);
	int64_t since_boot_ns = read_clock_ns(CLOCK_BOOTTIME);
	if (ticks_per_s <= 0 || since_boot_ns < 0)
		return -1;
	int64_t tick_ns = NS_PER_S / ticks_per_s;
	int64_t start_ns =
		clock_wall().unix_ns - since_boot_ns + (int64_t)fields->start_ticks * tick_ns;
	/* No more precise than the kernel's ticks. */
	return start_ns / tick_ns * tick_ns;
#else
	(void)fields;
	return -1;
#endif
}

static int64_t count_open_fds(void)
{
	/* Linux 6.2 and later give the count as the folder's size. */
	struct stat status;
	if (stat("/proc/self/fd", &status) != 0)
		return -1;
	if (status.st_size > 0)
		return status.st_size;
	DIR *folder = opendir("/proc/self/fd");
	if (!folder)
		return -1;
	/* "." and ".." and the folder's own descriptor do not count. */
	int64_t count = -3;
	/* The stream is this function's own. NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while (readdir(folder))
		count++;
	closedir(folder);
	return count >= 0 ? count : -1;
}

static int64_t max_open_fds(void)
{
	int64_t limit = files_limit();
	return limit != INT64_MAX ? limit : -1;
}

void process_values_read(int64_t *start_time_ns, struct process_values *values)
{
	*values = (struct process_values){
		.cpu_ns = read_clock_ns(CLOCK_PROCESS_CPUTIME_ID),
		.open_fds = count_open_fds(),
		.max_fds = max_open_fds(),
		.virtual_bytes = -1,
		.resident_bytes = -1,
		.start_time_ns = *start_time_ns,
	};
	struct stat_fields fields;
	if (!read_stat(&fields))
		return;
	*start_time_ns = process_start_time_ns(*start_time_ns, find_start_time_ns(&fields));
	values->start_time_ns = *start_time_ns;
	values->virtual_bytes = (int64_t)fields.virtual_bytes;
	values->resident_bytes = (int64_t)fields.resident_pages * sysconf(_SC_PAGESIZE);
}
