/* SPDX-License-Identifier: MIT */
#include "scrape/process_values.h"

#include <stdbool.h>
#include <windows.h>
/* It needs the types of windows.h. */
#include <psapi.h>

/* A FILETIME counts so many of these; as a time from 1601 on, and this is 1970. */
#define FILETIME_UNIT_NS 100
#define FILETIME_UNITS_TO_1970 INT64_C(116444736000000000)

static int64_t units_of(const FILETIME *time)
{
	return ((int64_t)time->dwHighDateTime << 32) | time->dwLowDateTime;
}

int64_t process_start_time_ns(void)
{
	FILETIME started;
	FILETIME ended;
	FILETIME kernel;
	FILETIME user;
	if (!GetProcessTimes(GetCurrentProcess(), &started, &ended, &kernel, &user))
		return -1;
	return (units_of(&started) - FILETIME_UNITS_TO_1970) * FILETIME_UNIT_NS;
}

static int64_t cpu_ns(void)
{
	FILETIME started;
	FILETIME ended;
	FILETIME kernel;
	FILETIME user;
	if (!GetProcessTimes(GetCurrentProcess(), &started, &ended, &kernel, &user))
		return -1;
	return (units_of(&kernel) + units_of(&user)) * FILETIME_UNIT_NS;
}

void process_values_read(int64_t start_time_ns, struct process_values *values)
{
	/* Handles are what descriptors are elsewhere; nothing but memory limits them. */
	DWORD handles = 0;
	bool has_handles = GetProcessHandleCount(GetCurrentProcess(), &handles) != 0;
	PROCESS_MEMORY_COUNTERS_EX memory = {.cb = sizeof(memory)};
	bool has_memory = K32GetProcessMemoryInfo(GetCurrentProcess(),
				  (PROCESS_MEMORY_COUNTERS *)&memory, sizeof(memory)) != 0;
	*values = (struct process_values){
		.cpu_ns = cpu_ns(),
		.open_fds = has_handles ? (int64_t)handles : -1,
		.max_fds = -1,
		.virtual_bytes = has_memory ? (int64_t)memory.PrivateUsage : -1,
		.resident_bytes = has_memory ? (int64_t)memory.WorkingSetSize : -1,
		.start_time_ns = start_time_ns,
	};
}
