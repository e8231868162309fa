/* SPDX-License-Identifier: MIT */
#include "discover/file_notices.h"

#include <errno.h>

int file_notices_open(struct file_notices **notices)
{
	(void)notices;
	return -ENOSYS;
}

void file_notices_close(struct file_notices *notices)
{
	(void)notices;
}

int file_notices_fd(const struct file_notices *notices)
{
	(void)notices;
	return -1;
}

void file_notices_begin(struct file_notices *notices)
{
	(void)notices;
}

void file_notices_add(struct file_notices *notices, const char *path)
{
	(void)notices;
	(void)path;
}

bool file_notices_are_complete(const struct file_notices *notices)
{
	(void)notices;
	return false;
}

bool file_notices_settle(struct file_notices *notices)
{
	(void)notices;
	return false;
}
