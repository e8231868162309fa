/* SPDX-License-Identifier: MIT */
#include "metrics/process_values.h"

#include <windows.h>
/* It needs the types of windows.h. */
#include <psapi.h>

/* The unit of a FILETIME, and 1970 in it: it counts from 1601. */
#define FILETIME_UNIT_NS 100
#define FILETIME_UNITS_TO_1970 INT64_C(116444736000000000)

static int64_t units_of(const FILETIME *time)
{
	return ((int64_t)time->dwHighDateTime << 32) | time->dwLowDateTime;
}

static void read_times(struct process_values *values)
{
	FILETIME started;
	FILETIME ended;
	FILETIME kernel;
	FILETIME user;
	if (!GetProcessTimes(GetCurrentProcess(), &started, &ended, &kernel, &user))
		return;
	values->cpu_ns = (units_of(&kernel) + units_of(&user)) * FILETIME_UNIT_NS;
	values->start_time_ns = (units_of(&started) - FILETIME_UNITS_TO_1970) * FILETIME_UNIT_NS;
}

static int64_t size_or_unknown(SIZE_T size)
{
	return size > 0 ? (int64_t)size : -1;
}

void process_values_read(int64_t *start_time_ns, struct process_values *values)
{
	/* Handles are what descriptors are elsewhere; only memory limits them. */
	DWORD handles = 0;
	GetProcessHandleCount(GetCurrentProcess(), &handles);
	PROCESS_MEMORY_COUNTERS_EX memory = {.cb = sizeof(memory)};
	/* Substitutes for Windows report 0 for what they do not know. */
	K32GetProcessMemoryInfo(
		GetCurrentProcess(), (PROCESS_MEMORY_COUNTERS *)&memory, sizeof(memory));
	*values = (struct process_values){
		.cpu_ns = -1,
		.open_fds = handles > 0 ? (int64_t)handles : -1,
		.max_fds = -1,
		.virtual_bytes = size_or_unknown(memory.PrivateUsage),
		.resident_bytes = size_or_unknown(memory.WorkingSetSize),
		.start_time_ns = -1,
	};
	read_times(values);
	/* As it was by the clock of then. */
	*start_time_ns = process_start_time_ns(*start_time_ns, values->start_time_ns);
}
