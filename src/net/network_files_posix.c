/* SPDX-License-Identifier: MIT */
#include "net/network_files.h"

#include <sys/stat.h>

#include "base/clock.h"

#ifdef __APPLE__
#define st_mtim st_mtimespec
#endif

static void read_file(const char *path, struct network_file *file)
{
	struct stat status;
	*file = (struct network_file){0};
	if (stat(path, &status) < 0)
		return;
	file->changed_ns = (uint64_t)clock_from_timespec(&status.st_mtim);
	file->size = (uint64_t)status.st_size;
	file->number = (uint64_t)status.st_ino;
}

void network_files_read(const char *resolv_conf, struct network_files *files)
{
	read_file(resolv_conf ? resolv_conf : "/etc/resolv.conf", &files->files[0]);
	read_file("/etc/hosts", &files->files[1]);
	read_file("/etc/nsswitch.conf", &files->files[2]);
}
