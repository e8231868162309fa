/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into the prober, this imitates a kernel without receive timestamps: the prober then
 * does what any plain program does, waits for events and reads the clock after each read. The truth
 * bench compares with this.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

__attribute__((visibility("default"))) int setsockopt(
	int fd, int level, int name, const void *value, socklen_t length)
{
	if (level == SOL_SOCKET && name == SO_TIMESTAMPNS) {
		errno = ENOPROTOOPT;
		return -1;
	}
	return (int)syscall(SYS_setsockopt, fd, level, name, value, length);
}
