/* SPDX-License-Identifier: MIT */
#include "base/version.h"

#include "config.h"
#include "revision.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "unknown"
#endif

const char *version_text(void)
{
	return PACKAGE_VERSION;
}

const char *version_compiler(void)
{
	return COMPILER;
}

const char *version_revision(void)
{
	return REVISION;
}

const char *version_build_date(void)
{
	return BUILD_DATE;
}
