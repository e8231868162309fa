/* SPDX-License-Identifier: MIT */
/* In place of libcheck's, which works within its runner alone: what does not hold ends the target. */
#ifndef FUZZ_CHECK_H
#define FUZZ_CHECK_H

#include <stdlib.h>

#define FUZZ_CHECK(holds) ((holds) ? (void)0 : abort())

#define ck_assert_int_eq(a, b) FUZZ_CHECK((a) == (b))
#define ck_assert_int_lt(a, b) FUZZ_CHECK((a) < (b))
#define ck_assert_uint_eq(a, b) FUZZ_CHECK((a) == (b))
#define ck_assert_uint_le(a, b) FUZZ_CHECK((a) <= (b))
#define ck_assert_ptr_null(a) FUZZ_CHECK((a) == NULL)
#define ck_assert_ptr_nonnull(a) FUZZ_CHECK((a) != NULL)

#endif
