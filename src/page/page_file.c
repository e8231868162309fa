/* SPDX-License-Identifier: MIT */
#include "page/page_file.h"

#include <string.h>

#include "page_files.h"

const struct page_file *page_file_find(const char *path)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(files[i].path, path) == 0)
			return &files[i];
	return NULL;
}

const char *page_file_content_type(const struct page_file *file)
{
	static const struct {
		const char *end;
		const char *type;
	} types[] = {
		{".js", "text/javascript; charset=utf-8"},
		{".css", "text/css; charset=utf-8"},
		{".ico", "image/x-icon"},
	};
	const char *end = strrchr(file->path, '.');
	for (size_t i = 0; end && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].end, end) == 0)
			return types[i].type;
	return "application/octet-stream";
}
