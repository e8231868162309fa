/* SPDX-License-Identifier: MIT */
/* Paths that hold from any working directory. */
#ifndef SERVICE_SERVICE_PATH_H
#define SERVICE_SERVICE_PATH_H

#include "base/text_error.h"

/*
 * Both return 0 with a text that the caller frees with free(), or a negative errno with error.
 */

/* This program's own file. */
int service_path_own(char **path, struct text_error *error);

/* path: seen from the working directory. Links in it are not resolved. */
int service_path_absolute(const char *path, char **absolute, struct text_error *error);

#endif
