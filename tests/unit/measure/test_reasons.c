/* SPDX-License-Identifier: MIT */
#include "measure/reasons.h"

#include "../unit.h"

/* Dashboards and alerts refer to them, so none may change. */
START_TEST(names_are_those_of_the_label)
{
	ck_assert_str_eq(connect_failure_name(CONNECT_FAILURE_RESOLVE), "resolve");
	ck_assert_str_eq(connect_failure_name(CONNECT_FAILURE_REFUSED), "refused");
	ck_assert_str_eq(connect_failure_name(CONNECT_FAILURE_UNREACHABLE), "unreachable");
	ck_assert_str_eq(connect_failure_name(CONNECT_FAILURE_TIMEOUT), "timeout");
	ck_assert_str_eq(connect_failure_name(CONNECT_FAILURE_LOCAL), "local");
	ck_assert_str_eq(connect_failure_name(CONNECT_FAILURE_OTHER), "other");
	ck_assert_str_eq(disconnect_name(DISCONNECT_CLOSED), "closed");
	ck_assert_str_eq(disconnect_name(DISCONNECT_RESET), "reset");
	ck_assert_str_eq(disconnect_name(DISCONNECT_STALLED), "stalled");
	ck_assert_str_eq(disconnect_name(DISCONNECT_INVALID), "invalid");
	ck_assert_str_eq(disconnect_name(DISCONNECT_OTHER), "other");
	ck_assert_str_eq(server_close_name(SERVER_CLOSE_CLOSED), "closed");
	ck_assert_str_eq(server_close_name(SERVER_CLOSE_RESET), "reset");
	ck_assert_str_eq(server_close_name(SERVER_CLOSE_TIMEOUT), "timeout");
	ck_assert_str_eq(server_close_name(SERVER_CLOSE_STALLED), "stalled");
	ck_assert_str_eq(server_close_name(SERVER_CLOSE_INVALID), "invalid");
	ck_assert_str_eq(server_close_name(SERVER_CLOSE_OTHER), "other");
	ck_assert_str_eq(server_reject_name(SERVER_REJECT_DESCRIPTORS), "descriptors");
	ck_assert_str_eq(server_reject_name(SERVER_REJECT_MEMORY), "memory");
	ck_assert_str_eq(server_reject_name(SERVER_REJECT_OTHER), "other");
	ck_assert_str_eq(probe_refusal_name(PROBE_REFUSAL_INVALID), "invalid");
	ck_assert_str_eq(probe_refusal_name(PROBE_REFUSAL_NOT_ALLOWED), "not_allowed");
	ck_assert_str_eq(probe_refusal_name(PROBE_REFUSAL_LIMIT), "limit");
	ck_assert_str_eq(probe_refusal_name(PROBE_REFUSAL_RATE), "rate");
	ck_assert_str_eq(probe_refusal_name(PROBE_REFUSAL_DESCRIPTORS), "descriptors");
	ck_assert_str_eq(probe_refusal_name(PROBE_REFUSAL_MEMORY), "memory");
	ck_assert_str_eq(probe_refusal_name(PROBE_REFUSAL_OTHER), "other");
}
END_TEST

START_TEST(every_reason_has_a_name)
{
	for (int i = 0; i < CONNECT_FAILURES; i++)
		ck_assert_ptr_nonnull(connect_failure_name((enum connect_failure)i));
	for (int i = 0; i < DISCONNECTS; i++)
		ck_assert_ptr_nonnull(disconnect_name((enum disconnect)i));
	for (int i = 0; i < SERVER_CLOSES; i++)
		ck_assert_ptr_nonnull(server_close_name((enum server_close)i));
	for (int i = 0; i < SERVER_REJECTS; i++)
		ck_assert_ptr_nonnull(server_reject_name((enum server_reject)i));
	for (int i = 0; i < PROBE_REFUSALS; i++)
		ck_assert_ptr_nonnull(probe_refusal_name((enum probe_refusal)i));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("reasons");
	tcase_add_test(tcase, names_are_those_of_the_label);
	tcase_add_test(tcase, every_reason_has_a_name);
	return unit_run("measure/reasons", tcase);
}
