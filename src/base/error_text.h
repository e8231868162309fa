/* SPDX-License-Identifier: MIT */
/* What an errno means, in the system's words. */
#ifndef BASE_ERROR_TEXT_H
#define BASE_ERROR_TEXT_H

#define ERROR_TEXT_MAX 128

/* Writes "No such file or directory" for ENOENT. error: above 0. text: ERROR_TEXT_MAX bytes. */
void error_text(int error, char *text);

#endif
