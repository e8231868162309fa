/* SPDX-License-Identifier: MIT */
#include "base/file_names.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

void file_names_sort(struct file_names *names)
{
	if (names->count > 0)
		qsort(names->names, names->count, sizeof(*names->names), compare);
}

bool file_names_have(const struct file_names *names, const char *name)
{
	return names->count > 0 &&
	       bsearch(&name, names->names, names->count, sizeof(*names->names), compare) != NULL;
}

void file_names_clear(struct file_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->names[i]);
	free(names->names);
	*names = (struct file_names){0};
}
