/* SPDX-License-Identifier: MIT */
/* Paths that hold wherever the program is started from. */
#ifndef EXPORTER_SERVICE_PATH_H
#define EXPORTER_SERVICE_PATH_H

#include "base/text_error.h"

/*
 * Both hand out a text that the caller frees with free(), and return 0 or a negative errno with
 * error.
 */

/* This program's own file. */
int service_path_own(char **path, struct text_error *error);

/* path: seen from the working directory. Names that are links stay as they are. */
int service_path_absolute(const char *path, char **absolute, struct text_error *error);

#endif
