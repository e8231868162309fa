/* SPDX-License-Identifier: MIT */
/* The files that belong to the page: script, style, icon. They are part of the program. */
#ifndef PAGE_PAGE_FILE_H
#define PAGE_PAGE_FILE_H

#include <stddef.h>

/* Static, all of it. */
struct page_file {
	const char *path; /* "/page.js" */
	const unsigned char *bytes;
	size_t length;
	const char *etag; /* Changes with the bytes. */
};

/* Returns NULL if there is no such file. */
const struct page_file *page_file_find(const char *path);

/* By the end of its path. Static. */
const char *page_file_content_type(const struct page_file *file);

#endif
